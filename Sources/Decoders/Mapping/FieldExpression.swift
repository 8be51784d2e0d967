import Expressions

/// An expression over `value`, the value that a payload has for a field.
///
/// Values of payloads have no type until they come, so it is compiled for each type that it makes sense for: `value *
/// 0.1` for numbers, `value == "ON"` for texts.
public struct FieldExpression: Sendable {
    /// The expression's text.
    public let source: String
    private let number: CompiledExpression?
    private let text: CompiledExpression?
    private let flag: CompiledExpression?

    /// Compiles an expression.
    ///
    /// - Throws: `ExpressionError` when it fits no type of `value`; that for a number.
    public init(_ source: String) throws(ExpressionError) {
        self.source = source
        let failure: ExpressionError?
        do throws(ExpressionError) {
            number = try Self.compile(source, .number)
            failure = nil
        } catch {
            number = nil
            failure = error
        }
        text = try? Self.compile(source, .text)
        flag = try? Self.compile(source, .boolean)
        if let failure, text == nil, flag == nil { throw failure }
    }

    private static func compile(_ source: String, _ type: ValueType) throws(ExpressionError) -> CompiledExpression {
        var scope = Scope()
        scope.add("value", type, slot: 0)
        return try CompiledExpression(source, scope: scope)
    }

    /// The types that it can result in.
    public var resultTypes: Set<ValueType> {
        Set([number, text, flag].compactMap { $0?.type })
    }

    /// The result for a value; nil when the expression does not take a value of this type.
    public func result(for value: FieldValue) -> FieldValue? {
        let result: Value?
        switch value {
        case .number(let number): result = self.number?.evaluate(OneValue(number: number, text: nil))
        case .flag(let flag): result = self.flag?.evaluate(OneValue(number: flag ? 1 : 0, text: nil))
        case .text(let text): result = self.text?.evaluate(OneValue(number: .nan, text: text))
        case .location: return nil
        case .absent: return .absent
        }
        switch result {
        case .number(let number): return .number(number)
        case .boolean(let flag): return .flag(flag)
        case .text(let text): return .text(text)
        case .null: return .absent
        case nil: return nil
        }
    }
}

/// The one slot that `value` stands in.
private struct OneValue: ValueSource {
    let number: Double
    let text: String?

    func number(at slot: Int) -> Double { slot == 0 ? number : .nan }

    func text(at slot: Int) -> String? { slot == 0 ? text : nil }
}
