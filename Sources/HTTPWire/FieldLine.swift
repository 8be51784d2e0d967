import HTTPTypes

/// Where name and value stand within one field line, after its bytes were checked (RFC 9112 section 5).
struct FieldLine {
    let name: Range<Int>
    let value: Range<Int>

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
        try FieldLine.check(value: line.extracting(value))
    }

    private static func errorInName(of line: Span<UInt8>, at index: Int) -> RequestError {
        if line[index] == .carriageReturn { return .bareLineEnd }
        guard line[index].isBlank else { return .invalidFieldName }
        var next = index
        while next < line.count, line[next].isBlank { next += 1 }
        return next < line.count && line[next] == UInt8(ascii: ":") ? .spaceBeforeColon : .invalidFieldName
    }

    private static func check(value: Span<UInt8>) throws(RequestError) {
        let allowed = ByteClass.fieldValue
        for index in value.indices where !allowed.contains(value[index]) {
            throw value[index] == .carriageReturn ? .bareLineEnd : .invalidFieldValue
        }
    }

    /// Checks a line and makes a field of it, with what it means for the message.
    static func parse(_ line: Span<UInt8>) throws(RequestError) -> (field: HTTPField, meaning: FieldMeaning) {
        let parts = try FieldLine(parsing: line)
        let value = line.extracting(parts.value)
        let meaning = try FieldMeaning(name: line.extracting(parts.name), value: value)
        guard let name = HTTPField.Name(line.text(parts.name)) else { throw .invalidFieldName }
        return (value.withUnsafeBufferPointer { HTTPField(name: name, value: $0) }, meaning)
    }
}
