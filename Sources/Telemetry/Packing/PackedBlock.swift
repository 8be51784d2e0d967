import Assets
import Primitives

/// The readings of one device over an hour or a day as bytes, without loss: columns of times, times of receipt, qualities and values.
///
/// Layout: a byte of version (1), the number of rows in 32 bits and of slots in 16, then the columns one after the other
/// without padding: source times relative to the start, times of receipt relative to the source times, qualities, numbers
/// of slots (all ``IntegerColumn``; the times after 3 bits that name their unit), and per slot 2 bits (0: all absent,
/// 1: all present, 2: a column of 0 and 1 follows) and the present values (``ValueColumn``).
package enum PackedBlock {
    static let version: UInt8 = 1
    /// Most rows times slots, lest a few rubbish bytes ask for all memory.
    static let mostCells = 1 << 24
    static let hour: Int64 = 3_600_000_000
    static let day: Int64 = 24 * hour
    /// What times are counted in, in microseconds.
    private static let units: [Int64] = [60_000_000, 1_000_000, 100_000, 10_000, 1_000, 100, 10, 1]

    /// Whether so many readings can be packed.
    package static func fits(_ readings: [Reading]) -> Bool {
        let slots = readings.map(\.values.slots.count).max() ?? 0
        return slots < 1 << 16 && readings.count < 1 << 31 && readings.count * max(1, slots) <= mostCells
    }

    /// Packs readings of one device, in increasing time.
    package static func encode(_ readings: [Reading], start: Timestamp) -> [UInt8] {
        var writer = BitWriter()
        let slots = readings.map(\.values.slots.count).max() ?? 0
        writer.write(UInt64(version), bits: 8)
        writer.write(UInt64(readings.count), bits: 32)
        writer.write(UInt64(slots), bits: 16)
        writeTimes(readings.map { $0.timestamp.microseconds &- start.microseconds }, to: &writer)
        writeTimes(readings.map { $0.receivedAt.microseconds &- $0.timestamp.microseconds }, to: &writer)
        IntegerColumn.write(readings.map { Int64($0.quality) }, to: &writer)
        IntegerColumn.write(readings.map { Int64($0.values.slots.count) }, to: &writer)
        for slot in 0..<slots {
            let values = readings.compactMap { $0.values[slot] }
            if values.isEmpty {
                writer.write(0, bits: 2)
                continue
            }
            if values.count == readings.count {
                writer.write(1, bits: 2)
            } else {
                writer.write(2, bits: 2)
                IntegerColumn.write(readings.map { $0.values[slot] == nil ? 0 : 1 }, to: &writer)
            }
            ValueColumn.write(values, to: &writer)
        }
        return writer.finish()
    }

    /// Unpacks the readings.
    ///
    /// - Throws: ``PackingError`` when the bytes are none of ours.
    package static func decode(_ bytes: [UInt8], device: Int32, start: Timestamp) throws(PackingError) -> [Reading] {
        var (reader, head) = try open(bytes)
        let (count, slots) = (head.rows, head.slots)
        let times = try readTimes(count, from: &reader)
        let delays = try readTimes(count, from: &reader)
        let qualities = try IntegerColumn.read(count, from: &reader)
        let lengths = try IntegerColumn.read(count, from: &reader)
        var readings: [Reading] = []
        readings.reserveCapacity(count)
        for index in 0..<count {
            guard let quality = Int16(exactly: qualities[index]), (0...Int64(slots)).contains(lengths[index]) else {
                throw .outOfRange
            }
            let time = start.microseconds &+ times[index]
            readings.append(
                Reading(
                    deviceID: device,
                    timestamp: Timestamp(microseconds: time),
                    receivedAt: Timestamp(microseconds: time &+ delays[index]),
                    quality: quality,
                    values: MetricValues(count: Int(lengths[index]))
                )
            )
        }
        for slot in 0..<slots { try readSlot(slot, from: &reader, into: &readings) }
        return readings
    }

    /// Reads what stands before the columns.
    static func open(_ bytes: [UInt8]) throws(PackingError) -> (BitReader, (rows: Int, slots: Int)) {
        guard bytes.first == version else { throw bytes.isEmpty ? .truncated : .unknownVersion }
        var reader = BitReader(bytes, from: 1)
        let rows = Int(try reader.read(32))
        let slots = Int(try reader.read(16))
        guard rows * max(1, slots) <= mostCells else { throw .outOfRange }
        return (reader, (rows, slots))
    }

    private static func readSlot(
        _ slot: Int,
        from reader: inout BitReader,
        into readings: inout [Reading]
    ) throws(PackingError) {
        let presence = try reader.read(2)
        if presence == 0 { return }
        guard presence <= 2 else { throw .outOfRange }
        if presence == 1 {
            let values = try ValueColumn.read(readings.count, from: &reader)
            for index in readings.indices { try set(values[index], slot, of: &readings[index]) }
            return
        }
        let flags = try IntegerColumn.read(readings.count, from: &reader)
        let values = try ValueColumn.read(flags.count { $0 != 0 }, from: &reader)
        var next = 0
        for index in readings.indices where flags[index] != 0 {
            try set(values[next], slot, of: &readings[index])
            next += 1
        }
    }

    private static func set(_ value: Double, _ slot: Int, of reading: inout Reading) throws(PackingError) {
        guard slot < reading.values.slots.count else { throw .outOfRange }
        reading.values.slots[slot] = value
    }

    private static func writeTimes(_ times: [Int64], to writer: inout BitWriter) {
        let unit = units.firstIndex { unit in times.allSatisfy { $0 % unit == 0 } } ?? units.count - 1
        writer.write(UInt64(unit), bits: 3)
        IntegerColumn.write(times.map { $0 / units[unit] }, to: &writer)
    }

    static func readTimes(_ count: Int, from reader: inout BitReader) throws(PackingError) -> [Int64] {
        let unit = units[Int(try reader.read(3))]
        return try IntegerColumn.read(count, from: &reader).map { $0 &* unit }
    }
}

extension Timestamp {
    /// The timestamp so many microseconds later, or the last there is.
    func adding(microseconds step: Int64) -> Timestamp {
        let (sum, overflow) = microseconds.addingReportingOverflow(step)
        return overflow ? self : Timestamp(microseconds: sum)
    }

    /// The last multiple of `width` microseconds at or before this time.
    func floored(to width: Int64) -> Timestamp {
        let rest = microseconds % width
        return Timestamp(microseconds: microseconds - (rest < 0 ? rest + width : rest))
    }

    /// The first multiple of `width` microseconds at or after this time.
    func raised(to width: Int64) -> Timestamp {
        let floor = floored(to: width)
        return floor == self ? self : Timestamp(microseconds: floor.microseconds + width)
    }
}
