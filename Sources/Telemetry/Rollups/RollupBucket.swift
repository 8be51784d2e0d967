import Assets
import Primitives

/// Statistics of one device over one bucket.
struct RollupBucket: Hashable, Sendable {
    var start: Timestamp
    var readings: Int32 = 0
    var slots: [SlotStatistics] = []

    init(start: Timestamp) {
        self.start = start
    }

    mutating func add(_ values: MetricValues, _ rollovers: SlotRollovers) {
        readings += 1
        grow(to: values.slots.count)
        for slot in values.slots.indices where !values.slots[slot].isNaN {
            slots[slot].add(values.slots[slot], rollover: rollovers[slot])
        }
    }

    /// Adds a bucket that follows.
    mutating func add(_ next: RollupBucket, _ rollovers: SlotRollovers) {
        readings += next.readings
        grow(to: next.slots.count)
        for slot in next.slots.indices { slots[slot].add(next.slots[slot], rollover: rollovers[slot]) }
    }

    private mutating func grow(to count: Int) {
        if slots.count < count {
            slots.append(contentsOf: repeatElement(SlotStatistics(), count: count - slots.count))
        }
    }
}

/// Makes minutes from readings, which must come in increasing time.
struct MinuteRollup {
    let rollovers: SlotRollovers
    private(set) var minutes: [RollupBucket] = []

    init(_ rollovers: SlotRollovers) {
        self.rollovers = rollovers
    }

    mutating func add(_ reading: Reading) {
        let start = reading.timestamp.floored(to: RollupSpan.minute.width)
        if minutes.last?.start != start { minutes.append(RollupBucket(start: start)) }
        minutes[minutes.count - 1].add(reading.values, rollovers)
    }

    /// Wider buckets from narrower ones in increasing time.
    static func combine(
        _ buckets: [RollupBucket],
        span: RollupSpan,
        _ rollovers: SlotRollovers
    ) -> [RollupBucket] {
        var result: [RollupBucket] = []
        for bucket in buckets {
            let start = bucket.start.floored(to: span.width)
            if result.last?.start != start { result.append(RollupBucket(start: start)) }
            result[result.count - 1].add(bucket, rollovers)
        }
        return result
    }
}
