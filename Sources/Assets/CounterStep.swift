/// How a counter came from one of its values to the next.
///
/// A value that is not below the one before is growth. One that is below it was either rolled over or reset:
///
/// - *rolled over*, when the metric has a roll-over value, both values lie in its range and the way over it,
///   `(rollover - earlier) + later`, is at most half of the range;
/// - *reset* to 0 in all other cases, so that it grew by what it shows now.
///
/// A counter that is reset while it stands in the upper half of its range, to little, is taken for one that rolled over:
/// no value tells the two apart. Likewise one that grew by more than half of its range between two readings, and thereby
/// fell, is taken for a reset; a device must report at least twice a round.
public enum CounterStep: Hashable, Sendable {
    /// It grew by so much, or by 0.
    case growth(Double)
    /// It passed its roll-over value and grew by so much.
    case rollover(Double)
    /// It was reset, and has grown by so much since.
    case reset(Double)

    /// Judges a step between two finite values.
    ///
    /// - Parameters:
    ///   - earlier: the value before, in the metric's unit.
    ///   - later: the value that follows.
    ///   - rollover: the metric's ``Metric/rollover``; nil when it has none.
    public init(from earlier: Double, to later: Double, rollover: Double?) {
        if later >= earlier {
            self = .growth(later - earlier)
            return
        }
        if let rollover, later >= 0, earlier <= rollover {
            let increase = (rollover - earlier) + later
            if increase <= rollover / 2 {
                self = .rollover(increase)
                return
            }
        }
        self = .reset(max(0, later))
    }

    /// By how much the counter grew, at least 0.
    public var increase: Double {
        switch self {
        case .growth(let amount), .rollover(let amount), .reset(let amount): amount
        }
    }
}
