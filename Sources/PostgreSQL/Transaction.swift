/// How much a transaction sees of what others commit meanwhile (PostgreSQL manual, section 13.2).
public enum IsolationLevel: String, Sendable {
    /// Each statement sees what is committed when it starts.
    case readCommitted = "READ COMMITTED"
    /// All statements see what was committed when the first one started.
    case repeatableRead = "REPEATABLE READ"
    /// As if transactions ran one after the other; may fail with ``SQLState/serializationFailure``.
    case serializable = "SERIALIZABLE"
}

/// An open transaction, valid inside the closure it is handed to.
public struct Transaction: PostgresSession {
    let lease: Lease

    /// Runs a statement and returns all its rows.
    public func query<Row>(_ statement: Statement<Row>) async throws(PostgresError) -> [Row] {
        try await lease.query(statement)
    }

    /// Runs a statement and returns its first row; nil when there is none.
    public func first<Row>(_ statement: Statement<Row>) async throws(PostgresError) -> Row? {
        try await lease.first(statement)
    }

    /// Runs a statement and returns the number of rows that it touched.
    @discardableResult
    public func execute<Row>(_ statement: Statement<Row>) async throws(PostgresError) -> Int {
        try await lease.execute(statement)
    }

    /// Runs a statement and hands its rows over in batches, in constant memory.
    public func stream<Row>(
        _ statement: Statement<Row>,
        batch: Int,
        isolation: isolated (any Actor)? = #isolation,
        _ body: ([Row]) async throws -> Void
    ) async throws {
        try await lease.stream(statement, batch: batch, isolation: isolation, body)
    }

    /// Writes rows with binary COPY.
    ///
    /// - Parameters:
    ///   - table: the table's name; a schema may stand before it, as in `pg_temp.stage`.
    ///   - columns: the columns in the order of the encoded values.
    ///   - rows: the encoded rows.
    /// - Returns: the number of rows written.
    /// - Throws: the server's error; nothing of the rows is written then.
    @discardableResult
    public func copyIn(
        table: String,
        columns: [String],
        rows: BinaryCopyEncoder
    ) async throws(PostgresError) -> Int {
        try await lease.copyIn(table: table, columns: columns, rows: rows)
    }
}

/// One connection of a pool, for what must stay on the same one outside a transaction; valid inside the closure it is
/// handed to.
///
/// Whoever changes session state (settings, temporary tables, session locks) undoes it before leaving.
public struct PooledConnection: PostgresSession {
    let lease: Lease

    /// Runs a statement and returns all its rows.
    public func query<Row>(_ statement: Statement<Row>) async throws(PostgresError) -> [Row] {
        try await lease.query(statement)
    }

    /// Runs a statement and returns its first row; nil when there is none.
    public func first<Row>(_ statement: Statement<Row>) async throws(PostgresError) -> Row? {
        try await lease.first(statement)
    }

    /// Runs a statement and returns the number of rows that it touched.
    @discardableResult
    public func execute<Row>(_ statement: Statement<Row>) async throws(PostgresError) -> Int {
        try await lease.execute(statement)
    }

    /// Runs a statement and hands its rows over in batches, in constant memory.
    public func stream<Row>(
        _ statement: Statement<Row>,
        batch: Int,
        isolation: isolated (any Actor)? = #isolation,
        _ body: ([Row]) async throws -> Void
    ) async throws {
        try await lease.stream(statement, batch: batch, isolation: isolation, body)
    }

    /// Runs `body` in a transaction on this connection; see ``PostgresPool/transaction(isolationLevel:readOnly:isolation:_:)``.
    public func transaction<Value>(
        isolationLevel: IsolationLevel = .readCommitted,
        readOnly: Bool = false,
        isolation: isolated (any Actor)? = #isolation,
        _ body: (Transaction) async throws -> Value
    ) async throws -> Value {
        try await lease.transaction(
            isolationLevel: isolationLevel,
            readOnly: readOnly,
            isolation: isolation,
            body
        )
    }

    /// How the server understands a statement, without running it: for tests that compare with what the program
    /// expects.
    ///
    /// The name stays taken on this connection.
    public func describe(
        _ statement: AnyStatement
    ) async throws(PostgresError) -> (parameters: [PostgresType], columns: [PostgresType]) {
        try lease.check()
        return try await lease.connection.describe(statement.name, statement.text, statement.parameterTypes)
    }

    /// Runs a script of any number of statements, as it is; for migrations and tests.
    public func runScript(_ script: String) async throws(PostgresError) {
        try lease.check()
        try await lease.connection.script(script, name: "script")
    }
}

extension Lease {
    /// Runs `body` between BEGIN and COMMIT; rolls back when it throws.
    func transaction<Value>(
        isolationLevel: IsolationLevel,
        readOnly: Bool,
        isolation: isolated (any Actor)?,
        _ body: (Transaction) async throws -> Value
    ) async throws -> Value {
        let begin = "BEGIN ISOLATION LEVEL \(isolationLevel.rawValue)\(readOnly ? " READ ONLY" : "")"
        try check()
        try await connection.script(begin, name: "begin")
        let lease = Lease(connection)
        defer { lease.end() }
        let value: Value
        do {
            value = try await body(Transaction(lease: lease))
        } catch {
            await connection.rollBack()
            throw error
        }
        try await connection.commit()
        return value
    }
}

extension PostgresConnection {

    /// Ends the transaction.
    ///
    /// A task's cancellation does not stop it: it either happens or fails.
    fileprivate func commit() throws(PostgresError) {
        do throws(PostgresError) {
            let tag = try script("COMMIT", name: "commit")
            guard tag == "COMMIT" else {
                throw PostgresError(
                    .server,
                    "The transaction was rolled back, since one of its statements had failed.",
                    sqlState: .inFailedTransaction,
                    statement: "commit"
                )
            }
        } catch {
            throw error.isConnectionFailure ? error.withUnknownOutcome() : error
        }
    }

    fileprivate func rollBack() {
        if isStreaming { abandonStream() }
        // When this fails the connection is closed, and the server rolls back.
        do throws(PostgresError) { try script("ROLLBACK", name: "rollback") } catch { close() }
    }
}
