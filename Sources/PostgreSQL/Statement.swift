/// One named statement with its bound values and the decoder of its rows.
///
/// A statement is prepared once per connection under its name, so a name stands for exactly one text.
public struct Statement<Row: Sendable>: Sendable {
    /// Unique in the whole program, such as `assets.device.find`; at most 63 bytes of UTF-8.
    public let name: String
    /// The text with its bound values.
    public let sql: SQL
    /// Whether it is prepared; false for DDL, whose text varies.
    let isPrepared: Bool
    /// Where it was declared, for errors.
    var origin: String { "\(file):\(line)" }

    private let file: StaticString
    private let line: UInt
    private let read: @Sendable (ResultRow) throws -> Row

    /// Makes a statement whose rows are decoded by a closure.
    ///
    /// The closure runs on the connection's thread, once per row: keep it free of side effects.
    public init(
        _ name: String,
        _ sql: SQL,
        file: StaticString = #fileID,
        line: UInt = #line,
        row: @escaping @Sendable (ResultRow) throws -> Row
    ) {
        self.name = name
        self.sql = sql
        isPrepared = true
        self.file = file
        self.line = line
        read = row
    }

    /// Decodes one row.
    ///
    /// What a decoder throws beside a ``PostgresError`` is one of kind `decoding`.
    func decode(_ row: ResultRow) throws(PostgresError) -> Row {
        do {
            return try read(row)
        } catch let error as PostgresError {
            throw error
        } catch {
            throw PostgresError(.decoding, "The row could not be decoded: \(error)")
        }
    }
}

extension Statement where Row == Void {
    /// Makes a statement without interesting rows.
    public init(_ name: String, _ sql: SQL, file: StaticString = #fileID, line: UInt = #line) {
        self.init(name: name, sql: sql, isPrepared: true, file: file, line: line)
    }

    /// Makes a statement that is sent as it is each time: DDL, whose identifiers and literals are part of its text.
    public init(unprepared name: String, _ sql: SQL, file: StaticString = #fileID, line: UInt = #line) {
        self.init(name: name, sql: sql, isPrepared: false, file: file, line: line)
    }

    private init(name: String, sql: SQL, isPrepared: Bool, file: StaticString, line: UInt) {
        self.name = name
        self.sql = sql
        self.isPrepared = isPrepared
        self.file = file
        self.line = line
        read = { _ in }
    }
}

/// A statement without the type of its rows: what a test needs to check it against the schema.
///
/// Every `…Queries` type lists its statements in `static let all: [AnyStatement]`, made with arbitrary values.
public struct AnyStatement: Sendable {
    /// The statement's name.
    public let name: String
    /// The text that is sent to the server.
    public let text: String
    /// The types of `$1`, `$2`, … as told to the server.
    public let parameterTypes: [PostgresType]
    /// Where the statement was declared, as `file:line`.
    public let origin: String
    /// Whether the statement can be prepared; DDL cannot.
    public let isPrepared: Bool
    private let read: @Sendable ([PostgresType]) -> [String]

    /// Forgets the type of a statement's rows.
    public init<Row>(_ statement: Statement<Row>) {
        name = statement.name
        text = statement.sql.text
        parameterTypes = statement.sql.parameterTypes
        origin = statement.origin
        isPrepared = statement.isPrepared
        read = { columns in RowProbe.mismatches(of: statement, reading: columns) }
    }

    /// What is wrong when the statement's decoder reads rows with these column types: columns that are not there and
    /// columns of another type.
    ///
    /// The decoder is run on a row of zeros and empty texts, so a branch that such a row does not take is not checked.
    public func mismatches(reading columns: [PostgresType]) -> [String] {
        read(columns)
    }
}
