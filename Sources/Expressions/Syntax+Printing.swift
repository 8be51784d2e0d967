import Primitives

extension Syntax: CustomStringConvertible {
    /// The expression with as few parentheses as keep its meaning.
    package var description: String { printed(atLeast: .or) }

    private var precedence: Precedence {
        switch form {
        case .number, .text, .boolean, .null, .name, .call: .primary
        case .negate: .prefix
        case .not: .not
        case .binary(let symbol, _, _): symbol.precedence
        }
    }

    private func printed(atLeast minimum: Precedence) -> String {
        precedence < minimum ? "(\(bare))" : bare
    }

    private var bare: String {
        switch form {
        case .number(let value): JSONValue.text(of: value)
        case .text(let text): Self.quoted(text)
        case .boolean(let value): value ? "true" : "false"
        case .null: "null"
        case .name(let name): Self.name(name)
        case .negate(let operand): "-" + operand.printed(atLeast: .prefix)
        case .not(let operand): "not " + operand.printed(atLeast: .not)
        case .binary(let symbol, let left, let right): Self.joined(symbol, left, right)
        case .call(let function, let arguments):
            "\(function)(\(arguments.map { $0.printed(atLeast: .or) }.joined(separator: ", ")))"
        }
    }

    /// Operators group to the left; comparisons do not group at all.
    private static func joined(_ symbol: BinaryOperator, _ left: Syntax, _ right: Syntax) -> String {
        let own = symbol.precedence
        let tighter = Precedence(rawValue: own.rawValue + 1) ?? .primary
        let leftText = left.printed(atLeast: own == .comparison ? tighter : own)
        return "\(leftText) \(symbol.rawValue) \(right.printed(atLeast: tighter))"
    }

    private static func quoted(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case "\r": result += "\\r"
            case "\t": result += "\\t"
            case "\u{1}"..<" ": result += "\\u{\(String(scalar.value, radix: 16))}"
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }

    /// A name as it must be written: components that are not plain words stand between backquotes.
    private static func name(_ name: String) -> String {
        let components = name.split(separator: ".", omittingEmptySubsequences: false)
        let isPlain = components.allSatisfy { component in
            component.utf8.first.map { !(0x30...0x39).contains($0) } == true
                && component.utf8.allSatisfy {
                    $0 == 0x5F || $0 | 0x20 >= 0x61 && $0 | 0x20 <= 0x7A || 0x30...0x39 ~= $0
                }
        }
        let isKeyword = components.count == 1 && Token.Keyword(rawValue: name) != nil
        return isPlain && !isKeyword ? name : "`\(name)`"
    }
}
