/// Where several statements can succeed or fail as one: the pool, or an open transaction, in which they do so apart from
/// what was done before.
///
/// Stores that write take `any PostgresDatabase`; over an open transaction everything that they write stays undone until
/// that one commits.
public protocol PostgresDatabase: PostgresSession {
    /// Runs `body` as one: everything it does stays when it returns, nothing does when it throws.
    ///
    /// - Throws: what `body` throws, or a ``PostgresError``.
    func atomically<Value>(
        isolation: isolated (any Actor)?,
        _ body: (Transaction) async throws -> Value
    ) async throws -> Value
}

extension PostgresDatabase {
    /// Runs `body` as one, on the caller's actor.
    public func atomically<Value>(
        isolation: isolated (any Actor)? = #isolation,
        body: (Transaction) async throws -> Value
    ) async throws -> Value {
        try await atomically(isolation: isolation, body)
    }
}

extension PostgresPool: PostgresDatabase {
    /// Runs `body` in a transaction; see ``transaction(isolationLevel:readOnly:isolation:_:)``.
    public func atomically<Value>(
        isolation: isolated (any Actor)?,
        _ body: (Transaction) async throws -> Value
    ) async throws -> Value {
        try await transaction(isolation: isolation, body)
    }
}

extension Transaction: PostgresDatabase {
    /// Runs `body` behind a savepoint, to which it goes back when `body` throws; may be nested.
    public func atomically<Value>(
        isolation: isolated (any Actor)?,
        _ body: (Transaction) async throws -> Value
    ) async throws -> Value {
        try lease.check()
        // A later savepoint hides an earlier one of the same name, and RELEASE shows it again.
        try await lease.connection.script("SAVEPOINT part", name: "savepoint")
        let value: Value
        do {
            value = try await body(self)
        } catch {
            // When this fails the whole transaction has failed, and its next statement or COMMIT says so.
            _ = try? await lease.connection.script(
                "ROLLBACK TO SAVEPOINT part; RELEASE SAVEPOINT part",
                name: "rollback-savepoint"
            )
            throw error
        }
        try await lease.connection.script("RELEASE SAVEPOINT part", name: "release-savepoint")
        return value
    }
}
