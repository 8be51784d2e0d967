/// Why a text is not accepted as JSON, with the byte offset at which it was seen.
public struct JSONSyntaxError: Error, Hashable, Sendable {
    /// The kind of fault.
    public enum Reason: String, Sendable {
        case unexpectedEnd = "the text ends too early"
        case unexpectedByte = "a character that does not belong here"
        case badNumber = "not a JSON number"
        case badEscape = "not a JSON escape"
        case badUTF8 = "not UTF-8"
        case controlCharacter = "an unescaped control character in a string"
        case duplicateName = "a member name twice in one object"
        case tooDeep = "nested too deeply"
        case trailingText = "text after the document"
    }

    /// What is wrong.
    public var reason: Reason
    /// Byte offset from the start of the text.
    public var offset: Int

    /// One sentence for people.
    public var message: String { "\(reason.rawValue) (at byte \(offset))" }
}

extension JSONValue {
    /// Reads one JSON document (RFC 8259), strictly: no comments, no trailing commas, no NaN, no repeated member names,
    /// no numbers that overflow a double, well-formed UTF-8 only.
    ///
    /// - Parameters:
    ///   - bytes: the document.
    ///   - maximumDepth: how many arrays and objects may stand inside one another.
    /// - Throws: ``JSONSyntaxError`` with the place of the first fault.
    public init(parsing bytes: some Collection<UInt8>, maximumDepth: Int = 64) throws(JSONSyntaxError) {
        var failure: JSONSyntaxError?
        var result: JSONValue?
        let attempt: (UnsafeBufferPointer<UInt8>) -> Void = { buffer in
            var parser = JSONParser(buffer, maximumDepth: maximumDepth)
            do throws(JSONSyntaxError) {
                result = try parser.document()
            } catch {
                failure = error
            }
        }
        if bytes.withContiguousStorageIfAvailable(attempt) == nil {
            ContiguousArray(bytes).withUnsafeBufferPointer(attempt)
        }
        if let failure { throw failure }
        self = result ?? .null
    }

    /// Reads one JSON document from text.
    public init(parsing text: String) throws(JSONSyntaxError) {
        try self.init(parsing: Array(text.utf8))
    }
}

/// A recursive-descent parser over one buffer; depth and therefore stack use are bounded.
private struct JSONParser {
    private let bytes: UnsafeBufferPointer<UInt8>
    private let maximumDepth: Int
    private var position = 0

    init(_ bytes: UnsafeBufferPointer<UInt8>, maximumDepth: Int) {
        self.bytes = bytes
        self.maximumDepth = maximumDepth
    }

    mutating func document() throws(JSONSyntaxError) -> JSONValue {
        skipSpace()
        let value = try self.value(depth: 0)
        skipSpace()
        guard position == bytes.count else { throw fault(.trailingText) }
        return value
    }

    private func fault(_ reason: JSONSyntaxError.Reason) -> JSONSyntaxError {
        JSONSyntaxError(
            reason: position < bytes.count || reason != .unexpectedByte ? reason : .unexpectedEnd,
            offset: position
        )
    }

    private var current: UInt8? { position < bytes.count ? bytes[position] : nil }

    private mutating func skipSpace() {
        while let byte = current, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { position += 1 }
    }

    private mutating func value(depth: Int) throws(JSONSyntaxError) -> JSONValue {
        guard let byte = current else { throw fault(.unexpectedEnd) }
        switch byte {
        case UInt8(ascii: "{"): return .object(try object(depth: depth + 1))
        case UInt8(ascii: "["): return .array(try array(depth: depth + 1))
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "t"):
            try literal("true")
            return .bool(true)
        case UInt8(ascii: "f"):
            try literal("false")
            return .bool(false)
        case UInt8(ascii: "n"):
            try literal("null")
            return .null
        default: return try number()
        }
    }

    private mutating func literal(_ text: StaticString) throws(JSONSyntaxError) {
        for index in 0..<text.utf8CodeUnitCount {
            guard current == text.utf8Start[index] else { throw fault(.unexpectedByte) }
            position += 1
        }
    }

    private mutating func object(depth: Int) throws(JSONSyntaxError) -> JSONObject {
        guard depth <= maximumDepth else { throw fault(.tooDeep) }
        position += 1
        var members: [JSONObject.Member] = []
        var names: Set<String> = []
        skipSpace()
        if current == UInt8(ascii: "}") {
            position += 1
            return JSONObject()
        }
        while true {
            skipSpace()
            guard current == UInt8(ascii: "\"") else { throw fault(.unexpectedByte) }
            let start = position
            let name = try string()
            guard names.insert(name).inserted else {
                throw JSONSyntaxError(reason: .duplicateName, offset: start)
            }
            skipSpace()
            guard current == UInt8(ascii: ":") else { throw fault(.unexpectedByte) }
            position += 1
            skipSpace()
            members.append(.init(name, try value(depth: depth)))
            skipSpace()
            if current == UInt8(ascii: ",") {
                position += 1
            } else if current == UInt8(ascii: "}") {
                position += 1
                return JSONObject(uniqueMembers: members)
            } else {
                throw fault(.unexpectedByte)
            }
        }
    }

    private mutating func array(depth: Int) throws(JSONSyntaxError) -> [JSONValue] {
        guard depth <= maximumDepth else { throw fault(.tooDeep) }
        position += 1
        var elements: [JSONValue] = []
        skipSpace()
        if current == UInt8(ascii: "]") {
            position += 1
            return elements
        }
        while true {
            skipSpace()
            elements.append(try value(depth: depth))
            skipSpace()
            if current == UInt8(ascii: ",") {
                position += 1
            } else if current == UInt8(ascii: "]") {
                position += 1
                return elements
            } else {
                throw fault(.unexpectedByte)
            }
        }
    }

    private mutating func digits() -> Int {
        let start = position
        while let byte = current, byte &- UInt8(ascii: "0") < 10 { position += 1 }
        return position - start
    }

    private mutating func number() throws(JSONSyntaxError) -> JSONValue {
        let start = position
        let negative = current == UInt8(ascii: "-")
        if negative { position += 1 }
        let leadingZero = current == UInt8(ascii: "0")
        let whole = digits()
        guard whole > 0 else { throw fault(position == start ? .unexpectedByte : .badNumber) }
        guard !leadingZero || whole == 1 else { throw fault(.badNumber) }
        var isInteger = true
        if current == UInt8(ascii: ".") {
            isInteger = false
            position += 1
            guard digits() > 0 else { throw fault(.badNumber) }
        }
        if current == UInt8(ascii: "e") || current == UInt8(ascii: "E") {
            isInteger = false
            position += 1
            if current == UInt8(ascii: "+") || current == UInt8(ascii: "-") { position += 1 }
            guard digits() > 0 else { throw fault(.badNumber) }
        }
        let text = String(decoding: bytes[start..<position], as: UTF8.self)
        if isInteger, text != "-0", let value = Int64(text) { return .integer(value) }
        guard let value = Double(text), value.isFinite else { throw fault(.badNumber) }
        return .number(value)
    }

    private mutating func string() throws(JSONSyntaxError) -> String {
        position += 1
        let start = position
        while let byte = current, byte != UInt8(ascii: "\""), byte != UInt8(ascii: "\\"), byte >= 0x20 { position += 1 }
        if current == UInt8(ascii: "\"") {
            let text = String(validating: bytes[start..<position], as: UTF8.self)
            guard let text else { throw JSONSyntaxError(reason: .badUTF8, offset: start) }
            position += 1
            return text
        }
        var unescaped = Array(bytes[start..<position])
        while let byte = current, byte != UInt8(ascii: "\"") {
            guard byte >= 0x20 else { throw fault(.controlCharacter) }
            position += 1
            if byte == UInt8(ascii: "\\") {
                unescaped.append(contentsOf: try escape())
            } else {
                unescaped.append(byte)
            }
        }
        guard current != nil else { throw fault(.unexpectedEnd) }
        guard let text = String(validating: unescaped, as: UTF8.self) else {
            throw JSONSyntaxError(reason: .badUTF8, offset: start)
        }
        position += 1
        return text
    }

    private mutating func escape() throws(JSONSyntaxError) -> [UInt8] {
        guard let byte = current else { throw fault(.unexpectedEnd) }
        position += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return [byte]
        case UInt8(ascii: "b"): return [0x08]
        case UInt8(ascii: "f"): return [0x0C]
        case UInt8(ascii: "n"): return [0x0A]
        case UInt8(ascii: "r"): return [0x0D]
        case UInt8(ascii: "t"): return [0x09]
        case UInt8(ascii: "u"): return try unicodeEscape()
        default:
            position -= 1
            throw fault(.badEscape)
        }
    }

    private mutating func unicodeEscape() throws(JSONSyntaxError) -> [UInt8] {
        var code = try hexadecimal()
        if (0xD800..<0xDC00).contains(code) {
            guard current == UInt8(ascii: "\\") else { throw fault(.badEscape) }
            position += 1
            guard current == UInt8(ascii: "u") else { throw fault(.badEscape) }
            position += 1
            let low = try hexadecimal()
            guard (0xDC00..<0xE000).contains(low) else { throw fault(.badEscape) }
            code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00)
        }
        guard let scalar = Unicode.Scalar(code) else { throw fault(.badEscape) }
        return Array(String(Character(scalar)).utf8)
    }

    private mutating func hexadecimal() throws(JSONSyntaxError) -> UInt32 {
        var value: UInt32 = 0
        for _ in 0..<4 {
            guard let byte = current else { throw fault(.unexpectedEnd) }
            guard let digit = Character(Unicode.Scalar(byte)).hexDigitValue, byte < 0x80 else {
                throw fault(.badEscape)
            }
            value = value << 4 | UInt32(digit)
            position += 1
        }
        return value
    }
}
