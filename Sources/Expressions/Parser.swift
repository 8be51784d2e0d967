/// Makes a syntax tree of tokens by recursive descent; depth and size are bounded.
struct Parser {
    private let source: SourceText
    private let tokens: [Token]
    private var index = 0
    private var depth = 0
    private var nodes = 0

    /// Starts on tokens that end with `end` or `}`.
    init(_ source: SourceText, _ tokens: [Token]) {
        self.source = source
        self.tokens = tokens
    }

    /// Parses a whole source as one expression.
    static func parse(_ source: SourceText) throws(ExpressionError) -> Syntax {
        guard source.bytes.count <= ExpressionLimits.sourceBytes else {
            throw source.error(
                .tooLong,
                0..<source.bytes.count,
                "An expression has at most \(ExpressionLimits.sourceBytes) bytes; this one has \(source.bytes.count)."
            )
        }
        var lexer = Lexer(source)
        var parser = Parser(source, try lexer.tokens())
        return try parser.whole()
    }

    /// One expression up to the last token.
    mutating func whole() throws(ExpressionError) -> Syntax {
        if isAtEnd {
            throw source.error(.syntax, token.range, "An expression is missing here.")
        }
        let expression = try alternative()
        guard isAtEnd else { throw unexpected() }
        return expression
    }

    private var token: Token { tokens[index] }
    private var isAtEnd: Bool { index == tokens.count - 1 }

    private mutating func take(_ symbol: Token.Symbol) -> Bool {
        guard token.kind == .symbol(symbol), !isAtEnd else { return false }
        index += 1
        return true
    }

    private func unexpected() -> ExpressionError {
        let text = source.excerpt(token.range)
        let message =
            switch token.kind {
            case .end, .symbol(.rightBrace): "The expression ends too early."
            case .keyword(.not): "Put \"not\" and what follows it in parentheses here."
            case .symbol(.rightParenthesis): "This parenthesis was never opened, or an operand is missing before it."
            case .number, .text, .name: "An operator is missing before \(text)."
            default: "\(text) does not belong here."
            }
        return source.error(.syntax, token.range, message)
    }

    private mutating func node(_ form: Syntax.Form, _ range: Range<Int>) throws(ExpressionError) -> Syntax {
        nodes += 1
        guard nodes <= ExpressionLimits.nodes else {
            throw source.error(
                .tooComplex,
                range,
                "An expression has at most \(ExpressionLimits.nodes) operands and operators."
            )
        }
        return Syntax(form, range)
    }

    private mutating func enter() throws(ExpressionError) {
        depth += 1
        guard depth <= ExpressionLimits.nesting else {
            throw source.error(
                .tooDeep,
                token.range,
                "Nested too deeply; at most \(ExpressionLimits.nesting) levels are allowed."
            )
        }
    }
}

extension Parser {
    private mutating func alternative() throws(ExpressionError) -> Syntax {
        var left = try conjunction()
        while token.kind == .keyword(.or) {
            index += 1
            left = try binary(.or, left, try conjunction())
        }
        return left
    }

    private mutating func conjunction() throws(ExpressionError) -> Syntax {
        var left = try negation()
        while token.kind == .keyword(.and) {
            index += 1
            left = try binary(.and, left, try negation())
        }
        return left
    }

    private mutating func negation() throws(ExpressionError) -> Syntax {
        guard token.kind == .keyword(.not) else { return try comparison() }
        let start = token.range.lowerBound
        try enter()
        index += 1
        let operand = try negation()
        depth -= 1
        return try node(.not(operand), start..<operand.range.upperBound)
    }

    private mutating func comparison() throws(ExpressionError) -> Syntax {
        let left = try chain(of: .sum)
        guard let symbol = binaryOperator(of: .comparison) else { return left }
        index += 1
        let whole = try binary(symbol, left, try chain(of: .sum))
        if binaryOperator(of: .comparison) != nil {
            throw source.error(
                .syntax,
                token.range,
                "Comparisons cannot be chained; write \"a < b and b < c\"."
            )
        }
        return whole
    }

    /// A sum, or a product, which groups to the left.
    private mutating func chain(of level: Precedence) throws(ExpressionError) -> Syntax {
        var left = try level == .sum ? chain(of: .product) : prefixed()
        while let symbol = binaryOperator(of: level) {
            index += 1
            left = try binary(symbol, left, try level == .sum ? chain(of: .product) : prefixed())
        }
        return left
    }

    private func binaryOperator(of level: Precedence) -> BinaryOperator? {
        guard case .symbol(let symbol) = token.kind, let binary = BinaryOperator(rawValue: symbol.rawValue),
            binary.precedence == level
        else { return nil }
        return binary
    }

    private mutating func binary(
        _ symbol: BinaryOperator,
        _ left: Syntax,
        _ right: Syntax
    ) throws(ExpressionError) -> Syntax {
        try node(.binary(symbol, left, right), left.range.lowerBound..<right.range.upperBound)
    }

    private mutating func prefixed() throws(ExpressionError) -> Syntax {
        let start = token.range.lowerBound
        guard token.kind == .symbol(.minus) else { return try primary() }
        try enter()
        index += 1
        let operand = try prefixed()
        depth -= 1
        return try node(.negate(operand), start..<operand.range.upperBound)
    }

    private mutating func primary() throws(ExpressionError) -> Syntax {
        let token = token
        if isAtEnd { throw unexpected() }
        switch token.kind {
        case .number(let value):
            index += 1
            return try node(.number(value), token.range)
        case .text(let text):
            index += 1
            return try node(.text(text), token.range)
        case .keyword(.true), .keyword(.false):
            index += 1
            return try node(.boolean(token.kind == .keyword(.true)), token.range)
        case .keyword(.null):
            index += 1
            return try node(.null, token.range)
        case .name(let name):
            index += 1
            return try take(.leftParenthesis) ? call(name, token.range) : node(.name(name), token.range)
        case .symbol(.leftParenthesis): return try parenthesized()
        case .symbol(.plus), .symbol(.times), .symbol(.divide), .symbol(.comma), .keyword(.and), .keyword(.or):
            throw source.error(
                .syntax,
                token.range,
                "An operand is missing before \"\(source.excerpt(token.range))\"."
            )
        default: throw unexpected()
        }
    }

    private mutating func parenthesized() throws(ExpressionError) -> Syntax {
        let start = token.range
        try enter()
        index += 1
        let inner = try alternative()
        let end = token.range.upperBound
        guard take(.rightParenthesis) else { throw unclosed(start) }
        depth -= 1
        return Syntax(inner.form, start.lowerBound..<end)
    }

    private mutating func call(_ function: String, _ name: Range<Int>) throws(ExpressionError) -> Syntax {
        try enter()
        let opening = tokens[index - 1].range
        var arguments: [Syntax] = []
        if token.kind != .symbol(.rightParenthesis) {
            repeat { arguments.append(try alternative()) } while take(.comma)
        }
        let end = token.range.upperBound
        guard take(.rightParenthesis) else { throw unclosed(opening) }
        depth -= 1
        return try node(.call(function, arguments), name.lowerBound..<end)
    }

    private func unclosed(_ opening: Range<Int>) -> ExpressionError {
        isAtEnd ? source.error(.syntax, opening, "This parenthesis is never closed.") : unexpected()
    }
}

extension Syntax {
    /// Parses a source without looking at the meaning of its names.
    package init(parsing source: String) throws(ExpressionError) {
        self = try Parser.parse(SourceText(source))
    }
}
