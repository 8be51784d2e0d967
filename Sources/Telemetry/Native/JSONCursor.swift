/// A place in a JSON text, and the tokens that can be read from it without memory of their own.
struct JSONCursor {
    private let buffer: UnsafeBufferPointer<UInt8>
    private var position = 0

    init(_ buffer: UnsafeBufferPointer<UInt8>) {
        self.buffer = buffer
    }

    var isAtEnd: Bool { position == buffer.count }

    @inline(__always)
    mutating func skipSpace() {
        while position < buffer.count {
            switch buffer[position] {
            case 0x20, 0x0A, 0x0D, 0x09: position += 1
            default: return
            }
        }
    }

    /// Moves behind a byte if it comes next.
    @inline(__always)
    mutating func take(_ byte: UInt8) -> Bool {
        guard position < buffer.count, buffer[position] == byte else { return false }
        position += 1
        return true
    }

    /// Moves behind an ASCII text if it comes next.
    mutating func take(_ text: StaticString) -> Bool {
        let count = text.utf8CodeUnitCount
        guard buffer.count - position >= count else { return false }
        for index in 0..<count where buffer[position + index] != text.utf8Start[index] { return false }
        position += count
        return true
    }

    /// Moves behind `null` if it comes next.
    mutating func takeNull() -> Bool { take("null") }

    /// Reads a number; nil, and not moved, when none comes next that a double can hold.
    @inline(__always)
    mutating func number() -> Double? {
        var end = position
        guard let number = DecimalScanner.number(buffer, at: &end) else { return nil }
        position = end
        return number
    }

    /// Reads a string of printable ASCII without escapes; nil, and not moved, when anything else comes next.
    @inline(__always)
    mutating func plainString() -> Range<Int>? {
        guard position < buffer.count, buffer[position] == UInt8(ascii: "\"") else { return nil }
        let start = position + 1
        var end = start
        while end < buffer.count {
            let byte = buffer[end]
            if byte == UInt8(ascii: "\"") {
                position = end + 1
                return start..<end
            }
            guard 0x20..<0x80 ~= byte, byte != UInt8(ascii: "\\") else { return nil }
            end += 1
        }
        return nil
    }

    /// Moves behind a number, plain string, `true`, `false` or `null`.
    mutating func skipScalar() -> Bool {
        number() != nil || plainString() != nil || take("true") || take("false") || takeNull()
    }

    /// The bytes of a range.
    @inline(__always)
    func bytes(_ range: Range<Int>) -> UnsafeBufferPointer<UInt8> { UnsafeBufferPointer(rebasing: buffer[range]) }

    /// A range of ASCII as text.
    func text(_ range: Range<Int>) -> String { String(decoding: bytes(range), as: UTF8.self) }

    /// Whether two ranges hold the same bytes.
    func equal(_ left: Range<Int>, _ right: Range<Int>) -> Bool { bytes(left).elementsEqual(bytes(right)) }

    /// Whether a range is `ts`.
    @inline(__always)
    func isTime(_ range: Range<Int>) -> Bool {
        range.count == 2 && buffer[range.lowerBound] == UInt8(ascii: "t")
            && buffer[range.lowerBound + 1] == UInt8(ascii: "s")
    }
}
