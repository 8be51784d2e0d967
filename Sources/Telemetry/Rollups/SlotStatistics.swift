/// What a bucket knows of one slot.
///
/// Adding in the order of time gives the same bits each time.
struct SlotStatistics: Hashable, Sendable {
    var count: Int32 = 0
    var minimum = Double.nan
    var maximum = Double.nan
    var total = Double.nan
    var first = Double.nan
    var last = Double.nan
    /// The increase, for counters.
    var rise = 0.0

    /// Adds the next value.
    mutating func add(_ value: Double) {
        if count == 0 {
            (minimum, maximum, total, first) = (value, value, value, value)
        } else {
            minimum = min(minimum, value)
            maximum = max(maximum, value)
            total += value
            rise += Self.rise(from: last, to: value)
        }
        count += 1
        last = value
    }

    /// Adds a bucket that follows, the step between the two included.
    mutating func add(_ next: SlotStatistics) {
        if next.count == 0 { return }
        if count == 0 {
            self = next
            return
        }
        minimum = min(minimum, next.minimum)
        maximum = max(maximum, next.maximum)
        total += next.total
        rise += Self.rise(from: last, to: next.first) + next.rise
        count += next.count
        last = next.last
    }

    /// A counter's increase over one step: a lower value means that it was reset to 0 in between.
    static func rise(from earlier: Double, to later: Double) -> Double {
        later >= earlier ? later - earlier : max(0, later)
    }

    /// The mean; NaN when there is nothing.
    var average: Double { count == 0 ? .nan : total / Double(count) }
}
