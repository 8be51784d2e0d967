import Foundation
import Logging
import PostgreSQL
import Primitives
import TestSupport
import Testing

@testable import Telemetry

/// Two processes on one database, as far as the lease is concerned.
@Suite struct IngestLeaseTests {
    private static func lease(
        _ pool: PostgresPool,
        term: Duration = .seconds(10),
        _ changes: AsyncStream<IngestLease.Standing>.Continuation? = nil
    ) -> IngestLease {
        var timing = IngestLease.Timing()
        timing.term = term
        timing.renewal = .milliseconds(20)
        timing.poll = .milliseconds(10)
        return IngestLease(
            pool: pool,
            holder: UUID(),
            timing: timing,
            logger: Logger(label: "test")
        ) { changes?.yield($0) }
    }

    private static func pool(_ database: PostgresConfiguration) -> PostgresPool {
        PostgresPool(configuration: database, size: 3, logger: Logger(label: "test"))
    }

    @Test func onlyOneHoldsItAndTheNextGetsAHigherEpoch() async throws {
        let database = try await TemporaryPostgreSQL.shared().migratedDatabase()
        let (one, two) = (Self.pool(database), Self.pool(database))
        let (changes, continuation) = AsyncStream.makeStream(of: IngestLease.Standing.self)
        var standings = changes.makeAsyncIterator()
        let first = Self.lease(one)
        let second = Self.lease(two, continuation)
        let (firstHeld, firstHolds) = AsyncStream.makeStream(of: Int64.self)
        var epochs = firstHeld.makeAsyncIterator()
        let holding = Task {
            try await first.run { epoch in
                firstHolds.yield(epoch)
                try await Task.sleep(for: .seconds(600))
            }
        }
        #expect(await epochs.next() == 1)
        let waiting = Task { try await second.run { _ in } }
        #expect(await standings.next() == .standby)
        #expect(throws: NotIngesting.self) { try second.epoch() }
        #expect(try first.epoch() == 1)
        // The first process ends: its connections go, and nobody waits for the term.
        holding.cancel()
        _ = try? await holding.value
        await one.shutdown()
        #expect(await standings.next() == .held(epoch: 2))
        try await waiting.value
        await two.shutdown()
    }

    @Test func aProcessThatHangsLosesItAndIsFenced() async throws {
        let database = try await TemporaryPostgreSQL.shared().migratedDatabase()
        let (one, two) = (Self.pool(database), Self.pool(database))
        let first = Self.lease(one)
        let second = Self.lease(two)
        let (held, holds) = AsyncStream.makeStream(of: Int64.self)
        var epochs = held.makeAsyncIterator()
        // It takes the lease for no time at all and then does not renew it, as if it were stopped.
        let hung = try await one.first(LeaseQueries.take(UUID(), epoch: nil, seconds: 0))
        #expect(hung == 1)
        let taking = Task {
            try await second.run { epoch in
                holds.yield(epoch)
                try await Task.sleep(for: .seconds(600))
            }
        }
        #expect(await epochs.next() == 2)
        // What it writes when it wakes up is refused.
        let line = LedgerBatch([:], at: Timestamp(milliseconds: 0))
        #expect(try await one.execute(LedgerQueries.add(line, epoch: 1, configuration: nil)) == 0)
        #expect(try await two.execute(LedgerQueries.add(line, epoch: 2, configuration: nil)) == 1)
        _ = first
        taking.cancel()
        _ = try? await taking.value
        await one.shutdown()
        await two.shutdown()
    }

    @Test func theHolderIsToldWhenItIsTakenFromIt() async throws {
        let database = try await TemporaryPostgreSQL.shared().migratedDatabase()
        let pool = Self.pool(database)
        let (changes, continuation) = AsyncStream.makeStream(of: IngestLease.Standing.self)
        var standings = changes.makeAsyncIterator()
        let lease = Self.lease(pool, continuation)
        let (ends, end) = AsyncStream.makeStream(of: Void.self)
        var cancellations = ends.makeAsyncIterator()
        let running = Task {
            try await lease.run { _ in
                await withTaskCancellationHandler {
                    try? await Task.sleep(for: .seconds(600))
                } onCancel: {
                    end.yield()
                }
            }
        }
        #expect(await standings.next() == .held(epoch: 1))
        try await pool.withConnection { connection in
            try await connection.runScript(
                "UPDATE ingest_lease SET epoch = epoch + 1, holder = gen_random_uuid(), expires_at = 'infinity'"
            )
        }
        #expect(await standings.next() == .standby)
        #expect(await cancellations.next() != nil)
        running.cancel()
        _ = try? await running.value
        await pool.shutdown()
    }
}
