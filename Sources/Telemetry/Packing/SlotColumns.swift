import Assets
import Primitives

/// Times and some slots of one device's readings, in columns; what charts are made of.
package struct SlotColumns: Sendable {
    /// What one row of the store gives.
    enum Part: Sendable {
        case reading(Timestamp, MetricValues)
        case block(SlotColumns)
    }

    /// Source times, increasing.
    package var times: [Timestamp] = []
    /// By place of the slot among those asked for, one number per time; NaN stands for absent.
    package var columns: [[Double]]

    /// Nothing yet, of so many slots.
    init(places: Int) {
        columns = [[Double]](repeating: [], count: places)
    }

    /// Appends readings that follow.
    mutating func append(_ part: Part, slots: [Int]) {
        switch part {
        case .reading(let time, let values):
            times.append(time)
            for (place, slot) in slots.enumerated() { columns[place].append(values[slot] ?? .nan) }
        case .block(let next): append(next)
        }
    }

    /// Appends readings that follow.
    mutating func append(_ next: SlotColumns) {
        times += next.times
        for place in columns.indices { columns[place] += next.columns[place] }
    }
}

extension PackedBlock {
    /// Unpacks some slots of the readings of `[from, to)`.
    ///
    /// Columns that are not asked for are passed over, and nothing behind the last that is needed is looked at. A slot
    /// beyond the block's is absent.
    ///
    /// - Throws: ``PackingError`` when the bytes are none of ours.
    package static func decode(
        _ bytes: [UInt8],
        start: Timestamp,
        slots: [Int],
        from: Timestamp,
        to: Timestamp
    ) throws(PackingError) -> SlotColumns {
        var result = SlotColumns(places: slots.count)
        var (reader, head) = try open(bytes)
        let times = try readTimes(head.rows, from: &reader)
        func place(_ time: Timestamp) -> Int {
            times.partitioningIndex { start.microseconds &+ $0 >= time.microseconds }
        }
        let range = place(from)..<max(place(from), place(to))
        if range.isEmpty { return result }
        result.times = times[range].map { Timestamp(microseconds: start.microseconds &+ $0) }
        _ = try reader.read(3)
        // Times of receipt, qualities, numbers of slots.
        for _ in 0..<3 { try IntegerColumn.skip(head.rows, of: &reader) }
        for place in slots.indices { result.columns[place] = [Double](repeating: .nan, count: range.count) }
        guard let last = slots.max() else { return result }
        for slot in 0..<min(head.slots, last + 1) {
            let places = slots.indices.filter { slots[$0] == slot }
            let values = try readSlot(head.rows, range, isWanted: !places.isEmpty, from: &reader)
            guard let values else { continue }
            for place in places { result.columns[place] = values }
        }
        return result
    }

    /// The values of a range of rows; nil when all are absent or none is wanted.
    private static func readSlot(
        _ count: Int,
        _ range: Range<Int>,
        isWanted: Bool,
        from reader: inout BitReader
    ) throws(PackingError) -> [Double]? {
        switch try reader.read(2) {
        case 0: return nil
        case 1:
            if !isWanted {
                try ValueColumn.skip(count, of: &reader)
                return nil
            }
            let values = try ValueColumn.read(count, wanted: range.upperBound, from: &reader)
            return Array(values[range])
        case 2:
            let flags = try IntegerColumn.read(count, from: &reader)
            let present = flags.count { $0 != 0 }
            if !isWanted {
                try ValueColumn.skip(present, of: &reader)
                return nil
            }
            let values = try ValueColumn.read(present, from: &reader)
            var next = flags[..<range.lowerBound].count { $0 != 0 }
            return flags[range].map { flag in
                if flag == 0 { return .nan }
                defer { next += 1 }
                return values[next]
            }
        default: throw .outOfRange
        }
    }
}

extension Array {
    /// The index of the first element for which `isBehind` holds, in an array where it holds for none before it and all
    /// after it.
    fileprivate func partitioningIndex(where isBehind: (Element) -> Bool) -> Int {
        var (low, high) = (startIndex, endIndex)
        while low < high {
            let middle = low + (high - low) / 2
            if isBehind(self[middle]) { high = middle } else { low = middle + 1 }
        }
        return low
    }
}
