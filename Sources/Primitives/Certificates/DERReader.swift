/// Reads DER (X.690), as far as certificates and keys need it.
public struct DERReader {
    /// One value with its tag.
    public struct Element {
        /// The tag's first byte, of which X.690 makes class, form and number.
        public let tag: UInt8
        /// What stands behind tag and length.
        public let content: ArraySlice<UInt8>
    }

    /// SEQUENCE.
    public static let sequence: UInt8 = 0x30
    /// SET.
    public static let set: UInt8 = 0x31
    /// OBJECT IDENTIFIER.
    public static let objectIdentifier: UInt8 = 0x06
    /// INTEGER.
    public static let integer: UInt8 = 0x02
    /// BIT STRING.
    public static let bitString: UInt8 = 0x03
    /// OCTET STRING.
    public static let octetString: UInt8 = 0x04

    private var rest: ArraySlice<UInt8>

    /// Starts before the first value.
    public init(_ bytes: ArraySlice<UInt8>) {
        rest = bytes
    }

    /// The next value; nil at the end, and for lengths that lead out of the bytes.
    public mutating func next() -> Element? {
        guard let tag = rest.popFirst(), let length = length(), length <= rest.count else { return nil }
        defer { rest = rest.dropFirst(length) }
        return Element(tag: tag, content: rest.prefix(length))
    }

    /// The next value when it has this tag.
    public mutating func next(_ tag: UInt8) -> DERReader? {
        guard let element = next(), element.tag == tag else { return nil }
        return DERReader(element.content)
    }

    /// The content of the next value when it has this tag.
    public mutating func content(_ tag: UInt8) -> ArraySlice<UInt8>? {
        guard let element = next(), element.tag == tag else { return nil }
        return element.content
    }

    private mutating func length() -> Int? {
        guard let first = rest.popFirst() else { return nil }
        if first < 0x80 { return Int(first) }
        let count = Int(first & 0x7F)
        guard (1...4).contains(count), count <= rest.count else { return nil }
        var length = 0
        for _ in 0..<count { length = length << 8 | Int(rest.popFirst() ?? 0) }
        return length
    }
}
