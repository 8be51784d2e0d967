import Foundation
import Primitives

extension ResultRow {
    /// Reads a `bytea`.
    public func bytes(_ column: Int) throws(PostgresError) -> [UInt8] {
        guard let value = try optionalBytes(column) else { throw nullError(column) }
        return value
    }

    /// Reads a `bytea` that may be NULL.
    public func optionalBytes(_ column: Int) throws(PostgresError) -> [UInt8]? {
        let type = try columnType(column)
        guard type == .bytea else { throw typeError(column, type, expected: .bytea) }
        return bytes(column, type).map(Array.init)
    }

    /// Reads a `json` or `jsonb`.
    public func json(_ column: Int) throws(PostgresError) -> JSONValue {
        guard let value = try optionalJSON(column) else { throw nullError(column) }
        return value
    }

    /// Reads a `json` or `jsonb` that may be NULL; a JSON `null` is not NULL.
    public func optionalJSON(_ column: Int) throws(PostgresError) -> JSONValue? {
        let type = try columnType(column)
        guard type == .json || type == .jsonb else { throw typeError(column, type, expected: .json) }
        guard let bytes = bytes(column, type) else { return nil }
        // The binary form of `jsonb` is its text after a version byte.
        let text = type == .jsonb ? bytes.dropFirst() : bytes[...]
        do throws(JSONSyntaxError) {
            return try JSONValue(parsing: text)
        } catch {
            throw decodingError(column, "holds JSON that cannot be read: \(error.message)")
        }
    }

    /// Reads a text that must be the raw value of an enumeration's case.
    public func enumeration<Value: RawRepresentable>(
        _ column: Int,
        as type: Value.Type = Value.self
    ) throws(PostgresError) -> Value where Value.RawValue: PostgresScalar {
        guard let value = try optionalEnumeration(column, as: type) else { throw nullError(column) }
        return value
    }

    /// Reads a text, or NULL, that must be the raw value of an enumeration's case.
    public func optionalEnumeration<Value: RawRepresentable>(
        _ column: Int,
        as type: Value.Type = Value.self
    ) throws(PostgresError) -> Value? where Value.RawValue: PostgresScalar {
        guard let raw = try optionalValue(column, as: Value.RawValue.self) else { return nil }
        if let value = Value(rawValue: raw) { return value }
        // A probe has only zeros to offer: let the decoder go on with any case.
        if isProbe, let cases = Value.self as? any CaseIterable.Type, let first = cases.firstCase as? Value {
            return first
        }
        throw decodingError(column, "holds none of the known values of \(Value.self)")
    }

    /// Reads the key of a resource.
    public func key(_ column: Int) throws(PostgresError) -> ResourceKey {
        guard let value = try optionalKey(column) else { throw nullError(column) }
        return value
    }

    /// Reads the key of a resource that may be NULL.
    public func optionalKey(_ column: Int) throws(PostgresError) -> ResourceKey? {
        guard let text = try optionalString(column) else { return nil }
        if let key = ResourceKey(isProbe ? "probe" : text) { return key }
        throw decodingError(column, "holds no resource key")
    }
}

extension CaseIterable {
    fileprivate static var firstCase: Self? { allCases.first }
}

extension ResultRow {
    /// Reads an array whose elements must not be NULL.
    public func array<Element: PostgresScalar>(
        _ column: Int,
        of type: Element.Type = Element.self
    ) throws(PostgresError) -> [Element] {
        guard let array = try optionalArray(column, of: type) else { throw nullError(column) }
        return array
    }

    /// Reads an array that may be NULL, but not its elements.
    public func optionalArray<Element: PostgresScalar>(
        _ column: Int,
        of type: Element.Type = Element.self
    ) throws(PostgresError) -> [Element]? {
        var array: [Element] = []
        let isPresent = try readArray(column, of: type) { element throws(PostgresError) in
            guard let element else { throw decodingError(column, "is an array with a NULL in it") }
            array.append(element)
        }
        return isPresent ? array : nil
    }

    /// Reads an array whose elements may be NULL.
    public func arrayOfOptionals<Element: PostgresScalar>(
        _ column: Int,
        of type: Element.Type = Element.self
    ) throws(PostgresError) -> [Element?] {
        var array: [Element?] = []
        guard try readArray(column, of: type, each: { element throws(PostgresError) in array.append(element) }) else {
            throw nullError(column)
        }
        return array
    }

    /// Reads a `double precision[]` with NaN in place of NULL elements, the form of metric values.
    public func doubles(_ column: Int) throws(PostgresError) -> [Double] {
        var array: [Double] = []
        let isPresent = try readArray(column, of: Double.self) { element throws(PostgresError) in
            array.append(element ?? .nan)
        }
        guard isPresent else { throw nullError(column) }
        return array
    }

    /// Reads a `double precision[]` that may be NULL, with NaN in place of NULL elements.
    public func optionalDoubles(_ column: Int) throws(PostgresError) -> [Double]? {
        var array: [Double] = []
        let isPresent = try readArray(column, of: Double.self) { element throws(PostgresError) in
            array.append(element ?? .nan)
        }
        return isPresent ? array : nil
    }

    /// Reads a `double precision[]` whose elements may be NULL.
    public func doubleArray(_ column: Int) throws(PostgresError) -> [Double?] { try arrayOfOptionals(column) }
    /// Reads a `smallint[]`.
    public func int16Array(_ column: Int) throws(PostgresError) -> [Int16] { try array(column) }
    /// Reads an `integer[]`.
    public func int32Array(_ column: Int) throws(PostgresError) -> [Int32] { try array(column) }
    /// Reads a `bigint[]`.
    public func int64Array(_ column: Int) throws(PostgresError) -> [Int64] { try array(column) }
    /// Reads a `text[]`.
    public func stringArray(_ column: Int) throws(PostgresError) -> [String] { try array(column) }
    /// Reads a `boolean[]`.
    public func boolArray(_ column: Int) throws(PostgresError) -> [Bool] { try array(column) }
    /// Reads a `uuid[]`.
    public func uuidArray(_ column: Int) throws(PostgresError) -> [UUID] { try array(column) }
    /// Reads a `timestamptz[]`.
    public func timestampArray(_ column: Int) throws(PostgresError) -> [Timestamp] { try array(column) }
    /// Reads an `integer[]` that may be NULL.
    public func optionalInt32Array(_ column: Int) throws(PostgresError) -> [Int32]? { try optionalArray(column) }
    /// Reads a `text[]` that may be NULL.
    public func optionalStringArray(_ column: Int) throws(PostgresError) -> [String]? { try optionalArray(column) }

    /// Hands over every element of an array.
    ///
    /// - Returns: false when the column is NULL.
    private func readArray<Element: PostgresScalar>(
        _ column: Int,
        of type: Element.Type,
        each: (Element?) throws(PostgresError) -> Void
    ) throws(PostgresError) -> Bool {
        let columnType = try columnType(column)
        guard columnType == Element.postgresArrayType else {
            throw typeError(column, columnType, expected: Element.postgresArrayType)
        }
        guard let bytes = bytes(column, columnType) else { return false }
        var reader = ArrayReader(bytes: bytes)
        guard let count = reader.header() else { throw decodingError(column, "is no one-dimensional array") }
        for _ in 0..<count {
            switch reader.element() {
            case .null: try each(nil)
            case .bytes(let bytes):
                guard let element = Element(postgresBytes: bytes, type: Element.postgresType) else {
                    throw decodingError(column, "holds an unreadable element")
                }
                try each(element)
            case .end: throw decodingError(column, "is an array cut short")
            }
        }
        return true
    }
}

/// Walks the binary format of a one-dimensional array.
private struct ArrayReader {
    enum Element {
        case null
        case bytes(UnsafeRawBufferPointer)
        case end
    }

    let bytes: UnsafeRawBufferPointer
    private var position = 0

    init(bytes: UnsafeRawBufferPointer) {
        self.bytes = bytes
    }

    /// The number of elements; nil when this is no one-dimensional array.
    mutating func header() -> Int? {
        guard let dimensions = integer() else { return nil }
        if dimensions == 0 { return 0 }
        guard dimensions == 1, integer() != nil, integer() != nil, let count = integer(), integer() != nil, count >= 0
        else { return nil }
        return Int(count)
    }

    mutating func element() -> Element {
        guard let length = integer() else { return .end }
        if length < 0 { return .null }
        guard position + Int(length) <= bytes.count else { return .end }
        defer { position += Int(length) }
        return .bytes(UnsafeRawBufferPointer(rebasing: bytes[position..<position + Int(length)]))
    }

    private mutating func integer() -> Int32? {
        guard position + 4 <= bytes.count else { return nil }
        defer { position += 4 }
        return Int32(bigEndian: bytes.loadUnaligned(fromByteOffset: position, as: Int32.self))
    }
}
