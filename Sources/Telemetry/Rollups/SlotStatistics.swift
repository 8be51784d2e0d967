import Assets

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

    /// Adds the next value; a counter's may roll over.
    mutating func add(_ value: Double, rollover: Double?) {
        if count == 0 {
            (minimum, maximum, total, first) = (value, value, value, value)
        } else {
            minimum = min(minimum, value)
            maximum = max(maximum, value)
            total += value
            rise += CounterStep(from: last, to: value, rollover: rollover).increase
        }
        count += 1
        last = value
    }

    /// Adds a bucket that follows, the step between the two included.
    mutating func add(_ next: SlotStatistics, rollover: Double?) {
        if next.count == 0 { return }
        if count == 0 {
            self = next
            return
        }
        minimum = min(minimum, next.minimum)
        maximum = max(maximum, next.maximum)
        total += next.total
        rise += CounterStep(from: last, to: next.first, rollover: rollover).increase + next.rise
        count += next.count
        last = next.last
    }

    /// The mean; NaN when there is nothing.
    var average: Double { count == 0 ? .nan : total / Double(count) }
}
