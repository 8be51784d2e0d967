import HTTPTypes

/// Where name and value stand within one field line, after its bytes were checked (RFC 9112 section 5).
struct FieldLine {
    let name: Range<Int>
    let value: Range<Int>
    /// Whether the value is ASCII only.
    let isASCII: Bool

    /// Checks a line without its CRLF.
    init(parsing line: Span<UInt8>) throws(RequestError) {
        if line[0].isBlank { throw .foldedField }
        var colon = 0
        let tokens = ByteClass.token
        while colon < line.count, tokens.contains(line[colon]) { colon += 1 }
        guard colon < line.count else { throw .invalidFieldName }
        guard line[colon] == UInt8(ascii: ":") else {
            throw FieldLine.errorInName(of: line, at: colon)
        }
        guard colon > 0 else { throw .invalidFieldName }
        name = 0..<colon
        value = line.trimmingBlanks(colon + 1..<line.count)
        isASCII = try FieldLine.check(value: line.extracting(value))
    }

    private static func errorInName(of line: Span<UInt8>, at index: Int) -> RequestError {
        if line[index] == .carriageReturn { return .bareLineEnd }
        guard line[index].isBlank else { return .invalidFieldName }
        var next = index
        while next < line.count, line[next].isBlank { next += 1 }
        return next < line.count && line[next] == UInt8(ascii: ":") ? .spaceBeforeColon : .invalidFieldName
    }

    /// Checks the bytes of a value; true when all are ASCII.
    private static func check(value: Span<UInt8>) throws(RequestError) -> Bool {
        let allowed = ByteClass.fieldValue
        let start = value.plainPrefix
        var seen = start.seen
        for index in start.count..<value.count {
            guard allowed.contains(value[index]) else {
                throw value[index] == .carriageReturn ? .bareLineEnd : .invalidFieldValue
            }
            seen |= UInt64(value[index])
        }
        return seen & 0x8080_8080_8080_8080 == 0
    }

    /// Checks a line and makes a field of it, with what it means for the message.
    static func parse(_ line: Span<UInt8>) throws(RequestError) -> (field: HTTPField, meaning: FieldMeaning) {
        let parts = try FieldLine(parsing: line)
        let value = line.extracting(parts.value)
        let meaning = try FieldMeaning(name: line.extracting(parts.name), value: value)
        let known = KnownFieldNames.shared.name(line.extracting(parts.name))
        guard let name = known ?? HTTPField.Name(line.text(parts.name)) else { throw .invalidFieldName }
        // From bytes, HTTPTypes validates UTF-8 in a way that costs more than all the rest; ASCII does not need it.
        let field =
            parts.isASCII
            ? HTTPField(name: name, value: String(copying: UTF8Span(unchecked: value, isKnownASCII: true)))
            : value.withUnsafeBufferPointer { HTTPField(name: name, value: $0) }
        return (field, meaning)
    }
}

extension Span where Element == UInt8 {
    /// How many bytes at the front, in groups of eight, are certainly neither control characters nor DEL, and all those
    /// bytes put together with OR.
    fileprivate var plainPrefix: (count: Int, seen: UInt64) {
        withUnsafeBytes { bytes in
            let ones: UInt64 = 0x0101_0101_0101_0101
            let high = ones << 7
            var seen: UInt64 = 0
            var index = 0
            while index + 8 <= bytes.count {
                let word = bytes.loadUnaligned(fromByteOffset: index, as: UInt64.self)
                // The high bit of a byte is set in the first when it is below 0x20, in the second when it is 0x7F; bytes
                // from 0x80 are allowed and count as neither. A borrow can only come from a byte that is found itself.
                let control = (word &- ones &* 0x20) & ~word & high
                let delete = word ^ (ones &* 0x7F)
                if control | ((delete &- ones) & ~delete & high) != 0 { break }
                seen |= word
                index += 8
            }
            return (index, seen)
        }
    }
}
