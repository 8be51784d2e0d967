/// Where statements can be run: the pool (each on any free connection), one connection, or a transaction.
///
/// Functions that only run statements take `any PostgresSession`.
public protocol PostgresSession: Sendable {
    /// Runs a statement and returns all its rows.
    func query<Row>(_ statement: Statement<Row>) async throws(PostgresError) -> [Row]

    /// Runs a statement and returns its first row; nil when there is none.
    func first<Row>(_ statement: Statement<Row>) async throws(PostgresError) -> Row?

    /// Runs a statement for its effect.
    ///
    /// - Returns: the number of rows that it inserted, updated, deleted or selected.
    @discardableResult
    func execute<Row>(_ statement: Statement<Row>) async throws(PostgresError) -> Int

    /// Runs a statement and hands its rows over in batches, in constant memory; the server waits while `body` works.
    /// The connection can run nothing else until this returns.
    func stream<Row>(
        _ statement: Statement<Row>,
        batch: Int,
        isolation: isolated (any Actor)?,
        _ body: ([Row]) async throws -> Void
    ) async throws
}

extension PostgresSession {
    /// Runs a statement and hands its rows over in batches of 1,000, in constant memory.
    public func stream<Row>(
        _ statement: Statement<Row>,
        isolation: isolated (any Actor)? = #isolation,
        _ body: ([Row]) async throws -> Void
    ) async throws {
        try await stream(statement, batch: 1_000, isolation: isolation, body)
    }
}
