/// Checks UTF-8 (RFC 3629) piece by piece: no overlong forms, no surrogates, nothing above U+10FFFF.
///
/// Fails at the first byte that no valid text could have in its place.
struct UTF8Validator: Hashable, Sendable {
    private var expected = 0
    private var lower: UInt8 = 0x80
    private var upper: UInt8 = 0xBF

    /// Whether no character is cut off at the end.
    var isComplete: Bool { expected == 0 }

    /// Whether the bytes can go on from what came before.
    mutating func accepts(_ bytes: UnsafeRawBufferPointer) -> Bool {
        var index = 0
        while index < bytes.count {
            // Most text is ASCII: eight bytes at a time.
            while expected == 0, index + 8 <= bytes.count,
                bytes.loadUnaligned(fromByteOffset: index, as: UInt64.self) & 0x8080_8080_8080_8080 == 0
            {
                index += 8
            }
            guard index < bytes.count else { break }
            guard accept(bytes[index]) else { return false }
            index += 1
        }
        return true
    }

    @inline(__always) private mutating func accept(_ byte: UInt8) -> Bool {
        if expected > 0 {
            guard byte >= lower, byte <= upper else { return false }
            expected -= 1
            lower = 0x80
            upper = 0xBF
            return true
        }
        switch byte {
        case 0x00...0x7F: return true
        case 0xC2...0xDF: expected = 1
        case 0xE0: (expected, lower) = (2, 0xA0)
        case 0xED: (expected, upper) = (2, 0x9F)
        case 0xE1...0xEF: expected = 2
        case 0xF0: (expected, lower) = (3, 0x90)
        case 0xF1...0xF3: expected = 3
        case 0xF4: (expected, upper) = (3, 0x8F)
        default: return false
        }
        return true
    }
}
