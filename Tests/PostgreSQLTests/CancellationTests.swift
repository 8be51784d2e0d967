import PostgreSQL
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(3))) struct CancellationTests {
    @Test func cancellingTheTaskStopsTheQueryOnTheServer() async throws {
        try await withEmptyPool(size: 2) { pool in
            let task = Task { try await pool.execute(ProbeQueries.sleep(600)) }
            try await waitUntilRunning("pg_sleep", pool)
            task.cancel()
            let error = await #expect(throws: PostgresError.self) { try await task.value }
            #expect(error?.kind == .cancelled)
            let running = try await pool.first(ProbeQueries.running("pg_sleep"))
            #expect(running == 0)
        }
    }

    @Test func aCancelledTaskSendsNothing() async throws {
        try await withEmptyPool(size: 1) { pool in
            try await pool.execute(ProbeQueries.createTable)
            let task = Task {
                withUnsafeCurrentTask { $0?.cancel() }
                return try await pool.execute(ProbeQueries.insert(1))
            }
            let error = await #expect(throws: PostgresError.self) { try await task.value }
            #expect(error?.kind == .cancelled)
            let rows = try await pool.query(ProbeQueries.ids)
            #expect(rows == [])
        }
    }

    @Test func aCancelledTransactionIsRolledBackAndItsConnectionKept() async throws {
        try await withEmptyPool(size: 1) { pool in
            try await pool.execute(ProbeQueries.createTable)
            let before = try await pool.first(ProbeQueries.backend)
            let task = Task {
                try await pool.transaction { transaction in
                    try await transaction.execute(ProbeQueries.insert(1))
                    try await transaction.execute(ProbeQueries.sleep(600))
                }
            }
            try await TemporaryPostgreSQL.withPool(on: pool.configuration, size: 1) { observer in
                try await waitUntilRunning("pg_sleep", observer)
            }
            task.cancel()
            await #expect(throws: PostgresError.self) { try await task.value }
            let rows = try await pool.query(ProbeQueries.ids)
            #expect(rows == [])
            let after = try await pool.first(ProbeQueries.backend)
            #expect(after == before)
        }
    }

    @Test func commitIsNotCancelled() async throws {
        try await withEmptyPool(size: 1) { pool in
            try await pool.execute(ProbeQueries.createTable)
            let task = Task {
                try await pool.transaction { transaction in
                    try await transaction.execute(ProbeQueries.insert(1))
                    withUnsafeCurrentTask { $0?.cancel() }
                }
            }
            try await task.value
            let rows = try await pool.query(ProbeQueries.ids)
            #expect(rows == [1])
        }
    }

    @Test func aCancelledQueryLeavesOthersAlone() async throws {
        try await withEmptyPool(size: 4) { pool in
            let long = Task { try await pool.execute(ProbeQueries.sleep(600)) }
            try await waitUntilRunning("pg_sleep", pool)
            let other = Task { try await pool.execute(Statement("nap", "SELECT pg_sleep(0.05)")) }
            long.cancel()
            await #expect(throws: PostgresError.self) { try await long.value }
            let rows = try await other.value
            #expect(rows == 1)
        }
    }

    @Test func anAnswerThatDoesNotComeIsATimeout() async throws {
        try await withEmptyPool(size: 1, queryTimeout: .milliseconds(50)) { pool in
            let error = await #expect(throws: PostgresError.self) { try await pool.execute(ProbeQueries.sleep(600)) }
            #expect(error?.kind == .timeout)
            #expect(error?.isTransient == true)
            // On a machine that is busy enough, this too may need more than one attempt.
            var rows: [Int]?
            while rows == nil { rows = try? await pool.query(ProbeQueries.one) }
            #expect(rows == [1])
        }
    }
}
