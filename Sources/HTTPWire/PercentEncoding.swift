/// Percent-decoding (RFC 3986 section 2.1), strict.
enum PercentEncoding {
    enum Component {
        case path
        case query
    }

    static func decode(_ text: some Collection<UInt8>, in component: Component) throws(TargetError) -> String {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.count)
        var index = text.startIndex
        while index != text.endIndex {
            var byte = text[index]
            text.formIndex(after: &index)
            if byte == UInt8(ascii: "%") {
                byte = try escaped(in: text, at: &index)
                if byte < 0x20 || byte == 0x7F, component == .path || byte == 0 { throw .controlCharacter }
                if component == .path, byte == UInt8(ascii: "/") { throw .encodedSlash }
            } else if component == .query, byte == UInt8(ascii: "+") {
                byte = .space
            }
            bytes.append(byte)
        }
        guard let decoded = String(validating: bytes, as: UTF8.self) else { throw .invalidUTF8 }
        return decoded
    }

    private static func escaped<Text: Collection<UInt8>>(
        in text: Text,
        at index: inout Text.Index
    ) throws(TargetError) -> UInt8 {
        var value: UInt8 = 0
        for _ in 0..<2 {
            guard index != text.endIndex, let digit = text[index].hexDigitValue else { throw .badPercentEncoding }
            value = value << 4 | digit
            text.formIndex(after: &index)
        }
        return value
    }
}
