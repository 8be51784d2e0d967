import Foundation
import Logging
import Observability
import PostgreSQL
import Primitives
import Synchronization
import TestSupport
import Testing

@testable import Assets
@testable import Telemetry

/// The connection is lost between a COMMIT and its answer.
///
/// Whatever becomes of the COMMIT: nothing is lost and nothing is stored or counted twice.
@Suite(.timeLimit(.minutes(2))) struct CommitInDoubtTests {
    /// What the writer asks while it waits for the end of a transaction in doubt.
    private static let look = "xact_start IS NOT NULL OR state"

    /// A writer whose connections can be cut, holding the lease; its first COMMIT takes as long as a lock is held.
    private struct Installation {
        let shop: Workshop
        let proxy: PostgresProxy
        let lease: IngestLease
        let pool: PostgresPool
        let witness = Witness()
        let writer: IngestWriter

        init(_ shop: Workshop, _ database: PostgresConfiguration) async throws {
            self.shop = shop
            let logger = Logger(label: "test")
            var timing = IngestLease.Timing()
            // Its row is locked while the COMMIT is under way.
            timing.term = .seconds(600)
            timing.renewal = .seconds(600)
            lease = IngestLease(pool: shop.pool, holder: UUID(), timing: timing, logger: logger)
            proxy = try PostgresProxy(to: database, watching: [PostgresProxy.commit, CommitInDoubtTests.look])
            var behind = proxy.configuration
            behind.applicationName = lease.sessionName
            pool = PostgresPool(configuration: behind, size: 2, logger: logger)
            writer = IngestWriter(
                pool: pool,
                plant: shop.plant,
                participants: [witness],
                latest: LatestReadings(),
                lease: lease,
                metrics: PlantwrightMetrics(),
                logger: logger
            )
            try await shop.pool.withConnection { connection in
                try await connection.runScript(
                    """
                    CREATE SEQUENCE commits;
                    CREATE FUNCTION hold() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
                        IF nextval('commits') = 1 THEN PERFORM pg_advisory_xact_lock(4711); END IF;
                        RETURN NULL;
                    END $$;
                    CREATE CONSTRAINT TRIGGER hold AFTER INSERT ON ledger_batch DEFERRABLE INITIALLY DEFERRED
                        FOR EACH ROW EXECUTE FUNCTION hold();
                    """
                )
            }
        }

        /// Runs `body` while the writer holds the lease and its first COMMIT is held up; `letGo` ends that.
        static func with(
            _ body: @escaping @Sendable (Installation, _ letGo: @Sendable () async throws -> Void) async throws -> Void
        ) async throws {
            let database = try await TemporaryPostgreSQL.shared().migratedDatabase()
            try await TemporaryPostgreSQL.withPool(on: database, size: 6) { pool in
                let site = try await Installation(try await Workshop(pool), database)
                try await site.lease.run { _ in
                    try await pool.withConnection { blocker in
                        try await blocker.execute(Statement<Void>("lock", "SELECT pg_advisory_lock(4711)"))
                        try await body(site) {
                            try await blocker.execute(Statement<Void>("unlock", "SELECT pg_advisory_unlock(4711)"))
                        }
                    }
                }
                await site.pool.shutdown()
                site.proxy.close()
            }
        }

        /// Writes, and loses the connection when the COMMIT has been sent.
        func loseTheAnswer(_ messages: [TelemetryMessage]) async throws {
            let writing = Task { try await writer.write(messages) }
            await proxy.sent.wait { $0.contains(PostgresProxy.commit) }
            proxy.cut()
            let error = await #expect(throws: PostgresError.self) { try await writing.value }
            #expect(error?.isOutcomeUnknown == true)
            #expect(witness.applied == 0, "nothing changes in memory")
        }

        /// Every reading is stored once, and the ledger accounts for all that came in.
        func check(received: Int64, stored: Int64, duplicate: Int64) async throws {
            let rows = try await shop.stored("d1")
            #expect(rows.map { $0.values[0] } == [1, 2, 3])
            let ledger = LedgerStore(pool: shop.pool, logger: Logger(label: "test"))
            let device = try #require(shop.plant.snapshot.device(key: "d1"))
            let total = try await ledger.ledger(of: device, since: .earliestAccepted).total
            #expect(total.received == received && total.stored == stored && total.duplicate == duplicate, "\(total)")
            #expect(total.conflict == 0)
        }
    }

    private static func readings(_ shop: Workshop, _ seconds: ClosedRange<Int>) -> [TelemetryMessage] {
        seconds.map { shop.reading("d1", second: $0, "\"temperature\":\($0)") }
    }

    @Test func theNextBatchWaitsForACommitThatComesTrue() async throws {
        try await Installation.with { site, letGo in
            try await site.loseTheAnswer(Self.readings(site.shop, 1...2))
            // The broker delivers again, and one more.
            let again = Task { try await site.writer.write(Self.readings(site.shop, 1...3)) }
            await site.proxy.sent.wait { $0.contains(Self.look) }
            // It has looked and seen that the COMMIT is under way.
            try await letGo()
            let counts = try await again.value.map { fate -> [Int] in
                guard case .accepted(let counts) = fate else { return [] }
                return [counts.stored, counts.duplicate]
            }
            #expect(counts == [[0, 1], [0, 1], [1, 0]])
            try await site.check(received: 5, stored: 3, duplicate: 2)
            // The first two were evaluated in the transaction that came true, and are read from the database.
            #expect(site.witness.applied == 1 && site.witness.seen.map { $0.values[0] } == [3])
            #expect(site.witness.resets == 2)
        }
    }

    @Test func aCommitThatNobodyWaitsForAnyMoreIsEnded() async throws {
        try await Installation.with { site, letGo in
            try await site.loseTheAnswer(Self.readings(site.shop, 1...2))
            // It is never let go: its back end is ended, and what comes again is new.
            let fates = try await site.writer.write(Self.readings(site.shop, 1...3))
            #expect(fates.allSatisfy { if case .accepted(let counts) = $0 { counts.stored == 1 } else { false } })
            try await site.check(received: 3, stored: 3, duplicate: 0)
            try await letGo()
            try await site.check(received: 3, stored: 3, duplicate: 0)
        }
    }

    /// Whoever sent it over HTTP does not repeat it: what comes later must not pass it by.
    @Test func whatIsNotRepeatedIsThereBeforeWhatComesLater() async throws {
        try await Installation.with { site, letGo in
            try await site.loseTheAnswer(Self.readings(site.shop, 1...2))
            let later = Task { try await site.writer.write(Self.readings(site.shop, 3...3)) }
            await site.proxy.sent.wait { $0.contains(Self.look) }
            try await letGo()
            _ = try await later.value
            try await site.check(received: 3, stored: 3, duplicate: 0)
        }
    }
}
