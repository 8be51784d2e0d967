import Assets
import PostgreSQL
import Primitives
import SeededRandom
import TestSupport
import Testing

@testable import Telemetry

@Suite struct RollupPropertyTests {
    /// Issue 4: a random permutation of a day's readings with 5 % duplicates, in batches of any size, with the roller
    /// and restarts in between, gives the same store and the same rollups as the ordered input, bit for bit.
    @Test(arguments: 0..<6)
    func orderAndRepetitionDoNotMatter(seed: UInt64) async throws {
        var random = SeededGenerator(seed: seed)
        var ordered: (readings: [String], rollups: [String]) = ([], [])
        var input: [Reading] = []
        try await StoreWorkshop.with { shop in
            input = try shop.readings(&random, count: 2_500)
            _ = try await shop.writer.importHistory(input)
            try await shop.roller.pass()
            ordered = (try await shop.dump("reading"), try await shop.dump("rollup"))
        }
        #expect(ordered.readings.count == input.count)
        #expect(ordered.rollups.count > 150)
        try await StoreWorkshop.with { shop in
            var disordered = input.shuffled(using: &random)
            for _ in 0..<input.count / 20 { disordered.append(input[random.next(upTo: input.count)]) }
            disordered.shuffle(using: &random)
            while !disordered.isEmpty {
                let batch = disordered.prefix(1 + random.next(upTo: 400))
                disordered.removeFirst(batch.count)
                _ = try await shop.writer.importHistory(Array(batch))
                if random.next(upTo: 2) == 0 { try await shop.roller.pass() }
                if random.next(upTo: 5) == 0 { shop.restart() }
            }
            try await shop.roller.pass()
            let (readings, rollups) = (try await shop.dump("reading"), try await shop.dump("rollup"))
            #expect(readings == ordered.readings)
            #expect(rollups == ordered.rollups)
            #expect(try await shop.dump("rollup_dirty").isEmpty)
        }
    }

    @Test(arguments: 0..<3)
    func bucketsHoldWhatTheReadingsSay(seed: UInt64) async throws {
        var random = SeededGenerator(seed: seed &+ 100)
        try await StoreWorkshop.with { shop in
            let input = try shop.readings(&random, count: 1_500)
            for start in stride(from: 0, to: input.count, by: 100) {
                _ = try await shop.writer.importHistory(Array(input[start..<start + 100]))
                try await shop.roller.pass()
            }
            for key in ["d1", "d2"] {
                let device = try shop.device(key)
                let mine = input.filter { $0.deviceID == device.id }
                let through = try #require(
                    try await shop.pool.first(RollupQueries.progress(ofDevice: device.id))
                )
                #expect(through == mine.last?.timestamp.floored(to: RollupSpan.minute.width))
                for span in RollupSpan.allCases {
                    let end = through.floored(to: span.width)
                    let buckets = try await shop.pool.query(
                        RollupQueries.buckets(device: device.id, span: span, from: .earliestAccepted, to: end)
                    )
                    let expected = Dictionary(grouping: mine.filter { $0.timestamp < end }) {
                        $0.timestamp.floored(to: span.width)
                    }
                    let kept = expected.keys.filter { Self.isKept(span, $0, mine, through: through) }
                    #expect(buckets.map(\.start) == kept.sorted())
                    for bucket in buckets { try Self.check(bucket, expected[bucket.start] ?? []) }
                }
            }
        }
    }

    /// Whether a bucket has a row: none of the wider ones around it is closed and has few readings.
    private static func isKept(
        _ span: RollupSpan,
        _ bucket: Timestamp,
        _ readings: [Reading],
        through: Timestamp
    ) -> Bool {
        RollupSpan.allCases.filter { $0.rawValue > span.rawValue }.allSatisfy { wide in
            let start = bucket.floored(to: wide.width)
            let end = start.adding(microseconds: wide.width)
            let few = wide == .hour ? RollupDensity.fewInHour : RollupDensity.fewInTenMinutes
            return end > through || readings.count { $0.timestamp >= start && $0.timestamp < end } > Int(few)
        }
    }

    private static func check(_ bucket: RollupBucket, _ readings: [Reading]) throws {
        #expect(Int(bucket.readings) == readings.count)
        for (slot, statistics) in bucket.slots.enumerated() {
            let values = readings.compactMap { $0.values[slot] }
            #expect(Int(statistics.count) == values.count)
            guard let first = values.first, let last = values.last else { continue }
            #expect(statistics.minimum == values.min() && statistics.maximum == values.max())
            #expect(statistics.first == first && statistics.last == last)
            #expect(abs(statistics.total - values.reduce(0, +)) < 1e-6)
            if slot == 1 {
                let rise = zip(values, values.dropFirst()).reduce(0.0) {
                    $0 + ($1.1 >= $1.0 ? $1.1 - $1.0 : $1.1)
                }
                #expect(abs(statistics.rise - rise) < 1e-6)
            }
        }
    }
}
