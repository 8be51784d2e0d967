import Assets
import Logging
import Observability
import PostgreSQL
import Primitives
import SeededRandom
import TestSupport
import Testing

@testable import Telemetry

@Suite struct PartitionKeeperTests {
    private static func keeper(_ shop: StoreWorkshop) -> PartitionKeeper {
        PartitionKeeper(
            pool: shop.pool,
            plant: shop.plant,
            metrics: shop.metrics.store,
            clock: shop.clock.clock,
            logger: Logger(label: "test")
        )
    }

    private static func names(_ pool: PostgresPool) async throws -> [String] {
        try await pool.query(PartitionQueries.leaves()).map(\.name)
    }

    @Test func partitionsAreMadeAhead() async throws {
        try await StoreWorkshop.with(retention: "P90D") { shop in
            try await Self.keeper(shop).pass()
            #expect(try await Self.names(shop.pool) == ["reading_p90d_202611", "reading_p90d_202612"])
        }
    }

    @Test func expiredReadingsGoAndRollupsStay() async throws {
        try await StoreWorkshop.with(retention: "P7D") { shop in
            var random = SeededGenerator(seed: 3)
            _ = try await shop.writer.importHistory(try shop.readings(&random, count: 500))
            try await shop.roller.pass()
            let rollups = try await shop.dump("rollup")
            // Part of it is packed.
            shop.clock.set(Timestamp(milliseconds: 1_796_342_400_000))
            try await PackingWorker(
                pool: shop.pool,
                writer: shop.writer,
                metrics: shop.metrics.store,
                clock: shop.clock.clock,
                logger: Logger(label: "test")
            ).pass()
            #expect(try await shop.dump("reading_packed").isEmpty == false)
            try await Self.keeper(shop).pass()
            #expect(try await Self.names(shop.pool).contains("reading_p7d_202611"))
            shop.clock.set(StoreWorkshop.later)
            try await Self.keeper(shop).pass()
            #expect(try await Self.names(shop.pool).contains("reading_p7d_202611") == false)
            #expect(try await shop.dump("reading_packed").isEmpty)
            #expect(try await shop.stored("d1").isEmpty)
            #expect(try await shop.dump("rollup") == rollups)
            // A row that comes too late is taken and goes with the next pass.
            let late = try shop.readings(&random, count: 1)
            await #expect(throws: PostgresError.self) { try await shop.writer.importHistory(late) }
            #expect(try await shop.writer.importHistory(late).stored == 1)
            try await Self.keeper(shop).pass()
            #expect(try await shop.dump("reading").isEmpty)
        }
    }

    /// A writer that has the table in use is neither blocked nor robbed: the dropping waits for another pass.
    @Test func ingestIsNotBlocked() async throws {
        try await StoreWorkshop.with(retention: "P7D") { shop in
            var random = SeededGenerator(seed: 4)
            _ = try await shop.writer.importHistory(try shop.readings(&random, count: 50))
            shop.clock.set(StoreWorkshop.later)
            let keeper = Self.keeper(shop)
            let month = ReadingPartition(retention: RetentionClass(days: 7), holding: StoreWorkshop.later)
            try await month.ensure(in: shop.pool)
            try await shop.pool.transaction { transaction in
                _ = try await transaction.query(Statement("hold", "SELECT 1 FROM reading_p7d_202611 LIMIT 1"))
                try await keeper.pass()
                let fresh = try shop.readings(&random, count: 1, from: StoreWorkshop.later)
                _ = try await shop.writer.importHistory(fresh)
            }
            #expect(try await Self.names(shop.pool).contains("reading_p7d_202611"))
            try await keeper.pass()
            #expect(try await Self.names(shop.pool).contains("reading_p7d_202611") == false)
        }
    }
}
