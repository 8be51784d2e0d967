import Assets
import PostgreSQL
import Primitives
import SeededRandom
import TestSupport
import Testing

@testable import Telemetry

/// Counters that begin at 0 again, in rollups and charts.
@Suite struct RolloverTests {
    private static let rollover = 1_000

    /// A day of one device's readings, its counter shown modulo the range, and what it really counted from the first on.
    private static func readings(
        _ shop: StoreWorkshop,
        _ random: inout SeededGenerator,
        count: Int
    ) throws -> (readings: [Reading], truth: [Int]) {
        let id = try shop.device("d1").id
        var (time, total) = (StoreWorkshop.day.microseconds, 700)
        var (readings, truth): ([Reading], [Int]) = ([], [])
        for _ in 0..<count {
            time += Int64(random.next(upTo: 60_000_000)) + 1
            if random.next(upTo: 300) == 0 { time += Int64(random.next(upTo: 7_200_000_000)) }
            total += random.next(upTo: 3) == 0 ? random.next(upTo: 500) : random.next(upTo: 20)
            readings.append(
                Reading(
                    deviceID: id,
                    timestamp: Timestamp(microseconds: time),
                    receivedAt: Timestamp(microseconds: time),
                    quality: 0,
                    values: MetricValues(slots: [20, Double(total % rollover), 52.5, 4.5])
                )
            )
            truth.append(total)
        }
        return (readings, truth)
    }

    private static func increase(
        _ shop: StoreWorkshop,
        from: Timestamp,
        to: Timestamp,
        points: Int
    ) async throws -> Double? {
        let device = try shop.device("d1")
        let metric = try #require(shop.plant.snapshot.profile(of: device)?.metric("total"))
        let chart = try await shop.store.columns(device: device, metrics: [metric], from: from, to: to, points: points)
        guard case .buckets(_, _, _, let increase) = chart.series[0].column else { return nil }
        return try #require(increase).compactMap { $0 }.reduce(0, +)
    }

    /// Whatever is rolled up, and however wide the buckets: the increase over a range is what was counted in it.
    @Test(arguments: 0..<4)
    func theIncreaseIsTheTruth(seed: UInt64) async throws {
        var random = SeededGenerator(seed: seed)
        try await StoreWorkshop.with(rollover: .integer(Int64(Self.rollover))) { shop in
            let (readings, truth) = try Self.readings(shop, &random, count: 3_000)
            _ = try await shop.writer.importHistory(Array(readings.prefix(2_500)))
            try await shop.roller.pass()
            _ = try await shop.writer.importHistory(Array(readings.dropFirst(2_500)))
            for points in [2, 20, 100, 400] {
                let (first, last) = (random.next(upTo: 900), 2_999 - random.next(upTo: 900))
                let increase = try await Self.increase(
                    shop,
                    from: readings[first].timestamp,
                    to: readings[last].timestamp.adding(microseconds: 1),
                    points: points
                )
                #expect(increase == Double(truth[last] - truth[first]), "\(points) points")
            }
        }
    }

    /// Setting, changing and removing the roll-over value gives, in the end, the rollups that would have come of it from
    /// the beginning.
    @Test(arguments: 0..<3)
    func aChangeHoldsForHistory(seed: UInt64) async throws {
        var random = SeededGenerator(seed: seed &+ 50)
        var readings: [Reading] = []
        var fresh: [Int?: [String]] = [:]
        for rollover in [nil, 1_000, 4_000] as [Int?] {
            try await StoreWorkshop.with(rollover: rollover.map { .integer(Int64($0)) } ?? .null) { shop in
                if readings.isEmpty { readings = try Self.readings(shop, &random, count: 2_000).readings }
                _ = try await shop.writer.importHistory(readings)
                try await shop.roller.pass()
                fresh[rollover] = try await shop.dump("rollup")
            }
        }
        #expect(fresh[nil] != fresh[1_000])
        try await StoreWorkshop.with { shop in
            _ = try await shop.writer.importHistory(Array(readings.prefix(1_200)))
            try await shop.roller.pass()
            try await shop.putProfile(rollover: 1_000)
            _ = try await shop.writer.importHistory(Array(readings.dropFirst(1_200)))
            try await shop.roller.pass()
            #expect(try await shop.dump("rollup") == fresh[1_000])
            shop.restart()
            try await shop.putProfile(rollover: 4_000)
            try await shop.roller.pass()
            #expect(try await shop.dump("rollup") == fresh[4_000])
            try await shop.putProfile()
            shop.restart()
            try await shop.roller.pass()
            #expect(try await shop.dump("rollup") == fresh[nil])
            #expect(try await shop.dump("rollup_dirty").isEmpty)
        }
    }

    /// A pass over a plant that did not change marks nothing.
    @Test func nothingIsComputedTwice() async throws {
        var random = SeededGenerator(seed: 9)
        try await StoreWorkshop.with(rollover: 1_000) { shop in
            let (readings, _) = try Self.readings(shop, &random, count: 500)
            _ = try await shop.writer.importHistory(readings)
            try await shop.roller.pass()
            func versions() async throws -> [String] {
                try await shop.pool.query(
                    Statement("rollup.versions", "SELECT xmin::text || ' ' || ctid::text FROM rollup ORDER BY 1") {
                        try $0.string(0)
                    }
                )
            }
            let before = try await versions()
            shop.restart()
            try await shop.roller.pass()
            #expect(try await versions() == before)
        }
    }
}
