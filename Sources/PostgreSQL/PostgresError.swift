/// Why a call to PostgreSQL failed.
///
/// It carries cause and origin, never a bound value or a password.
public struct PostgresError: Error, Hashable, Sendable {
    /// What went wrong, as far as a caller needs to tell cases apart.
    public enum Kind: String, Hashable, Sendable {
        /// No connection could be made: no server there, or it does not take connections now.
        case unreachable
        /// The server refused the user or password.
        case refusedCredentials = "refused credentials"
        /// An established connection broke.
        case connectionLost = "connection lost"
        /// The server answered with an error; see ``PostgresError/sqlState``.
        case server
        /// A row does not have the shape that its decoder expects.
        case decoding
        /// The answer did not come within the configuration's `queryTimeout`; the connection was closed.
        case timeout
        /// No connection of the pool became free within the configuration's `acquireTimeout`.
        case poolExhausted = "no free connection"
        /// The pool, connection or transaction is closed already.
        case closed
        /// The calling task was cancelled.
        case cancelled
        /// The call itself is wrong, whatever the server says: a mistake in the program.
        case misuse
        /// The address of the database is malformed.
        case configuration
    }

    /// What went wrong.
    public let kind: Kind
    /// The server's code, when it sent one.
    public let sqlState: SQLState?
    /// One sentence; of the server's message only the primary part, without values.
    public let message: String
    /// The name of the statement that failed.
    public internal(set) var statement: String?
    /// The constraint that was violated.
    public let constraint: String?
    /// The table the error is about.
    public let table: String?
    /// Where the failing statement was declared, as `file:line`.
    public internal(set) var origin: String?
    /// Whether a COMMIT was sent whose answer never came: the transaction may or may not be in the database.
    public internal(set) var isOutcomeUnknown = false

    /// Makes an error.
    public init(
        _ kind: Kind,
        _ message: String,
        sqlState: SQLState? = nil,
        statement: String? = nil,
        constraint: String? = nil,
        table: String? = nil
    ) {
        self.kind = kind
        self.message = message
        self.sqlState = sqlState
        self.statement = statement
        self.constraint = constraint
        self.table = table
    }

    /// Whether the same call may succeed later without anyone changing anything.
    public var isTransient: Bool {
        switch kind {
        case .unreachable, .connectionLost, .timeout, .poolExhausted: true
        case .server: sqlState.map(Self.isTransient) ?? false
        case .refusedCredentials, .decoding, .closed, .cancelled, .misuse, .configuration: false
        }
    }

    /// Whether the connection to the server is what failed, not the statement.
    public var isConnectionFailure: Bool {
        switch kind {
        case .unreachable, .connectionLost, .timeout, .refusedCredentials: true
        case .server, .poolExhausted, .decoding, .closed, .cancelled, .misuse, .configuration: false
        }
    }

    private static func isTransient(_ state: SQLState) -> Bool {
        switch state.conditionClass {
        case "08", "40", "53": true
        case "57": state != .queryCanceled && state.rawValue != "57P04"
        default: state == .lockNotAvailable
        }
    }

    /// The same error, told apart as one about a statement.
    func about(_ statement: String, at origin: String?) -> PostgresError {
        var error = self
        error.statement = error.statement ?? statement
        error.origin = error.origin ?? origin
        return error
    }

    /// The same error, after which nobody knows whether the transaction was committed.
    func withUnknownOutcome() -> PostgresError {
        var error = self
        error.isOutcomeUnknown = true
        return error
    }
}

extension PostgresError: CustomStringConvertible {
    /// One line for logs.
    public var description: String {
        var text = "PostgreSQL: \(kind.rawValue)"
        if let sqlState { text += " \(sqlState)" }
        text += ": \(message)"
        if let constraint { text += " [constraint \(constraint)]" }
        if let statement { text += " [statement \(statement)]" }
        if let origin { text += " [\(origin)]" }
        if isOutcomeUnknown { text += " [outcome of COMMIT unknown]" }
        return text
    }
}
