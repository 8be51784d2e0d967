import PostgreSQL
import TestSupport
import Testing

@Suite struct TransactionTests {
    private struct Refusal: Error {}

    private func withTable(_ body: (PostgresPool) async throws -> Void) async throws {
        try await withEmptyPool(size: 3) { pool in
            try await pool.execute(ProbeQueries.createTable)
            try await body(pool)
        }
    }

    @Test func commitsWhenTheBodyReturns() async throws {
        try await withTable { pool in
            let value = try await pool.transaction { transaction in
                try await transaction.execute(ProbeQueries.insert(1))
                let outside = try await pool.query(ProbeQueries.ids)
                #expect(outside == [])
                return 5
            }
            let rows = try await pool.query(ProbeQueries.ids)
            #expect(value == 5)
            #expect(rows == [1])
        }
    }

    @Test func aPartFailsAloneAndMayBeNested() async throws {
        try await withTable { pool in
            try await pool.transaction { transaction in
                try await transaction.execute(ProbeQueries.insert(1))
                await #expect(throws: Refusal.self) {
                    try await transaction.atomically { part in
                        try await part.execute(ProbeQueries.insert(2))
                        try await part.atomically { inner in _ = try await inner.execute(ProbeQueries.insert(3)) }
                        throw Refusal()
                    }
                }
                // Also when it is the server that refuses, which fails a transaction as a whole.
                await #expect(throws: PostgresError.self) {
                    try await transaction.atomically { part in _ = try await part.execute(ProbeQueries.insert(1)) }
                }
                try await transaction.atomically { part in
                    try await part.execute(ProbeQueries.insert(4))
                    await #expect(throws: Refusal.self) {
                        try await part.atomically { inner in
                            try await inner.execute(ProbeQueries.insert(5))
                            throw Refusal()
                        }
                    }
                }
            }
            let rows = try await pool.query(ProbeQueries.ids)
            #expect(rows.sorted() == [1, 4])
        }
    }

    @Test func rollsBackWhenTheBodyThrows() async throws {
        try await withTable { pool in
            await #expect(throws: Refusal.self) {
                try await pool.transaction { transaction in
                    try await transaction.execute(ProbeQueries.insert(1))
                    throw Refusal()
                }
            }
            let rows = try await pool.query(ProbeQueries.ids)
            #expect(rows == [])
        }
    }

    @Test func aSwallowedErrorDoesNotLookLikeACommit() async throws {
        try await withTable { pool in
            let error = await #expect(throws: PostgresError.self) {
                try await pool.transaction { transaction in
                    try await transaction.execute(ProbeQueries.insert(1))
                    _ = try? await transaction.execute(ProbeQueries.insert(1))
                }
            }
            #expect(error?.sqlState == .inFailedTransaction)
            #expect(error?.isOutcomeUnknown == false)
            let rows = try await pool.query(ProbeQueries.ids)
            #expect(rows == [])
        }
    }

    @Test func aCommitThatTheServerRefusesIsNoUnknownOutcome() async throws {
        try await withTable { pool in
            let error = await #expect(throws: PostgresError.self) {
                try await pool.transaction { transaction in
                    try await transaction.execute(ProbeQueries.insert(1, "same"))
                    try await transaction.execute(ProbeQueries.insert(2, "same"))
                }
            }
            #expect(error?.sqlState == .uniqueViolation)
            #expect(error?.isOutcomeUnknown == false)
            let rows = try await pool.query(ProbeQueries.ids)
            #expect(rows == [])
        }
    }

    @Test func aConnectionLostBeforeCommitIsNoUnknownOutcome() async throws {
        try await withTable { pool in
            let error = await #expect(throws: PostgresError.self) {
                try await pool.transaction { transaction in
                    try await transaction.execute(ProbeQueries.insert(1))
                    let backend = try #require(try await transaction.first(ProbeQueries.backend))
                    try await pool.execute(ProbeQueries.terminate(backend))
                    _ = try? await transaction.query(ProbeQueries.one)
                }
            }
            #expect(error?.kind == .closed)
            #expect(error?.isOutcomeUnknown == false)
        }
    }

    /// A trigger that runs at COMMIT kills its own connection: the server never answers.
    @Test func aCommitWithoutAnAnswerIsAnUnknownOutcome() async throws {
        try await withTable { pool in
            try await pool.withConnection { connection in
                try await connection.runScript(
                    """
                    CREATE FUNCTION die() RETURNS trigger LANGUAGE plpgsql AS $$
                    BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); PERFORM pg_sleep(10); RETURN NULL; END $$;
                    CREATE CONSTRAINT TRIGGER die AFTER INSERT ON probe DEFERRABLE INITIALLY DEFERRED
                    FOR EACH ROW EXECUTE FUNCTION die();
                    """
                )
            }
            let error = await #expect(throws: PostgresError.self) {
                try await pool.transaction { try await $0.execute(ProbeQueries.insert(1)) }
            }
            #expect(error?.kind == .connectionLost)
            #expect(error?.isOutcomeUnknown == true)
        }
    }

    @Test func repeatableReadSeesOneSnapshot() async throws {
        try await withTable { pool in
            try await pool.transaction(isolationLevel: .repeatableRead, readOnly: true) { transaction in
                _ = try await transaction.query(ProbeQueries.ids)
                try await pool.execute(ProbeQueries.insert(1))
                let seen = try await transaction.query(ProbeQueries.ids)
                #expect(seen == [])
            }
            let error = await #expect(throws: PostgresError.self) {
                try await pool.transaction(readOnly: true) { try await $0.execute(ProbeQueries.insert(2)) }
            }
            #expect(error?.sqlState?.rawValue == "25006")
        }
    }

    @Test func serializationFailuresAreTold() async throws {
        try await withTable { pool in
            try await pool.execute(ProbeQueries.insert(1))
            let count = Statement("count", "SELECT count(*) FROM probe") { row in try row.int(0) }
            let error = await #expect(throws: PostgresError.self) {
                try await pool.transaction(isolationLevel: .serializable) { first in
                    _ = try await first.query(count)
                    try await pool.transaction(isolationLevel: .serializable) { second in
                        _ = try await second.query(count)
                        try await second.execute(ProbeQueries.insert(2))
                    }
                    try await first.execute(ProbeQueries.insert(3))
                }
            }
            #expect(error?.sqlState == .serializationFailure)
            #expect(error?.isTransient == true)
        }
    }

    /// The caller's own state can be used in the closure: it runs where the caller runs.
    private actor Tally {
        private var total = 0

        func add(_ pool: PostgresPool) async throws -> Int {
            try await pool.transaction { transaction in
                total += try await transaction.first(ProbeQueries.one) ?? 0
            }
            return total
        }
    }

    @Test func actorsMayTouchTheirStateInTheClosure() async throws {
        try await withEmptyPool(size: 1) { pool in
            let tally = Tally()
            _ = try await tally.add(pool)
            let total = try await tally.add(pool)
            #expect(total == 2)
        }
    }
}
