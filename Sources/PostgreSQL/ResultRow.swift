import CPostgreSQL
import Foundation
import Primitives

/// One row of an answer, valid only inside the decoder it is handed to.
///
/// Each accessor names the type it expects. A NULL where no optional is asked for, another type, or a column that is
/// not there is a ``PostgresError`` of kind `decoding`.
public struct ResultRow {
    private enum Source {
        case result(OpaquePointer, row: Int32)
        case probe(RowProbe)
    }

    private let source: Source

    /// A row of libpq's result, which must outlive it.
    init(result: OpaquePointer, row: Int32) {
        source = .result(result, row: row)
    }

    /// A row of zeros that notes what is read from it.
    init(probe: RowProbe) {
        source = .probe(probe)
    }

    /// Whether this is a row of zeros for a check, not an answer.
    var isProbe: Bool {
        if case .probe = source { true } else { false }
    }

    /// The number of columns.
    public var columnCount: Int {
        switch source {
        case .result(let result, _): Int(PQnfields(result))
        case .probe(let probe): probe.columns.count
        }
    }

    /// The name of a column; empty when there is no such column.
    public func columnName(_ column: Int) -> String {
        guard case .result(let result, _) = source, let name = PQfname(result, Int32(clamping: column)) else {
            return ""
        }
        return String(cString: name)
    }

    /// Reads a column that must not be NULL.
    @inline(__always)
    public func value<Value: PostgresScalar>(
        _ column: Int,
        as type: Value.Type = Value.self
    ) throws(PostgresError) -> Value {
        guard let value = try optionalValue(column, as: type) else { throw nullError(column) }
        return value
    }

    /// Reads a column; nil for NULL.
    public func optionalValue<Value: PostgresScalar>(
        _ column: Int,
        as type: Value.Type = Value.self
    ) throws(PostgresError) -> Value? {
        let columnType = try self.columnType(column)
        guard Value.accepts(columnType) else { throw typeError(column, columnType, expected: Value.postgresType) }
        guard let bytes = bytes(column, columnType) else { return nil }
        guard let value = Value(postgresBytes: bytes, type: columnType) else {
            throw decodingError(column, "holds no readable \(columnType)")
        }
        return value
    }

    /// An error about a column, for decoders that find a value they cannot use.
    public func decodingError(_ column: Int, _ problem: String) -> PostgresError {
        PostgresError(.decoding, "Column \(column) (\(columnName(column))) \(problem).")
    }

    func nullError(_ column: Int) -> PostgresError {
        decodingError(column, "is NULL")
    }

    func typeError(_ column: Int, _ type: PostgresType, expected: PostgresType) -> PostgresError {
        decodingError(column, "is \(type), not \(expected)")
    }

    /// The type of a column.
    func columnType(_ column: Int) throws(PostgresError) -> PostgresType {
        guard column >= 0, column < columnCount else {
            if case .probe(let probe) = source { probe.note("reads column \(column), which is not there") }
            throw PostgresError(.decoding, "The row has no column \(column).")
        }
        switch source {
        case .result(let result, _): return PostgresType(rawValue: PQftype(result, Int32(column)))
        case .probe(let probe): return probe.columns[column]
        }
    }

    /// The binary form of a column; nil for NULL.
    func bytes(_ column: Int, _ type: PostgresType) -> UnsafeRawBufferPointer? {
        switch source {
        case .result(let result, let row):
            let column = Int32(column)
            guard PQgetisnull(result, row, column) == 0, let start = PQgetvalue(result, row, column) else { return nil }
            return UnsafeRawBufferPointer(start: start, count: Int(PQgetlength(result, row, column)))
        case .probe: return RowProbe.zero(of: type)
        }
    }
}

extension ResultRow {
    /// Reads a `boolean`.
    public func bool(_ column: Int) throws(PostgresError) -> Bool { try value(column) }
    /// Reads a `smallint`.
    public func int16(_ column: Int) throws(PostgresError) -> Int16 { try value(column) }
    /// Reads an `integer`.
    public func int32(_ column: Int) throws(PostgresError) -> Int32 { try value(column) }
    /// Reads a `bigint`.
    public func int64(_ column: Int) throws(PostgresError) -> Int64 { try value(column) }
    /// Reads a whole number of any width.
    public func int(_ column: Int) throws(PostgresError) -> Int { try value(column) }
    /// Reads an `xid8`.
    public func uint64(_ column: Int) throws(PostgresError) -> UInt64 { try value(column) }
    /// Reads a `double precision` or `real`.
    public func double(_ column: Int) throws(PostgresError) -> Double { try value(column) }
    /// Reads a text.
    public func string(_ column: Int) throws(PostgresError) -> String { try value(column) }
    /// Reads a `uuid`.
    public func uuid(_ column: Int) throws(PostgresError) -> UUID { try value(column) }
    /// Reads a `timestamptz`.
    public func timestamp(_ column: Int) throws(PostgresError) -> Timestamp { try value(column) }

    /// Reads a `boolean` that may be NULL.
    public func optionalBool(_ column: Int) throws(PostgresError) -> Bool? { try optionalValue(column) }
    /// Reads a `smallint` that may be NULL.
    public func optionalInt16(_ column: Int) throws(PostgresError) -> Int16? { try optionalValue(column) }
    /// Reads an `integer` that may be NULL.
    public func optionalInt32(_ column: Int) throws(PostgresError) -> Int32? { try optionalValue(column) }
    /// Reads a `bigint` that may be NULL.
    public func optionalInt64(_ column: Int) throws(PostgresError) -> Int64? { try optionalValue(column) }
    /// Reads a whole number of any width that may be NULL.
    public func optionalInt(_ column: Int) throws(PostgresError) -> Int? { try optionalValue(column) }
    /// Reads an `xid8` that may be NULL.
    public func optionalUInt64(_ column: Int) throws(PostgresError) -> UInt64? { try optionalValue(column) }
    /// Reads a `double precision` or `real` that may be NULL.
    public func optionalDouble(_ column: Int) throws(PostgresError) -> Double? { try optionalValue(column) }
    /// Reads a text that may be NULL.
    public func optionalString(_ column: Int) throws(PostgresError) -> String? { try optionalValue(column) }
    /// Reads a `uuid` that may be NULL.
    public func optionalUUID(_ column: Int) throws(PostgresError) -> UUID? { try optionalValue(column) }
    /// Reads a `timestamptz` that may be NULL.
    public func optionalTimestamp(_ column: Int) throws(PostgresError) -> Timestamp? { try optionalValue(column) }
}
