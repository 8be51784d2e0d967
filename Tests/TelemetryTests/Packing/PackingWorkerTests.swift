import Assets
import Logging
import Observability
import PostgreSQL
import Primitives
import SeededRandom
import TestSupport
import Testing

@testable import Telemetry

@Suite struct PackingWorkerTests {
    private static func worker(_ shop: StoreWorkshop) -> PackingWorker {
        PackingWorker(
            pool: shop.pool,
            writer: shop.writer,
            metrics: shop.metrics.store,
            clock: shop.clock.clock,
            logger: Logger(label: "test")
        )
    }

    private static func count(_ table: SQL, _ pool: PostgresPool) async throws -> Int64 {
        try await pool.first(Statement("count.\(table.text)", table) { try $0.int64(0) }) ?? -1
    }

    @Test func anEndedMonthIsPackedAndReadsTheSame() async throws {
        var random = SeededGenerator(seed: 1)
        try await StoreWorkshop.with { shop in
            let input = try shop.readings(&random, count: 3_000)
            _ = try await shop.writer.importHistory(input)
            try await shop.roller.pass()
            let before = [try await shop.stored("d1"), try await shop.stored("d2")]
            let rollups = try await shop.dump("rollup")
            let worker = Self.worker(shop)
            // The month goes on: nothing is packed.
            try await worker.pass()
            #expect(try await Self.count("SELECT count(*) FROM reading_packed", shop.pool) == 0)
            shop.clock.set(StoreWorkshop.later)
            try await worker.pass()
            #expect(try await Self.count("SELECT count(*) FROM reading", shop.pool) == 0)
            #expect(try await Self.count("SELECT sum(rows) FROM reading_packed", shop.pool) == 3_000)
            #expect(try await Self.count("SELECT rows FROM reading_packed_month", shop.pool) == 3_000)
            let leaf = try #require(try await shop.pool.query(PartitionQueries.leaves()).first)
            #expect(leaf.bytes <= 16_384, "the space was given back")
            let after = [try await shop.stored("d1"), try await shop.stored("d2")]
            for (left, right) in zip(before, after) { #expect(PackedBlock.areSame(left, right)) }
            // Ranges within blocks, the newest reading, and rollups from packed readings.
            let device = try shop.device("d1")
            let middle = before[0][700].timestamp
            let rest = before[0].count - 700
            for limit in [rest - 1, rest] {
                let isMore = try await shop.store.rows(of: device).exceeds(
                    limit,
                    from: middle,
                    to: StoreWorkshop.later,
                    in: shop.pool
                )
                #expect(isMore == (limit < rest))
            }
            #expect(try await shop.store.latest(devices: [device.id]) == [before[0].last])
            try await shop.pool.execute(Statement("a", "DELETE FROM rollup"))
            try await shop.pool.execute(Statement("b", "DELETE FROM rollup_progress"))
            shop.restart()
            try await shop.roller.pass()
            #expect(try await shop.dump("rollup") == rollups)
        }
    }

    /// Late, duplicate, merged and contradicting rows of packed hours are judged as everywhere.
    @Test func rowsOfPackedHoursAreJudgedAsAllOthers() async throws {
        var random = SeededGenerator(seed: 2)
        try await StoreWorkshop.with { shop in
            let input = try shop.readings(&random, count: 1_000)
            _ = try await shop.writer.importHistory(input.filter { $0.timestamp != input[500].timestamp })
            try await shop.roller.pass()
            shop.clock.set(StoreWorkshop.later)
            try await Self.worker(shop).pass()
            let late = input[500]
            #expect(try await shop.writer.importHistory([late]).stored == 1)
            #expect(try await shop.writer.importHistory([late, input[10]]).duplicate == 2)
            var other = input[10]
            other.values[2] = 99
            #expect(try await shop.writer.importHistory([other]).conflict == 1)
            var more = late
            more.values[5] = 7
            #expect(try await shop.writer.importHistory([more]).merged == 1)
            try await shop.roller.pass()
            try await Self.worker(shop).pass()
            #expect(try await Self.count("SELECT count(*) FROM reading", shop.pool) == 0)
            #expect(try await Self.count("SELECT sum(rows) FROM reading_packed", shop.pool) == 1_000)
            #expect(try await Self.count("SELECT rows FROM reading_packed_month", shop.pool) == 1_000)
            let key = try shop.device("d1").id == late.deviceID ? "d1" : "d2"
            #expect(try await shop.stored(key).contains { PackedBlock.areSame([$0], [more]) })
            // A process that starts knows that hours are packed.
            shop.restart()
            let counts = try await shop.writer.importHistory([input[20]])
            #expect(counts.duplicate == 1, "\(counts)")
        }
    }

    /// Packing may end anywhere: what was not committed is not packed, and the next pass goes on.
    @Test(arguments: 0..<3)
    func endsAndGoesOnAnywhere(seed: UInt64) async throws {
        var random = SeededGenerator(seed: seed)
        try await StoreWorkshop.with { shop in
            let input = try shop.readings(&random, count: 1_500)
            _ = try await shop.writer.importHistory(input)
            shop.clock.set(StoreWorkshop.later)
            for step in 0..<4 {
                let worker = Self.worker(shop)
                let task = Task { try await worker.pass() }
                for _ in 0..<(step * 40) { await Task.yield() }
                task.cancel()
                _ = await task.result
                let stored = try await shop.stored("d1") + shop.stored("d2")
                #expect(stored.count == input.count)
            }
            try await Self.worker(shop).pass()
            #expect(try await Self.count("SELECT count(*) FROM reading", shop.pool) == 0)
            let stored = try await shop.stored("d1") + shop.stored("d2")
            let ordered = input.sorted { ($0.deviceID, $0.timestamp) < ($1.deviceID, $1.timestamp) }
            #expect(PackedBlock.areSame(stored, ordered))
        }
    }

    /// Writers and the packer at the same time: nothing is lost, nothing is doubled.
    @Test func lateRowsComeWhilePackingGoesOn() async throws {
        var random = SeededGenerator(seed: 5)
        try await StoreWorkshop.with { shop in
            let input = try shop.readings(&random, count: 2_000)
            let (early, late) = (
                input.enumerated().filter { $0.offset % 7 != 0 }, input.enumerated().filter { $0.offset % 7 == 0 }
            )
            _ = try await shop.writer.importHistory(early.map(\.element))
            shop.clock.set(StoreWorkshop.later)
            let (worker, writer, rows) = (Self.worker(shop), shop.writer, late.map(\.element))
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { for _ in 0..<3 { try await worker.pass() } }
                group.addTask {
                    for start in stride(from: 0, to: rows.count, by: 20) {
                        _ = try await writer.importHistory(Array(rows[start..<min(start + 20, rows.count)]))
                    }
                }
                try await group.waitForAll()
            }
            try await worker.pass()
            #expect(try await Self.count("SELECT count(*) FROM reading", shop.pool) == 0)
            let stored = try await shop.stored("d1") + shop.stored("d2")
            let ordered = input.sorted { ($0.deviceID, $0.timestamp) < ($1.deviceID, $1.timestamp) }
            #expect(PackedBlock.areSame(stored, ordered))
        }
    }
}
