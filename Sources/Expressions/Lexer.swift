/// Splits a source into tokens.
///
/// In a template it ends at the `}` that closes the placeholder.
struct Lexer {
    private let source: SourceText
    private let isInTemplate: Bool
    private var position: Int

    init(_ source: SourceText, from position: Int = 0, isInTemplate: Bool = false) {
        self.source = source
        self.position = position
        self.isInTemplate = isInTemplate
    }

    /// All tokens, the last of which is `end` or, in a template, `}`.
    mutating func tokens() throws(ExpressionError) -> [Token] {
        var tokens: [Token] = []
        while true {
            let token = try next()
            tokens.append(token)
            if token.kind == .end || token.kind == .symbol(.rightBrace) { return tokens }
        }
    }

    private var current: UInt8? { byte(0) }

    private func byte(_ distance: Int) -> UInt8? {
        position + distance < source.bytes.count ? source.bytes[position + distance] : nil
    }

    private mutating func next() throws(ExpressionError) -> Token {
        while let byte = current, byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D { position += 1 }
        let start = position
        guard let byte = current else { return Token(kind: .end, range: start..<start) }
        let kind: Token.Kind
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): kind = try number()
        case UInt8(ascii: "\""), UInt8(ascii: "'"): kind = .text(try text(quote: byte))
        default: kind = try isNameStart ? name() : .symbol(symbol(byte))
        }
        return Token(kind: kind, range: start..<position)
    }
}

extension Lexer {
    private mutating func number() throws(ExpressionError) -> Token.Kind {
        let start = position
        skipDigits()
        if current == UInt8(ascii: "."), byte(1).map(Self.isDigit) == true {
            position += 1
            skipDigits()
        }
        if current == UInt8(ascii: "e") || current == UInt8(ascii: "E") {
            let isSigned = byte(1) == UInt8(ascii: "+") || byte(1) == UInt8(ascii: "-")
            if byte(isSigned ? 2 : 1).map(Self.isDigit) == true {
                position += isSigned ? 2 : 1
                skipDigits()
            }
        }
        if isNameStart || current == UInt8(ascii: ".") {
            throw source.error(.syntax, start..<position + UTF8.width(scalar), "This is not a number.")
        }
        guard let value = Double(source.excerpt(start..<position)), value.isFinite else {
            throw source.error(.syntax, start..<position, "This number is too large.")
        }
        return .number(value)
    }

    private mutating func skipDigits() {
        while let byte = current, Self.isDigit(byte) { position += 1 }
    }

    private static func isDigit(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
    }
}

extension Lexer {
    private mutating func text(quote: UInt8) throws(ExpressionError) -> String {
        let start = position
        position += 1
        var bytes: [UInt8] = []
        while let byte = current, byte != quote {
            if byte == UInt8(ascii: "\\") {
                bytes.append(contentsOf: try escape().utf8)
            } else {
                bytes.append(byte)
                position += 1
            }
        }
        guard current != nil else {
            throw source.error(.syntax, start..<position, "This text is not closed: its quotation mark is missing.")
        }
        position += 1
        return String(decoding: bytes, as: UTF8.self)
    }

    private mutating func escape() throws(ExpressionError) -> String {
        let start = position
        let following = byte(1)
        position = min(position + 2, source.bytes.count)
        switch following {
        case UInt8(ascii: "n"): return "\n"
        case UInt8(ascii: "r"): return "\r"
        case UInt8(ascii: "t"): return "\t"
        case UInt8(ascii: "\\"): return "\\"
        case UInt8(ascii: "\""): return "\""
        case UInt8(ascii: "'"): return "'"
        case UInt8(ascii: "u"):
            if let scalar = bracedScalar() { return String(Character(scalar)) }
        default: break
        }
        position = min(position, source.bytes.count)
        let end = following.map { $0 < 0x80 } == true ? start + 2 : start + 1
        throw source.error(
            .syntax,
            start..<end,
            "Unknown escape; there are \\\" \\' \\\\ \\n \\r \\t and \\u{1F600}."
        )
    }

    /// Reads `{hexadecimal}`; U+0000 is refused, since no database stores it in a text.
    private mutating func bracedScalar() -> Unicode.Scalar? {
        guard current == UInt8(ascii: "{") else { return nil }
        let digits = source.bytes[(position + 1)...].prefix(7).prefix { $0 != UInt8(ascii: "}") }
        let isHexadecimal = digits.allSatisfy { Character(Unicode.Scalar($0)).isHexDigit && $0 < 0x80 }
        guard (1...6).contains(digits.count), isHexadecimal,
            let code = UInt32(String(decoding: digits, as: UTF8.self), radix: 16), code > 0,
            let scalar = Unicode.Scalar(code), byte(digits.count + 1) == UInt8(ascii: "}")
        else { return nil }
        position += digits.count + 2
        return scalar
    }
}

extension Lexer {
    private var isNameStart: Bool {
        guard let byte = current else { return false }
        return byte == UInt8(ascii: "`") || byte == UInt8(ascii: "_") || Self.isLetter(byte)
            || byte >= 0x80 && scalar.properties.isAlphabetic
    }

    private static func isLetter(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
    }

    /// The scalar at the position, which must stand at the start of one.
    private var scalar: Unicode.Scalar {
        let rest = source.bytes[position..<min(position + 4, source.bytes.count)]
        return String(decoding: rest, as: UTF8.self).unicodeScalars.first ?? " "
    }

    private mutating func name() throws(ExpressionError) -> Token.Kind {
        let isPlain = current != UInt8(ascii: "`")
        var name = try component()
        if isPlain, let keyword = Token.Keyword(rawValue: name) { return .keyword(keyword) }
        while current == UInt8(ascii: ".") {
            let dot = position
            position += 1
            guard isNameStart else {
                throw source.error(.syntax, dot..<position, "A name must follow this dot.")
            }
            name += "." + (try component())
        }
        return .name(name)
    }

    /// A plain name, or any text between backquotes for names such as `` `oil-level` ``.
    private mutating func component() throws(ExpressionError) -> String {
        let start = position
        guard current == UInt8(ascii: "`") else {
            while let byte = current, isNameStart && byte != UInt8(ascii: "`") || Self.isDigit(byte) {
                position += byte < 0x80 ? 1 : UTF8.width(scalar)
            }
            return source.excerpt(start..<position)
        }
        position += 1
        while let byte = current, byte != UInt8(ascii: "`") { position += 1 }
        guard current != nil, position > start + 1 else {
            throw source.error(.syntax, start..<position, "This name is empty or its closing backquote is missing.")
        }
        position += 1
        return source.excerpt(start + 1..<position - 1)
    }
}

extension Lexer {
    private mutating func symbol(_ byte: UInt8) throws(ExpressionError) -> Token.Symbol {
        let start = position
        for length in [2, 1] where start + length <= source.bytes.count {
            let text = String(decoding: source.bytes[start..<start + length], as: UTF8.self)
            guard let symbol = Token.Symbol(rawValue: text) else { continue }
            if symbol == .rightBrace, !isInTemplate { break }
            position += length
            return symbol
        }
        let hint =
            switch byte {
            case UInt8(ascii: "="): "Compare with \"==\"."
            case UInt8(ascii: "&"): "Write \"and\"."
            case UInt8(ascii: "|"): "Write \"or\"."
            case UInt8(ascii: "!"): "Write \"not\" or \"!=\"."
            default: "This character does not belong here."
            }
        throw source.error(.syntax, start..<start + UTF8.width(scalar), hint)
    }
}
