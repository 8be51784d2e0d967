import Assets
import Primitives
import SeededRandom
import Testing

@testable import Telemetry

@Suite struct PackedBlockTests {
    static let hour = Timestamp(milliseconds: 1_795_359_600_000)

    @Test(arguments: 0..<200)
    func anyColumnsComeBackBitForBit(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let readings = RandomHour.make(&random, hour: Self.hour)
        let bytes = PackedBlock.encode(readings, start: Self.hour)
        let decoded = try PackedBlock.decode(bytes, device: 7, start: Self.hour)
        #expect(PackedBlock.areSame(decoded, readings))
    }

    @Test(arguments: 0..<200)
    func someSlotsOfAPartAreWhatTheWholeHas(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let readings = RandomHour.make(&random, hour: Self.hour)
        let bytes = PackedBlock.encode(readings, start: Self.hour)
        let slots = (0..<random.next(upTo: 4)).map { _ in random.next(upTo: 7) }
        let ends = (0..<2).map { _ in Self.hour.adding(microseconds: Int64(random.next(upTo: 4_000)) * 1_000_000) }
            .sorted()
        let part = try PackedBlock.decode(bytes, start: Self.hour, slots: slots, from: ends[0], to: ends[1])
        let expected = readings.filter { $0.timestamp >= ends[0] && $0.timestamp < ends[1] }
        #expect(part.times == expected.map(\.timestamp))
        for (place, slot) in slots.enumerated() {
            #expect(part.columns[place].map(\.bitPattern) == expected.map { ($0.values[slot] ?? .nan).bitPattern })
        }
    }

    @Test(arguments: [
        [Int64.min, .max, 0, -1, 1], [0], [], Array(repeating: 5, count: 200), [1, .max, .min, .max],
    ])
    func anyWholeNumbersComeBack(numbers: [Int64]) throws {
        var writer = BitWriter()
        IntegerColumn.write(numbers, to: &writer)
        var reader = BitReader(writer.finish())
        #expect(try IntegerColumn.read(numbers.count, from: &reader) == numbers)
    }

    @Test(arguments: [
        [0.0, -0.0, 1], [.infinity, -.infinity], [.leastNonzeroMagnitude, .greatestFiniteMagnitude],
        [0.1, 0.2, 0.30000000000000004], [1e15, 0.000000001], [9_007_199_254_740_994, -3],
    ])
    func awkwardValuesComeBack(values: [Double]) throws {
        var writer = BitWriter()
        ValueColumn.write(values, to: &writer)
        var reader = BitReader(writer.finish())
        #expect(try ValueColumn.read(values.count, from: &reader).map(\.bitPattern) == values.map(\.bitPattern))
    }

    @Test func decimalsBecomeWholeNumbers() throws {
        let (decimals, numbers) = try #require(ValueColumn.scaled([21.5, 21.25, -3]))
        #expect(decimals == 2 && numbers == [2_150, 2_125, -300])
        #expect(ValueColumn.scaled([Double.pi]) == nil)
        #expect(ValueColumn.scaled([-0.0]) == nil)
    }

    @Test func regularReadingsTakeFewBytes() {
        let readings = (0..<3_600).map { second in
            Reading(
                deviceID: 1,
                timestamp: Self.hour.adding(seconds: Double(second)),
                receivedAt: Self.hour.adding(seconds: Double(second) + 0.125),
                quality: 0,
                values: MetricValues(slots: [20 + Double(second % 7) / 10, 1, Double(second)])
            )
        }
        #expect(PackedBlock.encode(readings, start: Self.hour).count < 3_600)
    }

    @Test(arguments: 0..<300)
    func rubbishIsRefusedOrRead(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        var bytes = PackedBlock.encode(RandomHour.make(&random, hour: Self.hour), start: Self.hour)
        for _ in 0...random.next(upTo: 8) {
            let place = random.next(upTo: bytes.count)
            bytes[place] = UInt8(truncatingIfNeeded: random.next())
        }
        if random.next(upTo: 3) == 0 { bytes.removeLast(random.next(upTo: bytes.count)) }
        // It may give readings or an error, but always returns.
        _ = try? PackedBlock.decode(bytes, device: 1, start: Self.hour)
        let cut = Array(PackedBlock.encode([], start: Self.hour).dropLast(1))
        #expect(throws: PackingError.truncated) { try PackedBlock.decode(cut, device: 1, start: Self.hour) }
        #expect(throws: PackingError.unknownVersion) { try PackedBlock.decode([9], device: 1, start: Self.hour) }
    }
}

extension RandomNumberGenerator {
    /// A number from 0 below `limit`.
    mutating func next(upTo limit: Int) -> Int { Int.random(in: 0..<max(1, limit), using: &self) }
}

/// Makes hours of readings of every kind.
enum RandomHour {
    static func make(_ random: inout SeededGenerator, hour: Timestamp, device: Int32 = 7) -> [Reading] {
        let slots = random.next(upTo: 6)
        let kinds = (0..<slots).map { _ in random.next(upTo: 7) }
        let step = [1, 1_000, 250_000, 1_000_000, 60_000_000][random.next(upTo: 5)]
        var time = hour.microseconds + Int64(random.next(upTo: 1_000_000))
        var readings: [Reading] = []
        for index in 0..<random.next(upTo: 300) {
            let jitter = random.next(upTo: 4) == 0 ? random.next(upTo: 1_000) : 0
            time += Int64(step + jitter)
            if time >= hour.microseconds + PackedBlock.hour { break }
            var values = MetricValues(count: random.next(upTo: 20) == 0 ? random.next(upTo: slots + 1) : slots)
            for slot in values.slots.indices where random.next(upTo: 5) > 0 || kinds[slot] == 0 {
                values.slots[slot] = value(kinds[slot], index, &random)
            }
            readings.append(
                Reading(
                    deviceID: device,
                    timestamp: Timestamp(microseconds: time),
                    receivedAt: Timestamp(microseconds: time + Int64(random.next(upTo: 500_000)) - 1_000),
                    quality: Int16(random.next(upTo: 30) == 0 ? 1 : 0),
                    values: values
                )
            )
        }
        return readings
    }

    private static func value(_ kind: Int, _ index: Int, _ random: inout SeededGenerator) -> Double {
        switch kind {
        case 0: Double(index / 10)
        case 1: (20 + Double(random.next(upTo: 100)) / 10)
        case 2: Double.random(in: -1e6...1e6, using: &random)
        case 3: Double(Float.random(in: -50...50, using: &random))
        case 4: random.next(upTo: 3) == 0 ? -0.0 : 1
        case 5: Double(random.next(upTo: 2))
        default: Double(bitPattern: random.next()).isNaN ? 0 : Double(bitPattern: random.next() & ~(0x7FF << 52))
        }
    }
}
