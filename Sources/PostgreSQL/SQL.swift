import Primitives

/// The text of a statement with its bound values.
///
/// `\(value)` in a literal becomes `$1`, `$2`, …; nothing can be pasted into the text but what stands in the source as a
/// ``Part``, and identifiers and timestamps for statements that take no parameters (DDL), properly quoted.
///
/// ```swift
/// let sql: SQL = "SELECT name FROM device WHERE key = \(key) AND revision > \(revision)"
/// ```
public struct SQL: Sendable {
    /// The text that is sent to the server.
    public private(set) var text: String
    /// The bound values.
    private(set) var parameters: Parameters

    /// The types of `$1`, `$2`, … as told to the server.
    public var parameterTypes: [PostgresType] { parameters.types }
}

extension SQL {
    /// A piece of text that several statements share, such as their columns.
    ///
    /// Only a literal without placeholders can be one.
    public struct Part: ExpressibleByStringLiteral, Sendable {
        fileprivate let text: StaticString

        /// Makes a piece of text.
        public init(stringLiteral value: StaticString) { text = value }
    }
}

extension SQL: ExpressibleByStringLiteral, ExpressibleByStringInterpolation {
    /// Makes a text without values.
    public init(stringLiteral value: String) {
        text = value
        parameters = Parameters()
    }

    /// Makes a text with bound values.
    public init(stringInterpolation: Interpolation) {
        text = stringInterpolation.text
        parameters = stringInterpolation.parameters
    }

    /// Collects the literal parts and the bound values.
    public struct Interpolation: StringInterpolationProtocol {
        fileprivate var text = ""
        fileprivate var parameters = Parameters()

        /// Starts empty.
        public init(literalCapacity: Int, interpolationCount: Int) {
            text.reserveCapacity(literalCapacity + interpolationCount * 3)
        }

        /// Appends a part of the literal as it stands.
        public mutating func appendLiteral(_ literal: String) {
            text += literal
        }

        /// Binds a value.
        public mutating func appendInterpolation<Value: PostgresEncodable>(_ value: Value) {
            parameters.append(value)
            text += "$\(parameters.count)"
        }

        /// Binds a value, or NULL for nil.
        public mutating func appendInterpolation<Value: PostgresEncodable>(_ value: Value?) {
            if let value { parameters.append(value) } else { parameters.appendNull(of: Value.self) }
            text += "$\(parameters.count)"
        }

        /// Binds the raw value of an enumeration.
        public mutating func appendInterpolation<Value: RawRepresentable>(_ value: Value)
        where Value.RawValue: PostgresEncodable {
            appendInterpolation(value.rawValue)
        }

        /// Binds the raw value of an enumeration, or NULL for nil.
        public mutating func appendInterpolation<Value: RawRepresentable>(_ value: Value?)
        where Value.RawValue: PostgresEncodable {
            appendInterpolation(value?.rawValue)
        }

        /// Writes a piece of text as it stands.
        public mutating func appendInterpolation(_ part: Part) {
            text += part.text.description
        }

        /// Writes a quoted identifier, for DDL; use it only in a ``Statement/init(unprepared:_:file:line:)``.
        public mutating func appendInterpolation(identifier: String) {
            text += SQL.quoted(identifier: identifier)
        }

        /// Writes a `timestamptz` literal, for DDL; use it only in a ``Statement/init(unprepared:_:file:line:)``.
        public mutating func appendInterpolation(literal time: Timestamp) {
            text += "'\(time.rfc3339)'::timestamptz"
        }
    }

    /// The identifier in double quotes; NUL, which no identifier can hold, is left out.
    static func quoted(identifier: String) -> String {
        "\"" + identifier.replacing("\0", with: "").replacing("\"", with: "\"\"") + "\""
    }
}

/// Bound values, encoded one after the other into one buffer.
struct Parameters: Sendable {
    private(set) var types: [PostgresType] = []
    private(set) var bytes: [UInt8] = []
    /// For each value its place in `bytes`; nil for NULL.
    private(set) var ranges: [Range<Int>?] = []

    var count: Int { types.count }

    mutating func append<Value: PostgresEncodable>(_ value: Value) {
        let start = bytes.count
        value.encode(into: &bytes)
        types.append(Value.postgresType)
        ranges.append(start..<bytes.count)
        // A terminator, since libpq reads text values up to one.
        bytes.append(0)
    }

    mutating func appendNull<Value: PostgresEncodable>(of type: Value.Type) {
        types.append(Value.postgresType)
        ranges.append(nil)
    }
}
