/// Sets of ASCII characters as bit masks, so that a test is a shift and needs no table in memory.
struct ByteClass {
    private let low: UInt64
    private let high: UInt64
    /// Whether bytes from 0x80 belong to the set.
    private let includesObsoleteText: Bool

    private init(low: UInt64, high: UInt64, includesObsoleteText: Bool = false) {
        self.low = low
        self.high = high
        self.includesObsoleteText = includesObsoleteText
    }

    /// `tchar` of RFC 9110 section 5.6.2: letters, digits and ``!#$%&'*+-.^_`|~``.
    @inline(__always) static var token: ByteClass {
        ByteClass(low: 0x03FF_6CFA_0000_0000, high: 0x57FF_FFFF_C7FF_FFFE)
    }

    /// Field content: HTAB, SP, visible characters and obs-text (RFC 9110 section 5.5).
    @inline(__always) static var fieldValue: ByteClass {
        ByteClass(low: 0xFFFF_FFFF_0000_0200, high: 0x7FFF_FFFF_FFFF_FFFF, includesObsoleteText: true)
    }

    /// What may stand in a request target: visible ASCII without `"`, `#`, `<`, `>` and `\`.
    ///
    /// Wider than RFC 3986 by ``^ ` { | }``, which browsers send in queries as they are.
    @inline(__always) static var target: ByteClass {
        ByteClass(low: 0xAFFF_FFF2_0000_0000, high: 0x7FFF_FFFF_EFFF_FFFF)
    }

    /// What may stand in a host with its port: unreserved, sub-delims, `%`, `:`, `[` and `]` (RFC 3986 section 3.2.2).
    @inline(__always) static var authority: ByteClass {
        ByteClass(low: 0x2FFF_7FF2_0000_0000, high: 0x47FF_FFFE_AFFF_FFFE)
    }

    @inline(__always) func contains(_ byte: UInt8) -> Bool {
        if byte < 64 { return (low >> UInt64(byte)) & 1 == 1 }
        if byte < 128 { return (high >> UInt64(byte & 63)) & 1 == 1 }
        return includesObsoleteText
    }

    /// Whether every byte of a span belongs to the set.
    @inline(__always) func containsAll(of bytes: Span<UInt8>) -> Bool {
        for index in bytes.indices where !contains(bytes[index]) { return false }
        return true
    }
}

extension UInt8 {
    static let lineFeed: UInt8 = 0x0A
    static let carriageReturn: UInt8 = 0x0D
    static let space: UInt8 = 0x20
    static let tab: UInt8 = 0x09

    /// Space or horizontal tab.
    @inline(__always) var isBlank: Bool { self == .space || self == .tab }

    /// The value of a hexadecimal digit.
    @inline(__always) var hexDigitValue: UInt8? {
        switch self {
        case 0x30...0x39: self - 0x30
        case 0x41...0x46: self - 0x41 + 10
        case 0x61...0x66: self - 0x61 + 10
        default: nil
        }
    }

    /// An ASCII letter in lower case, anything else unchanged.
    @inline(__always) var asciiLowercased: UInt8 { self >= 0x41 && self <= 0x5A ? self | 0x20 : self }
}

extension Span where Element == UInt8 {
    /// The text of the bytes; they are known to be valid UTF-8, or are repaired.
    func text(_ range: Range<Int>) -> String {
        extracting(range).withUnsafeBufferPointer { String(decoding: $0, as: UTF8.self) }
    }

    /// Whether the bytes are `lowercased` when ASCII case is ignored.
    @inline(__always) func equalsIgnoringCase(_ lowercased: StaticString) -> Bool {
        guard count == lowercased.utf8CodeUnitCount else { return false }
        let other = UnsafeBufferPointer(start: lowercased.utf8Start, count: lowercased.utf8CodeUnitCount)
        for index in indices where self[index].asciiLowercased != other[index] { return false }
        return true
    }

    /// The ranges of the elements of a comma-separated list, without blanks around them.
    var listElements: [Range<Int>] {
        var elements: [Range<Int>] = []
        var start = 0
        while start <= count {
            var end = start
            while end < count, self[end] != UInt8(ascii: ",") { end += 1 }
            elements.append(trimmingBlanks(start..<end))
            start = end + 1
        }
        return elements
    }

    /// The range without blanks at both ends.
    func trimmingBlanks(_ range: Range<Int>) -> Range<Int> {
        var lower = range.lowerBound
        var upper = range.upperBound
        while lower < upper, self[lower].isBlank { lower += 1 }
        while upper > lower, self[upper - 1].isBlank { upper -= 1 }
        return lower..<upper
    }
}
