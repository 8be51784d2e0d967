import Assets
import Primitives

/// Collects a chart's buckets from pieces of any resolution, in increasing time.
struct ChartColumns {
    let width: Int64
    /// Where a bucket begins: at multiples of the width from here on.
    let origin: Timestamp
    let slots: [Int]
    let rollovers: SlotRollovers
    /// The number of each bucket with data: its distance from the origin by the width.
    private(set) var buckets: [Int64] = []
    /// By slot (as placed in `slots`), one entry per bucket.
    private(set) var columns: [[SlotStatistics]]

    init(
        width: Int64,
        origin: Timestamp = Timestamp(microseconds: 0),
        slots: [Int],
        rollovers: SlotRollovers = SlotRollovers()
    ) {
        self.width = max(1, width)
        self.origin = origin
        self.slots = slots
        self.rollovers = rollovers
        columns = slots.map { _ in [] }
    }

    /// Adds readings, in columns by the same places.
    mutating func add(_ readings: SlotColumns) {
        let places = columns.indices.map { (place: $0, rollover: rollovers[slots[$0]]) }
        for (row, time) in readings.times.enumerated() {
            let index = bucket(at: time)
            for (place, rollover) in places {
                let value = readings.columns[place][row]
                if !value.isNaN { columns[place][index].add(value, rollover: rollover) }
            }
        }
    }

    /// Adds what a narrower bucket knows of the slot at a place.
    mutating func add(_ statistics: SlotStatistics, place: Int, at start: Timestamp) {
        columns[place][bucket(at: start)].add(statistics, rollover: rollovers[slots[place]])
    }

    private mutating func bucket(at time: Timestamp) -> Int {
        let distance = Timestamp(microseconds: time.microseconds - origin.microseconds)
        let number = distance.floored(to: width).microseconds / width
        if buckets.last != number {
            buckets.append(number)
            for place in columns.indices { columns[place].append(SlotStatistics()) }
        }
        return buckets.count - 1
    }

    /// When each bucket begins.
    var times: [Timestamp] { buckets.map { origin.adding(microseconds: $0 * width) } }

    /// Makes gaps visible: an empty bucket after each that is followed by nothing for longer than `tolerance`.
    mutating func markGaps(tolerance: Int64) {
        let longest = max(tolerance, width)
        var (marked, kept) = ([Int64](), [Int?]())
        for (index, number) in buckets.enumerated() {
            if let last = buckets[..<index].last, (number - last - 1) * width >= longest {
                marked.append(last + 1)
                kept.append(nil)
            }
            marked.append(number)
            kept.append(index)
        }
        buckets = marked
        columns = columns.map { column in kept.map { $0.map { column[$0] } ?? SlotStatistics() } }
    }

    /// The increase of a counter per bucket, the step from the bucket before included; nil where nothing is known.
    func increase(place: Int) -> [Double?] {
        var last = Double.nan
        let rollover = rollovers[slots[place]]
        return columns[place].map { statistics in
            if statistics.count == 0 { return nil }
            defer { last = statistics.last }
            if last.isNaN { return statistics.rise }
            return statistics.rise + CounterStep(from: last, to: statistics.first, rollover: rollover).increase
        }
    }
}
