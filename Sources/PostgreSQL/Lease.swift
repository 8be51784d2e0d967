import Synchronization

/// The right to use one connection, until it is given back.
final class Lease: Sendable {
    let connection: PostgresConnection
    private let hasEnded = Atomic<Bool>(false)

    init(_ connection: PostgresConnection) {
        self.connection = connection
    }

    /// Takes the right away; whoever kept the transaction or connection beyond its scope gets an error.
    func end() {
        hasEnded.store(true, ordering: .releasing)
    }

    func check() throws(PostgresError) {
        if hasEnded.load(ordering: .acquiring) {
            throw PostgresError(.closed, "The transaction or connection was used after its end.")
        }
    }

    func query<Row>(_ statement: Statement<Row>) async throws(PostgresError) -> [Row] {
        try check()
        return try await connection.cancellable { connection, operation throws(PostgresError) in
            try connection.rows(statement, operation: operation)
        }
    }

    func first<Row>(_ statement: Statement<Row>) async throws(PostgresError) -> Row? {
        try check()
        return try await connection.cancellable { connection, operation throws(PostgresError) in
            try connection.rows(statement, operation: operation, atMost: 1).first
        }
    }

    func execute<Row>(_ statement: Statement<Row>) async throws(PostgresError) -> Int {
        try check()
        return try await connection.cancellable { connection, operation throws(PostgresError) in
            try connection.affectedRows(statement, operation: operation)
        }
    }

    func copyIn(table: String, columns: [String], rows: BinaryCopyEncoder) async throws(PostgresError) -> Int {
        try check()
        return try await connection.cancellable { connection, operation throws(PostgresError) in
            try connection.copyIn(table: table, columns: columns, rows: rows, operation: operation)
        }
    }

    func stream<Row>(
        _ statement: Statement<Row>,
        batch: Int,
        isolation: isolated (any Actor)?,
        _ body: ([Row]) async throws -> Void
    ) async throws {
        try check()
        try await connection.cancellable { connection, operation throws(PostgresError) in
            try connection.startStream(statement, operation: operation)
        }
        do {
            while true {
                let rows = try await connection.cancellable { connection, operation throws(PostgresError) in
                    try connection.nextBatch(statement, atMost: max(1, batch), operation: operation)
                }
                if rows.isEmpty { break }
                try await body(rows)
            }
        } catch {
            await connection.abandonStream()
            throw error
        }
    }
}

extension PostgresConnection {
    /// Runs `body` on the connection's thread; when the calling task is cancelled, the server is asked to stop.
    nonisolated func cancellable<Value: Sendable>(
        _ body: @Sendable (isolated PostgresConnection, UInt64) throws(PostgresError) -> Value
    ) async throws(PostgresError) -> Value {
        let operation = nextOperation()
        let result = await withTaskCancellationHandler {
            await self.outcome(operation, body)
        } onCancel: {
            signal.request(operation)
        }
        return try result.get()
    }

    private func outcome<Value: Sendable>(
        _ operation: UInt64,
        _ body: @Sendable (isolated PostgresConnection, UInt64) throws(PostgresError) -> Value
    ) -> Result<Value, PostgresError> {
        do throws(PostgresError) {
            return .success(try body(self, operation))
        } catch {
            return .failure(error)
        }
    }
}
