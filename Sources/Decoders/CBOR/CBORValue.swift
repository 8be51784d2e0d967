/// A CBOR data item (RFC 8949).
public indirect enum CBORValue: Hashable, Sendable {
    /// Major type 0.
    case unsigned(UInt64)
    /// Major type 1: the number is −1 − the argument.
    case negative(UInt64)
    /// Major type 2.
    case bytes([UInt8])
    /// Major type 3.
    case text(String)
    /// Major type 4.
    case array([CBORValue])
    /// Major type 5, in the order of the encoding; keys may repeat.
    case map([Pair])
    /// Major type 6.
    case tagged(UInt64, CBORValue)
    /// Major type 7 of any width, as a double.
    case float(Double)
    /// True or false.
    case bool(Bool)
    /// The simple value `null`.
    case null
    /// The simple value `undefined`.
    case undefined
    /// Any other simple value.
    case simple(UInt8)

    /// A member of a map.
    public struct Pair: Hashable, Sendable {
        /// The key.
        public var key: CBORValue
        /// The value.
        public var value: CBORValue

        /// Makes a pair.
        public init(_ key: CBORValue, _ value: CBORValue) {
            self.key = key
            self.value = value
        }
    }

    /// The number as a double: integers, floats, big integers (tags 2 and 3) and decimal fractions (tag 4); nil for
    /// anything else and for what is not finite.
    public var number: Double? {
        let result: Double?
        switch self {
        case .unsigned(let value): result = Double(value)
        case .negative(let value): result = -1 - Double(value)
        case .float(let value): result = value
        case .tagged(2, .bytes(let bytes)): result = Self.magnitude(bytes)
        case .tagged(3, .bytes(let bytes)): result = Self.magnitude(bytes).map { -1 - $0 }
        case .tagged(4, .array(let parts)): result = Self.decimalFraction(parts)
        default: result = nil
        }
        guard let result, result.isFinite else { return nil }
        return result
    }

    /// The whole number, if it is one and fits.
    public var integer: Int64? {
        switch self {
        case .unsigned(let value): Int64(exactly: value)
        case .negative(let value): Int64(exactly: value).map { -1 - $0 }
        default: nil
        }
    }

    private static func magnitude(_ bytes: [UInt8]) -> Double? {
        guard bytes.count <= 128 else { return nil }
        return bytes.reduce(0) { $0 * 256 + Double($1) }
    }

    /// Mantissa × 10 to the exponent, correctly rounded.
    private static func decimalFraction(_ parts: [CBORValue]) -> Double? {
        guard parts.count == 2, let exponent = parts[0].integer, exponent.magnitude <= 400,
            let mantissa = parts[1].integer
        else { return nil }
        return Double("\(mantissa)e\(exponent)")
    }
}

/// Why bytes are no acceptable CBOR, with the offset at which it was seen.
public struct CBORError: Error, Hashable, Sendable {
    /// The kind of fault.
    public enum Reason: String, Sendable {
        case unexpectedEnd = "the data ends too early"
        case malformed = "a byte that RFC 8949 does not allow here"
        case badUTF8 = "a text that is not UTF-8"
        case tooDeep = "nested too deeply"
        case tooMany = "too many data items"
        case trailingBytes = "bytes after the data item"
    }

    /// What is wrong.
    public var reason: Reason
    /// Byte offset from the start.
    public var offset: Int

    /// One sentence for people.
    public var message: String { "\(reason.rawValue) (at byte \(offset))" }
}
