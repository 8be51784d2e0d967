/// A comparison of a name with a number, such as `temperature > 80`.
public struct NumericComparison: Hashable, Sendable {
    /// The name on its left.
    public var name: String
    /// `<`, `<=`, `>`, `>=`, `==` or `!=`.
    public var symbol: String
    /// The number on its right.
    public var value: Double
}

extension CompiledExpression {
    /// The comparisons of a name with a number that stand in the expression, in order: what a chart can draw as lines.
    ///
    /// One that begins with the number is turned round.
    public var comparisons: [NumericComparison] {
        guard let syntax = try? Parser.parse(SourceText(source)) else { return [] }
        var found: [NumericComparison] = []
        Self.collect(syntax, into: &found)
        return found
    }

    private static func collect(_ syntax: Syntax, into found: inout [NumericComparison]) {
        switch syntax.form {
        case .not(let operand): collect(operand, into: &found)
        case .binary(let symbol, let left, let right):
            switch symbol {
            case .and, .or:
                collect(left, into: &found)
                collect(right, into: &found)
            case .equal, .notEqual, .less, .lessOrEqual, .greater, .greaterOrEqual:
                if case .name(let name) = left.form, let value = number(right) {
                    found.append(NumericComparison(name: name, symbol: symbol.rawValue, value: value))
                } else if case .name(let name) = right.form, let value = number(left) {
                    found.append(NumericComparison(name: name, symbol: turned(symbol).rawValue, value: value))
                }
            case .add, .subtract, .multiply, .divide: break
            }
        case .number, .text, .boolean, .null, .name, .negate, .call: break
        }
    }

    private static func number(_ syntax: Syntax) -> Double? {
        switch syntax.form {
        case .number(let value): value
        case .negate(let operand): number(operand).map { -$0 }
        default: nil
        }
    }

    private static func turned(_ symbol: BinaryOperator) -> BinaryOperator {
        switch symbol {
        case .less: .greater
        case .lessOrEqual: .greaterOrEqual
        case .greater: .less
        case .greaterOrEqual: .lessOrEqual
        default: symbol
        }
    }
}
