/// A five-character SQLSTATE code (PostgreSQL manual, appendix A).
///
/// It matches errors directly:
/// ```swift
/// do { … } catch SQLState.uniqueViolation { … }
/// ```
public struct SQLState: RawRepresentable, Hashable, Sendable, CustomStringConvertible {
    /// The five characters.
    public let rawValue: String

    /// Wraps a code.
    public init(rawValue: String) {
        self.rawValue = rawValue
    }

    /// The first two characters: the class of the condition.
    public var conditionClass: Substring { rawValue.prefix(2) }

    /// One line for logs.
    public var description: String { rawValue }

    /// Whether an error is a ``PostgresError`` with this code; lets `catch` clauses name codes.
    public static func ~= (code: SQLState, error: any Error) -> Bool {
        (error as? PostgresError)?.sqlState == code
    }
}

extension SQLState {
    /// 22P02: a text is not a value of the wanted type.
    public static let invalidTextRepresentation = SQLState(rawValue: "22P02")
    /// 23001: a referenced row may not go.
    public static let restrictViolation = SQLState(rawValue: "23001")
    /// 23502: a NULL where none is allowed.
    public static let notNullViolation = SQLState(rawValue: "23502")
    /// 23503: a reference to a row that is not there, or a referenced row may not go.
    public static let foreignKeyViolation = SQLState(rawValue: "23503")
    /// 23505: a duplicate in a unique index.
    public static let uniqueViolation = SQLState(rawValue: "23505")
    /// 23514: a row does not satisfy a CHECK constraint, or no partition takes it.
    public static let checkViolation = SQLState(rawValue: "23514")
    /// 25P02: the transaction has failed already.
    public static let inFailedTransaction = SQLState(rawValue: "25P02")
    /// 28000: this role may not sign in this way.
    public static let invalidAuthorization = SQLState(rawValue: "28000")
    /// 28P01: wrong password.
    public static let invalidPassword = SQLState(rawValue: "28P01")
    /// 3D000: no such database.
    public static let undefinedDatabase = SQLState(rawValue: "3D000")
    /// 40001: a serializable or repeatable-read transaction must be tried again.
    public static let serializationFailure = SQLState(rawValue: "40001")
    /// 40P01: chosen as the victim of a deadlock.
    public static let deadlockDetected = SQLState(rawValue: "40P01")
    /// 42501: the role lacks a privilege.
    public static let insufficientPrivilege = SQLState(rawValue: "42501")
    /// 42601: the SQL text is not well-formed.
    public static let syntaxError = SQLState(rawValue: "42601")
    /// 42703: no such column.
    public static let undefinedColumn = SQLState(rawValue: "42703")
    /// 42P01: no such table.
    public static let undefinedTable = SQLState(rawValue: "42P01")
    /// 42P07: the table is there already.
    public static let duplicateTable = SQLState(rawValue: "42P07")
    /// 53100: the disk is full.
    public static let diskFull = SQLState(rawValue: "53100")
    /// 53300: the server takes no more connections.
    public static let tooManyConnections = SQLState(rawValue: "53300")
    /// 55P03: a lock was not to be had at once or in time.
    public static let lockNotAvailable = SQLState(rawValue: "55P03")
    /// 57014: cancelled by request or by `statement_timeout`.
    public static let queryCanceled = SQLState(rawValue: "57014")
    /// 57P01: the server shuts down or an administrator ended the connection.
    public static let adminShutdown = SQLState(rawValue: "57P01")
    /// 57P02: another server process crashed.
    public static let crashShutdown = SQLState(rawValue: "57P02")
    /// 57P03: the server starts, stops or recovers.
    public static let cannotConnectNow = SQLState(rawValue: "57P03")
}
