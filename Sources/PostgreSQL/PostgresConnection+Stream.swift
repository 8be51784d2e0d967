import CPostgreSQL

extension PostgresConnection {
    /// Sends a statement whose rows are then fetched with ``nextBatch(_:atMost:operation:)``.
    func startStream<Row>(_ statement: Statement<Row>, operation: UInt64?) throws(PostgresError) {
        try perform(statement.name, statement.origin, operation) { context throws(PostgresError) in
            try send(statement, context)
            guard PQsetSingleRowMode(handle.raw) == 1 else {
                throw PostgresError(.misuse, "The answer cannot be streamed.")
            }
        }
        isStreaming = true
        noteCondition()
    }

    /// The next rows of the stream; none at its end.
    func nextBatch<Row>(
        _ statement: Statement<Row>,
        atMost limit: Int,
        operation: UInt64?
    ) throws(PostgresError) -> [Row] {
        guard isStreaming else { return [] }
        // Lets `perform` through; set again unless the stream has ended.
        isStreaming = false
        var hasEnded = false
        defer {
            isStreaming = !hasEnded && handle.isOpen
            noteCondition()
        }
        return try perform(statement.name, statement.origin, operation) { context throws(PostgresError) in
            var rows: [Row] = []
            rows.reserveCapacity(limit)
            while rows.count < limit {
                guard let result = try nextResult(context) else {
                    hasEnded = true
                    break
                }
                switch result.status {
                case PGRES_SINGLE_TUPLE: rows.append(try statement.decode(ResultRow(result: result.raw, row: 0)))
                case PGRES_TUPLES_OK, PGRES_COMMAND_OK: break
                default: throw serverError(of: result.raw, context)
                }
            }
            return rows
        }
    }

    /// Ends a stream before its last row.
    func abandonStream() {
        guard isStreaming else { return }
        isStreaming = false
        defer { noteCondition() }
        handle.cancel()
        do throws(PostgresError) {
            let context = OperationContext(operation: nil, deadline: Deadline(after: .seconds(5)))
            while try nextResult(context) != nil {}
        } catch {
            close()
        }
    }
}
