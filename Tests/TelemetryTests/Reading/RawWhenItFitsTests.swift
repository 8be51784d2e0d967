import Assets
import Logging
import Observability
import PostgreSQL
import Primitives
import SeededRandom
import TestSupport
import Testing

@testable import Telemetry

/// A chart is raw exactly when its readings fit, wherever they lie: in packed hours and days, in late rows beside them,
/// in a month that goes on.
@Suite struct RawWhenItFitsTests {
    /// 2026-12-01T00:00:00Z, in the month after that of ``StoreWorkshop/day``.
    private static let nextMonth = Timestamp(milliseconds: 1_796_083_200_000)

    /// Packed day blocks and packed hour blocks of one month, an hour of it that is not packed again, a month of fresh
    /// rows; other retention classes before and after when the profile's changes in between.
    private static func fill(_ shop: StoreWorkshop, _ random: inout SeededGenerator) async throws -> [Timestamp] {
        let id = try shop.device("d1").id
        var times: Set<Int64> = []
        func add(_ start: Timestamp, every step: Int64, count: Int) {
            var time = start.microseconds
            for _ in 0..<count {
                time += Int64(random.next(upTo: Int(step))) + 1
                times.insert(time)
            }
        }
        add(StoreWorkshop.day, every: 60_000_000, count: 1_500)
        // More than a day block takes, so that it becomes hours.
        add(StoreWorkshop.day.adding(seconds: 3 * 86_400), every: 20_000_000, count: 6_000)
        add(nextMonth.adding(seconds: -7_200), every: 30_000_000, count: 800)
        let readings = times.sorted().map { time in
            Reading(
                deviceID: id,
                timestamp: Timestamp(microseconds: time),
                receivedAt: Timestamp(microseconds: time),
                quality: 0,
                values: MetricValues(slots: [1, Double(time % 1_000)])
            )
        }
        _ = try await shop.writer.importHistory(readings.filter { $0.timestamp != readings[3_000].timestamp })
        shop.clock.set(StoreWorkshop.day.adding(seconds: 20 * 86_400))
        try await PackingWorker(
            pool: shop.pool,
            writer: shop.writer,
            metrics: shop.metrics.store,
            clock: shop.clock.clock,
            logger: Logger(label: "test")
        ).pass()
        // Unpacks its hour.
        _ = try await shop.writer.importHistory([readings[3_000]])
        func count(_ sql: SQL) async throws -> Int64? {
            try await shop.pool.first(Statement("count.\(sql.text)", sql) { try $0.int64(0) })
        }
        #expect(try #require(await count("SELECT count(*) FROM reading_packed WHERE hours = 24")) > 0)
        #expect(try #require(await count("SELECT count(*) FROM reading_packed WHERE hours = 1")) > 10)
        let fresh = try await count("SELECT count(*) FROM reading WHERE ts < '2026-12-01'") ?? 0
        #expect(fresh > 50 && fresh < 500)
        #expect(try await count("SELECT count(*) FROM reading WHERE ts >= '2026-12-01'") ?? 0 > 0)
        return readings.map(\.timestamp)
    }

    @Test(arguments: 0..<3)
    func theDecisionIsExact(seed: UInt64) async throws {
        var random = SeededGenerator(seed: seed)
        try await StoreWorkshop.with { shop in
            let times = try await Self.fill(shop, &random)
            let device = try shop.device("d1")
            let metric = try #require(shop.plant.snapshot.profile(of: device)?.metrics.first)
            for _ in 0..<40 {
                let first = random.next(upTo: times.count - 1)
                let length = [2, 20, 200, 2_000][random.next(upTo: 4)]
                let last = min(times.count - 1, first + 1 + random.next(upTo: length))
                // The readings at `first` to before `last`, with bounds on readings or next to them.
                let from = times[first].adding(microseconds: -Int64(random.next(upTo: 2)))
                let to = times[last].adding(microseconds: -Int64(random.next(upTo: 2)))
                let expected = times.count { $0 >= from && $0 < to }
                for points in Set([expected - 1, expected, expected + 1, 2 * expected]) where points >= 1 {
                    let chart = try await shop.store.columns(
                        device: device,
                        metrics: [metric],
                        from: from,
                        to: to,
                        points: points
                    )
                    let isRaw = chart.bucket == 0
                    #expect(isRaw == (expected <= points), "\(expected) readings, \(points) points, \(from.rfc3339)")
                    #expect(chart.times.count <= points)
                    if isRaw {
                        #expect(Set(chart.times).isSuperset(of: times.filter { $0 >= from && $0 < to }))
                    }
                }
            }
        }
    }

    /// The blocks at the edges are read only when the answer depends on them.
    @Test func edgesAreLookedAtOnlyInDoubt() async throws {
        var random = SeededGenerator(seed: 7)
        try await StoreWorkshop.with { shop in
            let times = try await Self.fill(shop, &random)
            let rows = shop.store.rows(of: try shop.device("d1"))
            // Blocks that nobody can read any more.
            try await shop.pool.execute(
                Statement("spoil", "UPDATE reading_packed SET data = '\\x00' WHERE device_id = \(rows.device)")
            )
            let (from, to) = (times[40], times[2_600])
            #expect(try await !rows.exceeds(times.count, from: from, to: to, in: shop.pool))
            #expect(try await rows.exceeds(100, from: from, to: to, in: shop.pool))
            await #expect(throws: PostgresError.self) {
                _ = try await rows.exceeds(2_560, from: from, to: to, in: shop.pool)
            }
        }
    }
}
