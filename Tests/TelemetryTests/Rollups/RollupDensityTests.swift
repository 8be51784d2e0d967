import Assets
import PostgreSQL
import Primitives
import TestSupport
import Testing

@testable import Telemetry

@Suite struct RollupDensityTests {
    private static func readings(_ device: Int32, every step: Int, _ seconds: Range<Int>) -> [Reading] {
        stride(from: seconds.lowerBound, to: seconds.upperBound, by: step).map { second in
            let time = StoreWorkshop.day.adding(seconds: Double(second))
            return Reading(
                deviceID: device,
                timestamp: time,
                receivedAt: time,
                quality: 0,
                values: MetricValues(slots: [Double(second % 97), Double(second)])
            )
        }
    }

    private static func buckets(
        _ shop: StoreWorkshop,
        _ device: Int32,
        _ span: RollupSpan
    ) async throws -> [RollupBucket] {
        try await shop.pool.query(
            RollupQueries.buckets(device: device, span: span, from: .earliestAccepted, to: StoreWorkshop.later)
        )
    }

    @Test func whoReportsRarelyHasHoursOnly() async throws {
        try await StoreWorkshop.with { shop in
            let id = try shop.device("d1").id
            _ = try await shop.writer.importHistory(Self.readings(id, every: 300, 0..<6 * 3_600 + 1))
            try await shop.roller.pass()
            #expect(try await Self.buckets(shop, id, .minute).isEmpty)
            #expect(try await Self.buckets(shop, id, .tenMinutes).isEmpty)
            #expect(try await Self.buckets(shop, id, .hour).map(\.readings) == Array(repeating: 12, count: 6))
        }
    }

    @Test func narrowBucketsOfAnOpenHourGoWhenItCloses() async throws {
        try await StoreWorkshop.with { shop in
            let id = try shop.device("d1").id
            for part in 0..<13 {
                _ = try await shop.writer.importHistory(Self.readings(id, every: 300, part * 300..<part * 300 + 1))
                try await shop.roller.pass()
                if part == 5 {
                    // The minute of the reading at 20 min; that at 25 min is still open.
                    #expect(try await Self.buckets(shop, id, .minute).count == 1)
                    #expect(try await Self.buckets(shop, id, .tenMinutes).map(\.readings) == [2, 2])
                }
            }
            #expect(try await Self.buckets(shop, id, .minute).isEmpty)
            #expect(try await Self.buckets(shop, id, .tenMinutes).isEmpty)
            #expect(try await Self.buckets(shop, id, .hour).map(\.readings) == [12])
        }
    }

    @Test func lateDataBringThemBack() async throws {
        try await StoreWorkshop.with { shop in
            let id = try shop.device("d1").id
            _ = try await shop.writer.importHistory(Self.readings(id, every: 300, 0..<2 * 3_600 + 1))
            try await shop.roller.pass()
            _ = try await shop.writer.importHistory(Self.readings(id, every: 7, 601..<1_199))
            try await shop.roller.pass()
            #expect(try await Self.buckets(shop, id, .minute).map(\.readings).reduce(0, +) == 86 + 2)
            #expect(try await Self.buckets(shop, id, .minute).count == 10)
            // All six of the hour, though only one of them changed.
            #expect(try await Self.buckets(shop, id, .tenMinutes).map(\.readings) == [2, 88, 2, 2, 2, 2])
            #expect(try await Self.buckets(shop, id, .hour).map(\.readings) == [98, 12])
        }
    }

    /// Rows of an installation that kept every bucket are no hindrance, and go when their bucket is computed again.
    @Test func whatWasStoredBeforeIsNoHindrance() async throws {
        try await StoreWorkshop.with { shop in
            let device = try shop.device("d1")
            let input = Self.readings(device.id, every: 60, 0..<2 * 3_600 + 1)
            _ = try await shop.writer.importHistory(input)
            try await shop.roller.pass()
            try await shop.pool.execute(
                Statement(
                    "as-before",
                    """
                    INSERT INTO rollup (device_id, span, bucket, readings, counts, last)
                    SELECT device_id, 1, ts, 1, ARRAY[1, 1], values FROM reading WHERE ts < \(StoreWorkshop.day.adding(seconds: 7_200))
                    """
                )
            )
            let metrics = Array(try #require(shop.plant.snapshot.profile(of: device)).metrics.prefix(1))
            let from = StoreWorkshop.day.adding(seconds: 30)
            func chart() async throws -> ReadingColumns {
                try await shop.store.columns(
                    device: device,
                    metrics: metrics,
                    from: from,
                    to: from.adding(seconds: 7_000),
                    points: 60
                )
            }
            let before = try await chart()
            #expect(before.times.count == 59)
            let expected = Dictionary(grouping: input.filter { $0.timestamp >= from }) {
                $0.timestamp.floored(to: 120_000_000)
            }
            guard case .buckets(_, _, let average, _) = before.series[0].column else {
                Issue.record("expected buckets")
                return
            }
            for (time, average) in zip(before.times, average).dropLast() {
                let values = (expected[time] ?? []).compactMap { $0.values[0] }
                #expect(average == values.reduce(0, +) / Double(values.count))
            }
            _ = try await shop.writer.importHistory(Self.readings(device.id, every: 60, 630..<631))
            try await shop.roller.pass()
            #expect(try await Self.buckets(shop, device.id, .minute).count == 110)
            #expect(try await chart().times == before.times)
        }
    }

    @Test func rollupsOutliveReadingsThatExpire() async throws {
        try await StoreWorkshop.with(retention: "P7D") { shop in
            let id = try shop.device("d1").id
            _ = try await shop.writer.importHistory(Self.readings(id, every: 300, 0..<3_601))
            try await shop.roller.pass()
            #expect(try await Self.buckets(shop, id, .minute).count == 12)
            #expect(try await Self.buckets(shop, id, .tenMinutes).count == 6)
        }
    }

    @Test func whoIsExpectedRarelyIsComputedByWiderSteps() {
        #expect(RollupWorker.step(interval: nil) == .minute)
        #expect(RollupWorker.step(interval: 29) == .minute)
        #expect(RollupWorker.step(interval: 30) == .tenMinutes)
        #expect(RollupWorker.step(interval: 299) == .tenMinutes)
        #expect(RollupWorker.step(interval: 300) == .hour)
    }

    /// The interval may change at any time: what is stored stays right, and what follows goes by other steps.
    @Test func theIntervalMayChange() async throws {
        try await StoreWorkshop.with { shop in
            let id = try shop.device("d1").id
            _ = try await shop.writer.importHistory(Self.readings(id, every: 20, 0..<4_000))
            try await shop.roller.pass()
            let profile: JSONValue = [
                "name": "Truck", "reportingInterval": 600,
                "metrics": [
                    ["key": "temperature"], ["key": "total", "kind": "counter"],
                    ["key": "position", "kind": "location"],
                ],
            ]
            _ = try await shop.plant.putProfile(key: try StoreWorkshop.key("truck"), document: profile)
            _ = try await shop.writer.importHistory(Self.readings(id, every: 600, 4_200..<12_000))
            try await shop.roller.pass()
            let through = try await shop.pool.first(RollupQueries.progress(ofDevice: id))
            #expect(through == StoreWorkshop.day.adding(seconds: 10_800))
            #expect(try await Self.buckets(shop, id, .hour).map(\.readings) == [180, 20 + 5, 6])
            #expect(
                try await Self.buckets(shop, id, .tenMinutes).map(\.readings) == [
                    30, 30, 30, 30, 30, 30, 20, 1, 1, 1, 1, 1,
                ]
            )
        }
    }
}
