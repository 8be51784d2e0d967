import Assets
import Primitives
import Telemetry

/// Packed readings: any columns come back bit for bit, whole and in part; any bytes are read or refused, and what was
/// read can be packed again.
public enum PackingProperty {
    private static let start = Timestamp(milliseconds: 1_795_359_600_000)

    /// Says what is wrong, or nil when the property holds.
    ///
    /// The first byte chooses: even, the rest are the bytes of a block; odd, the rest describe readings.
    public static func violation(_ input: [UInt8]) -> String? {
        guard let choice = input.first else { return nil }
        var source = ByteSource(input.dropFirst())
        if choice & 1 == 1 { return violation(readings(&source), probe: Int(choice >> 1)) }
        guard let readings = try? PackedBlock.decode(Array(input.dropFirst()), device: 1, start: start) else {
            _ = try? PackedBlock.decode(
                Array(input.dropFirst()),
                start: start,
                slots: [0, 2],
                from: start,
                to: start.adding(seconds: 3_600)
            )
            return nil
        }
        return PackedBlock.fits(readings) ? violation(readings, probe: Int(choice >> 1)) : nil
    }

    private static func violation(_ readings: [Reading], probe: Int) -> String? {
        let bytes = PackedBlock.encode(readings, start: start)
        guard let decoded = try? PackedBlock.decode(bytes, device: 1, start: start) else {
            return "what was packed cannot be read"
        }
        if !PackedBlock.areSame(decoded, readings) { return "other readings come back" }
        // Only in order have times a part.
        guard zip(readings, readings.dropFirst()).allSatisfy({ $0.timestamp < $1.timestamp }), !readings.isEmpty else {
            return nil
        }
        let from = readings[probe % readings.count].timestamp
        let to = readings[(probe * 7 + 3) % readings.count].timestamp
        let slots = [probe % 3, probe % 5]
        guard let part = try? PackedBlock.decode(bytes, start: start, slots: slots, from: from, to: to) else {
            return "a part of what was packed cannot be read"
        }
        let expected = readings.filter { $0.timestamp >= from && $0.timestamp < to }
        if part.times != expected.map(\.timestamp) { return "a part has other times" }
        for (place, slot) in slots.enumerated() {
            let column = expected.map { $0.values[slot] ?? .nan }
            let isSame = zip(part.columns[place], column).allSatisfy {
                $0.bitPattern == $1.bitPattern || ($0.isNaN && $1.isNaN)
            }
            if part.columns[place].count != column.count || !isSame { return "a part has other values" }
        }
        return nil
    }

    /// Readings as the bytes say: of few slots, with small and large steps, round and arbitrary values.
    private static func readings(_ source: inout ByteSource) -> [Reading] {
        let slots = Int(source.byte() % 6)
        let unit: Int64 = [1, 10, 1_000, 1_000_000, 60_000_000, 7][Int(source.byte() % 6)]
        var time = start.microseconds
        var readings: [Reading] = []
        while !source.isEmpty {
            let shape = source.byte()
            time &+= (shape & 1 == 0 ? Int64(source.byte()) : Int64(bitPattern: source.number())) &* unit
            var values = MetricValues(count: shape & 2 == 0 ? slots : Int(source.byte()) % (slots + 1))
            for slot in values.slots.indices { values.slots[slot] = value(&source) }
            let delay = shape & 4 == 0 ? Int64(source.byte()) * 1_000 : Int64(bitPattern: source.number())
            readings.append(
                Reading(
                    deviceID: 1,
                    timestamp: Timestamp(microseconds: time),
                    receivedAt: Timestamp(microseconds: time &+ delay),
                    quality: shape & 8 == 0 ? 0 : Int16(truncatingIfNeeded: source.number()),
                    values: values
                )
            )
        }
        return readings
    }

    private static func value(_ source: inout ByteSource) -> Double {
        switch source.byte() % 6 {
        case 0: .nan
        case 1: Double(source.byte())
        case 2: Double(Int8(bitPattern: source.byte())) / 10
        case 3: Double(Int64(truncatingIfNeeded: source.number() >> 20)) / 1_000
        case 4: Double(Float(bitPattern: UInt32(truncatingIfNeeded: source.number())))
        default: Double(bitPattern: source.number())
        }
    }
}

/// Hands out an input piece by piece; zeros after its end.
private struct ByteSource {
    private var rest: ArraySlice<UInt8>

    init(_ bytes: ArraySlice<UInt8>) {
        rest = bytes
    }

    var isEmpty: Bool { rest.isEmpty }

    mutating func byte() -> UInt8 { rest.popFirst() ?? 0 }

    mutating func number() -> UInt64 { (0..<8).reduce(0) { number, _ in number << 8 | UInt64(byte()) } }
}
