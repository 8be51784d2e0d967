/// An expression that was parsed and checked against a scope, ready to be evaluated any number of times.
///
/// Evaluation is total: it has a value for all inputs, takes bounded time and has no effects.
public struct CompiledExpression: Sendable {
    /// What was compiled, in one place, so that passing an expression on costs one count.
    private final class Compilation: Sendable {
        let source: String
        let usedNames: [String]
        let program: Program

        init(source: String, usedNames: [String], program: Program) {
            self.source = source
            self.usedNames = usedNames
            self.program = program
        }
    }

    private let compilation: Compilation

    /// What was compiled.
    public var source: String { compilation.source }
    /// The names it uses, in order of their first use.
    public var usedNames: [String] { compilation.usedNames }

    /// Parses and checks an expression.
    ///
    /// - Parameters:
    ///   - source: the expression's text.
    ///   - scope: the names it may use.
    ///   - expecting: the type that it must have; nil accepts any but a location.
    /// - Throws: ``ExpressionError``, with the place of the fault.
    public init(_ source: String, scope: Scope, expecting: ValueType? = nil) throws(ExpressionError) {
        let text = SourceText(source)
        try self.init(try Parser.parse(text), of: text, excerpt: source, scope: scope, expecting: expecting)
    }

    init(
        _ syntax: Syntax,
        of text: SourceText,
        excerpt: String,
        scope: Scope,
        expecting: ValueType?
    ) throws(ExpressionError) {
        var compiler = Compiler(text, scope: scope)
        try compiler.compile(syntax, expecting: expecting)
        compilation = Compilation(source: excerpt, usedNames: compiler.usedNames, program: compiler.program)
    }

    /// Checks an expression's grammar alone, for when nothing is known about its names.
    public static func checkSyntax(_ source: String) throws(ExpressionError) {
        _ = try Parser.parse(SourceText(source))
    }

    /// The type of its values; for ``ValueType/state`` they are booleans and texts.
    public var type: ValueType { compilation.program.type }

    /// Its value for the given values of names.
    public func evaluate(_ values: some ValueSource) -> Value {
        compilation.program.value(values)
    }

    /// The truth of a boolean expression over a reading's slots; nil for null.
    ///
    /// The path of rules: allocates nothing unless the expression handles texts.
    public func condition(over slots: [Double]) -> Bool? {
        let number = compilation.program.number(RowSource(slots))
        return number.isNaN || type != .boolean ? nil : number != 0
    }

    /// The value of a numeric expression over a reading's slots; nil for null.
    public func number(over slots: [Double]) -> Double? {
        let number = compilation.program.number(RowSource(slots))
        return number.isNaN || type != .number ? nil : number
    }
}
