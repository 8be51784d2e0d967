import Assets
import PostgreSQL
import Primitives
import TestSupport
import Testing

@testable import Telemetry

@Suite struct LateRowsTests {
    private static func reading(_ device: Int32, minute: Int, _ value: Double) -> Reading {
        let time = StoreWorkshop.day.adding(seconds: Double(minute) * 60)
        return Reading(
            deviceID: device,
            timestamp: time,
            receivedAt: time,
            quality: 0,
            values: MetricValues(slots: [value])
        )
    }

    @Test func onlyRowsBeforeTheFrontierAreMarked() async throws {
        try await StoreWorkshop.with { shop in
            let id = try shop.device("d1").id
            _ = try await shop.writer.importHistory([0, 1, 2, 30].map { Self.reading(id, minute: $0, 1) })
            #expect(try await shop.dump("rollup_dirty").isEmpty)
            try await shop.roller.pass()
            _ = try await shop.writer.importHistory([30, 31].map { Self.reading(id, minute: $0, 1) })
            #expect(try await shop.dump("rollup_dirty").isEmpty)
            _ = try await shop.writer.importHistory([7, 7, 9].map { Self.reading(id, minute: $0, 5) })
            #expect(try await shop.dump("rollup_dirty").count == 2)
            try await shop.roller.pass()
            #expect(try await shop.dump("rollup_dirty").isEmpty)
            let start = StoreWorkshop.day
            let buckets = try await shop.pool.query(
                RollupQueries.buckets(device: id, span: .tenMinutes, from: start, to: start.adding(seconds: 600))
            )
            #expect(buckets.map(\.readings) == [5])
            #expect(buckets.first?.slots.first?.maximum == 5)
        }
    }

    @Test func aProcessThatStartsKnowsTheFrontier() async throws {
        try await StoreWorkshop.with { shop in
            let id = try shop.device("d1").id
            _ = try await shop.writer.importHistory([0, 30].map { Self.reading(id, minute: $0, 1) })
            try await shop.roller.pass()
            shop.restart()
            // No pass of the new roller yet: the writer has read the frontier by itself.
            _ = try await shop.writer.importHistory([Self.reading(id, minute: 3, 1)])
            #expect(try await shop.dump("rollup_dirty").count == 1)
        }
    }

    @Test func theRollupsOfExpiredReadingsStay() async throws {
        try await StoreWorkshop.with(retention: "P7D") { shop in
            let id = try shop.device("d1").id
            _ = try await shop.writer.importHistory([0, 1, 300].map { Self.reading(id, minute: $0, 1) })
            try await shop.roller.pass()
            let before = try await shop.dump("rollup")
            shop.clock.set(StoreWorkshop.later)
            try await shop.pool.execute(Statement("forget", "DELETE FROM reading"))
            _ = try await shop.writer.importHistory([Self.reading(id, minute: 2, 1)])
            try await shop.roller.pass()
            #expect(try await shop.dump("rollup") == before)
            #expect(try await shop.dump("rollup_dirty").isEmpty)
        }
    }
}
