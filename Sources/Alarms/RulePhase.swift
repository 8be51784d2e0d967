import Foundation
import Primitives

/// Where a rule stands for one device.
public enum RulePhase: Hashable, Sendable {
    /// The condition does not hold.
    case normal
    /// The condition holds since a source time, but not for long enough.
    case pending(since: Timestamp)
    /// An alarm is open, raised at a source time.
    case active(alarm: UUID, since: Timestamp)
}

/// What one reading does to a rule's phase.
public enum RuleStep: Hashable, Sendable {
    /// Nothing.
    case stay
    /// The condition became true: the wait begins.
    case wait
    /// The condition became false before the wait was over.
    case relax
    /// An alarm is raised.
    case raise
    /// The open alarm is cleared.
    case clear
}

extension RulePhase {
    /// The step that a reading causes: the whole state machine of a rule.
    ///
    /// Deterministic and timed by the readings alone, at most one step a reading. An unknown truth (nil) changes
    /// nothing.
    ///
    /// - Parameters:
    ///   - time: the reading's source time; not earlier than that of the reading before.
    ///   - hold: how long the condition must hold.
    ///   - condition: whether the rule's condition is true; asked for only when it matters.
    ///   - clear: whether an open alarm ends; asked for only when it matters.
    /// - Returns: the step.
    @inline(__always)
    public func step(
        at time: Timestamp,
        hold: ISODuration,
        condition: () -> Bool?,
        clear: () -> Bool?
    ) -> RuleStep {
        switch self {
        case .normal:
            guard condition() == true else { return .stay }
            return hold.milliseconds == 0 ? .raise : .wait
        case .pending(let since):
            switch condition() {
            case nil: return .stay
            case false?: return .relax
            case true?:
                return time.microseconds - since.microseconds >= hold.milliseconds * 1_000 ? .raise : .stay
            }
        case .active: return clear() == true ? .clear : .stay
        }
    }
}
