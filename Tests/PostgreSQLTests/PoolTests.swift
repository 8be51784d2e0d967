import PostgreSQL
import TestSupport
import Testing

@Suite struct PoolTests {
    @Test func manyCallersShareFewConnections() async throws {
        try await withEmptyPool(size: 3) { pool in
            let backends = try await withThrowingTaskGroup(of: [Int32].self) { group in
                for _ in 0..<60 { group.addTask { try await pool.query(ProbeQueries.backend) } }
                return try await group.reduce(into: Set<Int32>()) { $0.formUnion($1) }
            }
            #expect((1...3).contains(backends.count))
        }
    }

    @Test func aCallerWhoWaitsTooLongIsToldSo() async throws {
        try await withEmptyPool(size: 1, acquireTimeout: .milliseconds(30)) { pool in
            try await pool.withConnection { _ in
                let error = await #expect(throws: PostgresError.self) { try await pool.query(ProbeQueries.one) }
                #expect(error?.kind == .poolExhausted)
                #expect(error?.isTransient == true)
            }
            let rows = try await pool.query(ProbeQueries.one)
            #expect(rows == [1])
        }
    }

    @Test func aCancelledCallerStopsWaiting() async throws {
        try await withEmptyPool(size: 1) { pool in
            try await pool.withConnection { _ in
                let task = Task { try await pool.query(ProbeQueries.one) }
                task.cancel()
                let result = await task.result
                #expect((result.failure as? PostgresError)?.kind == .cancelled)
            }
        }
    }

    @Test func aConnectionUsedAfterItsScopeIsRefused() async throws {
        try await withEmptyPool(size: 1) { pool in
            let kept = try await pool.withConnection { $0 }
            let error = await #expect(throws: PostgresError.self) { try await kept.query(ProbeQueries.one) }
            #expect(error?.kind == .closed)
            let transaction = try await pool.transaction { $0 }
            let late = await #expect(throws: PostgresError.self) { try await transaction.query(ProbeQueries.one) }
            #expect(late?.kind == .closed)
        }
    }

    @Test func aClosedPoolRefuses() async throws {
        try await withEmptyPool(size: 1) { pool in
            _ = try await pool.query(ProbeQueries.one)
            await pool.shutdown()
            let error = await #expect(throws: PostgresError.self) { try await pool.query(ProbeQueries.one) }
            #expect(error?.kind == .closed)
        }
    }

    @Test func aConnectionThatEndedWhileIdleIsReplacedUnnoticed() async throws {
        try await withEmptyPool(size: 1) { pool in
            let first = try #require(try await pool.first(ProbeQueries.backend))
            try await TemporaryPostgreSQL.withPool(on: pool.configuration, size: 1) { other in
                try await other.execute(ProbeQueries.terminate(first))
            }
            let second = try await pool.first(ProbeQueries.backend)
            #expect(second != nil && second != first)
        }
    }

    @Test func aConnectionThatBreaksInUseIsReplaced() async throws {
        try await withEmptyPool(size: 2) { pool in
            let observer = pool.configuration
            try await TemporaryPostgreSQL.withPool(on: observer, size: 1) { other in
                let error = await #expect(throws: PostgresError.self) {
                    try await pool.withConnection { connection in
                        let backend = try #require(try await connection.first(ProbeQueries.backend))
                        try await other.execute(ProbeQueries.terminate(backend))
                        _ = try await connection.query(ProbeQueries.one)
                    }
                }
                #expect(error?.kind == .connectionLost)
                #expect(error?.sqlState == .adminShutdown)
                #expect(error?.isTransient == true)
                #expect(error?.isOutcomeUnknown == false)
            }
            let rows = try await pool.query(ProbeQueries.one)
            #expect(rows == [1])
        }
    }

    @Test func aConnectionLeftInsideATransactionIsNotReused() async throws {
        try await withEmptyPool(size: 1) { pool in
            let first = try await pool.withConnection { connection in
                try await connection.execute(Statement(unprepared: "begin", "BEGIN"))
                return try await connection.first(ProbeQueries.backend)
            }
            let second = try await pool.first(ProbeQueries.backend)
            #expect(second != nil && second != first)
        }
    }

    @Test func settingsAreInForceOnEveryConnection() async throws {
        let settings = ["synchronous_commit": "on", "statement_timeout": "1234", "search_path": "\"a b\", public"]
        try await withEmptyPool(size: 1, settings: settings) { pool in
            let statement = Statement(
                "settings",
                """
                SELECT current_setting('statement_timeout'), current_setting('search_path'),
                    current_setting('application_name')
                """
            ) { row in [try row.string(0), try row.string(1), try row.string(2)] }
            let values = try await pool.first(statement)
            #expect(values == ["1234ms", "\"a b\", public", "plantwright"])
        }
    }

    @Test func aNameStandsForOneText() async throws {
        try await withEmptyPool(size: 1) { pool in
            try await pool.execute(Statement("same", "SELECT 1"))
            let text = await #expect(throws: PostgresError.self) {
                try await pool.execute(Statement("same", "SELECT 2"))
            }
            #expect(text?.kind == .misuse)
            try await pool.execute(Statement("typed", "SELECT \(1)"))
            let types = await #expect(throws: PostgresError.self) {
                try await pool.execute(Statement("typed", "SELECT \("x")"))
            }
            #expect(types?.kind == .misuse)
            let long = await #expect(throws: PostgresError.self) {
                try await pool.execute(Statement(String(repeating: "x", count: 64), "SELECT 1"))
            }
            #expect(long?.kind == .misuse)
        }
    }

    @Test func serverErrorsCarryCodeConstraintAndPlaceButNoValues() async throws {
        try await withEmptyPool(size: 1) { pool in
            try await pool.execute(ProbeQueries.createTable)
            try await pool.execute(ProbeQueries.insert(77_777))
            let error = await #expect(throws: PostgresError.self) {
                try await pool.execute(ProbeQueries.insert(77_777))
            }
            #expect(error?.kind == .server)
            #expect(error?.sqlState == .uniqueViolation)
            #expect(error?.constraint == "probe_pkey")
            #expect(error?.table == "probe")
            #expect(error?.statement == "probe.insert")
            #expect(!"\(String(describing: error))".contains("77777"))
            let malformed = await #expect(throws: PostgresError.self) {
                try await pool.execute(Statement("cast", "SELECT \("hunter2")::integer"))
            }
            #expect(malformed?.sqlState == .invalidTextRepresentation)
            #expect(malformed?.message == "invalid input syntax for type integer")
        }
    }

    @Test func executeCountsRows() async throws {
        try await withEmptyPool(size: 1) { pool in
            try await pool.execute(ProbeQueries.createTable)
            let inserted = try await pool.execute(
                Statement("many", "INSERT INTO probe (id) SELECT generate_series(1, \(Int32(5)))")
            )
            #expect(inserted == 5)
            let first = try await pool.first(ProbeQueries.ids)
            #expect(first == 1)
            let deleted = try await pool.execute(Statement("delete", "DELETE FROM probe WHERE id > 3"))
            #expect(deleted == 2)
            let rows = try await pool.query(ProbeQueries.ids)
            #expect(rows == [1, 2, 3])
        }
    }
}

extension Result {
    fileprivate var failure: Failure? {
        if case .failure(let error) = self { error } else { nil }
    }
}
