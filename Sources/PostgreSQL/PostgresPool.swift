import Logging
import Synchronization

/// A bounded set of connections, opened when first needed, each on a thread of its own.
///
/// Broken ones are replaced.
///
/// There is no background work: nothing needs to be started, and ``shutdown()`` ends it.
public final class PostgresPool: PostgresSession {
    private typealias Grant = PoolGrant<PostgresConnection>
    private typealias Waiting = CheckedContinuation<Result<Grant, PostgresError>, Never>
    private typealias State = PoolState<PostgresConnection, Waiting>

    /// Where the connections go to.
    public let configuration: PostgresConfiguration
    private let state: Mutex<State>
    private let logger: Logger

    /// Makes a pool; no connection is opened yet.
    ///
    /// - Parameters:
    ///   - configuration: where the connections go to.
    ///   - size: the greatest number of connections.
    ///   - logger: told of replaced connections.
    public init(configuration: PostgresConfiguration, size: Int, logger: Logger) {
        self.configuration = configuration
        state = Mutex(State(size: size))
        self.logger = logger
    }

    /// Runs a statement and returns all its rows.
    public func query<Row>(_ statement: Statement<Row>) async throws(PostgresError) -> [Row] {
        let lease = try await acquire()
        defer { release(lease) }
        return try await lease.query(statement)
    }

    /// Runs a statement and returns its first row; nil when there is none.
    public func first<Row>(_ statement: Statement<Row>) async throws(PostgresError) -> Row? {
        let lease = try await acquire()
        defer { release(lease) }
        return try await lease.first(statement)
    }

    /// Runs a statement and returns the number of rows that it touched.
    @discardableResult
    public func execute<Row>(_ statement: Statement<Row>) async throws(PostgresError) -> Int {
        let lease = try await acquire()
        defer { release(lease) }
        return try await lease.execute(statement)
    }

    /// Runs a statement and hands its rows over in batches, in constant memory.
    public func stream<Row>(
        _ statement: Statement<Row>,
        batch: Int,
        isolation: isolated (any Actor)? = #isolation,
        _ body: ([Row]) async throws -> Void
    ) async throws {
        let lease = try await acquire()
        defer { release(lease) }
        try await lease.stream(statement, batch: batch, isolation: isolation, body)
    }

    /// Lends one connection to `body`.
    public func withConnection<Value>(
        isolation: isolated (any Actor)? = #isolation,
        _ body: (PooledConnection) async throws -> Value
    ) async throws -> Value {
        let lease = try await acquire()
        defer { release(lease) }
        return try await body(PooledConnection(lease: lease))
    }

    /// Runs `body` in a transaction: committed when it returns, rolled back when it throws.
    ///
    /// - Throws: what `body` throws, or a ``PostgresError``; when its `isOutcomeUnknown` is set, the COMMIT was sent and
    ///   its answer never came.
    public func transaction<Value>(
        isolationLevel: IsolationLevel = .readCommitted,
        readOnly: Bool = false,
        isolation: isolated (any Actor)? = #isolation,
        _ body: (Transaction) async throws -> Value
    ) async throws -> Value {
        let lease = try await acquire()
        defer { release(lease) }
        return try await lease.transaction(
            isolationLevel: isolationLevel,
            readOnly: readOnly,
            isolation: isolation,
            body
        )
    }

    /// Closes the pool: idle connections at once, those in use when they come back; waiting callers get an error.
    public func shutdown() async {
        let (idle, waiters) = state.withLock { $0.close() }
        for waiter in waiters { waiter.resume(returning: .failure(Self.closedError)) }
        for connection in idle { await connection.close() }
    }

    private static var closedError: PostgresError { PostgresError(.closed, "The connection pool is closed.") }
}

extension PostgresPool {
    private func acquire() async throws(PostgresError) -> Lease {
        var grant: Grant
        switch state.withLock({ $0.request() }) {
        case .grant(let immediate): grant = immediate
        case .wait: grant = try await waitForGrant().get()
        case .refuse: throw Self.closedError
        }
        if case .use(let connection) = grant {
            if connection.isQuiet { return Lease(connection) }
            logger.debug("replacing a database connection that ended while idle")
            await connection.close()
            grant = .open
        }
        let connection = PostgresConnection(configuration: configuration)
        do throws(PostgresError) {
            try await connection.connect()
        } catch {
            follow(state.withLock { $0.lose(nil) })
            throw error
        }
        return Lease(connection)
    }

    private func release(_ lease: Lease) {
        lease.end()
        let connection = lease.connection
        switch connection.condition.load(ordering: .acquiring) {
        case .idle: follow(state.withLock { $0.giveBack(connection) })
        case .inTransaction, .broken: follow(state.withLock { $0.lose(connection) })
        }
    }

    private func follow(_ consequence: State.Consequence) {
        if let (waiter, grant) = consequence.grant { waiter.resume(returning: .success(grant)) }
        // Closing may block for a moment: it happens on the connection's own thread.
        if let connection = consequence.close { Task { await connection.close() } }
    }

    private func waitForGrant() async -> Result<Grant, PostgresError> {
        let id = state.withLock { $0.nextWaiterID() }
        let timeout = configuration.acquireTimeout
        let timer = Task {
            try await Task.sleep(for: timeout)
            giveUp(id, PostgresError(.poolExhausted, "No database connection became free within \(timeout)."))
        }
        defer { timer.cancel() }
        return await withTaskCancellationHandler {
            await withCheckedContinuation { waiting in
                switch state.withLock({ $0.wait(waiting, id: id) }) {
                case .grant(let grant): waiting.resume(returning: .success(grant))
                case .refuse: waiting.resume(returning: .failure(Self.closedError))
                // A cancellation that came before the waiter was noted found nobody to wake.
                case .wait: if Task.isCancelled { giveUp(id, Self.cancelledError) }
                }
            }
        } onCancel: {
            giveUp(id, Self.cancelledError)
        }
    }

    private func giveUp(_ id: UInt64, _ error: PostgresError) {
        state.withLock { $0.withdraw(id) }?.resume(returning: .failure(error))
    }

    private static var cancelledError: PostgresError { PostgresError(.cancelled, "The task was cancelled.") }
}
