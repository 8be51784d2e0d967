import Foundation
import Primitives

/// A value that can be bound to a `$n` of a statement.
public protocol PostgresEncodable: Sendable {
    /// The type that the server is told; ``PostgresType/inferred`` for values that travel as text.
    static var postgresType: PostgresType { get }
    /// Appends the value in PostgreSQL's binary format, or as text when the type is inferred.
    func encode(into bytes: inout [UInt8])
}

/// A single value with a fixed binary format, in both directions.
public protocol PostgresScalar: PostgresEncodable, PostgresArrayElement {
    /// The column types from which the value can be read.
    static func accepts(_ type: PostgresType) -> Bool
    /// Reads the binary format.
    ///
    /// - Returns: nil when the bytes are no such value.
    init?(postgresBytes bytes: UnsafeRawBufferPointer, type: PostgresType)
}

/// What may stand in an array that is bound to a `$n`: scalars, optional scalars, and bytes (an array of which is
/// `bytea`).
public protocol PostgresArrayElement: Sendable {
    /// The type of the whole array.
    static var postgresArrayType: PostgresType { get }
    /// Appends the whole array.
    static func encode(array: [Self], into bytes: inout [UInt8])
}

extension PostgresScalar {
    /// Whether a column of this type can be read.
    public static func accepts(_ type: PostgresType) -> Bool { type == postgresType }

    /// Appends a whole array in the form that is sent.
    public static func encode(array: [Self], into bytes: inout [UInt8]) {
        bytes.appendArrayHeader(count: array.count, hasNull: false, element: postgresType)
        for element in array { bytes.appendSized(element) }
    }
}

extension Optional: PostgresArrayElement where Wrapped: PostgresScalar {
    /// The type of an array of these.
    public static var postgresArrayType: PostgresType { Wrapped.postgresArrayType }

    /// Appends a whole array in the form that is sent.
    public static func encode(array: [Wrapped?], into bytes: inout [UInt8]) {
        let hasNull = array.contains { $0 == nil }
        bytes.appendArrayHeader(count: array.count, hasNull: hasNull, element: Wrapped.postgresType)
        for element in array {
            if let element { bytes.appendSized(element) } else { bytes.appendBigEndian(Int32(-1)) }
        }
    }
}

extension UInt8: PostgresArrayElement {
    /// The type of an array of these.
    public static var postgresArrayType: PostgresType { .bytea }

    /// Appends a whole array in the form that is sent.
    public static func encode(array: [UInt8], into bytes: inout [UInt8]) {
        bytes.append(contentsOf: array)
    }
}

extension Array: PostgresEncodable where Element: PostgresArrayElement {
    /// The type that the server is told.
    public static var postgresType: PostgresType { Element.postgresArrayType }

    /// Appends the value in the form that is sent.
    public func encode(into bytes: inout [UInt8]) {
        Element.encode(array: self, into: &bytes)
    }
}

extension [UInt8] {
    /// Appends an integer in network byte order.
    @inline(__always)
    mutating func appendBigEndian(_ value: some FixedWidthInteger) {
        Swift.withUnsafeBytes(of: value.bigEndian) { append(contentsOf: $0) }
    }

    /// Appends the header of a one-dimensional array; an empty array has no dimension.
    mutating func appendArrayHeader(count: Int, hasNull: Bool, element: PostgresType) {
        appendBigEndian(Int32(count == 0 ? 0 : 1))
        appendBigEndian(Int32(hasNull ? 1 : 0))
        appendBigEndian(element.rawValue)
        guard count > 0 else { return }
        appendBigEndian(Int32(clamping: count))
        appendBigEndian(Int32(1))
    }

    /// Appends a value after its length.
    mutating func appendSized(_ value: some PostgresEncodable) {
        let start = count
        appendBigEndian(Int32(0))
        value.encode(into: &self)
        let length = UInt32(truncatingIfNeeded: count - start - 4)
        self[start] = UInt8(truncatingIfNeeded: length >> 24)
        self[start + 1] = UInt8(truncatingIfNeeded: length >> 16)
        self[start + 2] = UInt8(truncatingIfNeeded: length >> 8)
        self[start + 3] = UInt8(truncatingIfNeeded: length)
    }
}

extension JSONValue: PostgresEncodable {
    // As text of an inferred type, the same value fits `json` and `jsonb`, whose binary formats differ.
    /// The type that the server is told.
    public static var postgresType: PostgresType { .inferred }

    /// Appends the value in the form that is sent.
    public func encode(into bytes: inout [UInt8]) {
        write(to: &bytes)
    }
}

extension ResourceKey: PostgresEncodable {
    /// The type that the server is told.
    public static var postgresType: PostgresType { .text }

    /// Appends the value in the form that is sent.
    public func encode(into bytes: inout [UInt8]) {
        text.encode(into: &bytes)
    }
}
