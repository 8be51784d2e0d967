/// Splits a template into literal text and placeholders.
struct TemplateParser {
    private let source: SourceText

    init(_ source: String) {
        self.source = SourceText(source)
    }

    /// The template's parts; neighbouring literal texts are one.
    func segments(_ scope: Scope) throws(ExpressionError) -> [CompiledTemplate.Segment] {
        guard source.bytes.count <= ExpressionLimits.sourceBytes else {
            throw source.error(
                .tooLong,
                0..<source.bytes.count,
                "A template has at most \(ExpressionLimits.sourceBytes) bytes; this one has \(source.bytes.count)."
            )
        }
        var segments: [CompiledTemplate.Segment] = []
        var literal: [UInt8] = []
        var position = 0
        while position < source.bytes.count {
            if starts("$${", at: position) {
                literal.append(contentsOf: "${".utf8)
                position += 3
            } else if starts("${", at: position) {
                if !literal.isEmpty { segments.append(.text(String(decoding: literal, as: UTF8.self))) }
                literal = []
                let (expression, end) = try placeholder(at: position, scope)
                segments.append(.placeholder(expression))
                position = end
            } else {
                literal.append(source.bytes[position])
                position += 1
            }
        }
        if !literal.isEmpty { segments.append(.text(String(decoding: literal, as: UTF8.self))) }
        return segments
    }

    private func starts(_ prefix: StaticString, at position: Int) -> Bool {
        guard position + prefix.utf8CodeUnitCount <= source.bytes.count else { return false }
        return (0..<prefix.utf8CodeUnitCount).allSatisfy { source.bytes[position + $0] == prefix.utf8Start[$0] }
    }

    private func placeholder(
        at start: Int,
        _ scope: Scope
    ) throws(ExpressionError) -> (expression: CompiledExpression, end: Int) {
        var lexer = Lexer(source, from: start + 2, isInTemplate: true)
        let tokens = try lexer.tokens()
        guard let last = tokens.last, last.kind == .symbol(.rightBrace) else {
            throw source.error(.syntax, start..<start + 2, "This placeholder is never closed; \"}\" is missing.")
        }
        var parser = Parser(source, tokens)
        let syntax = try parser.whole()
        let excerpt = source.excerpt(start + 2..<last.range.lowerBound)
        let expression = try CompiledExpression(syntax, of: source, excerpt: excerpt, scope: scope, expecting: nil)
        return (expression, last.range.upperBound)
    }
}
