/// The functions of the language.
enum Function: String, CaseIterable {
    case absolute = "abs"
    case ceiling = "ceil"
    case coalesce
    case concatenate = "concat"
    case floor
    case select = "if"
    case length = "len"
    case lowercase = "lower"
    case maximum = "max"
    case minimum = "min"
    case round
    case uppercase = "upper"

    /// How many arguments it takes.
    var arity: ClosedRange<Int> {
        switch self {
        case .absolute, .ceiling, .floor, .length, .lowercase, .uppercase: 1...1
        case .round: 1...2
        case .select: 3...3
        case .coalesce, .concatenate, .maximum, .minimum: 1...ExpressionLimits.nodes
        }
    }

    /// How to write it, for messages.
    var usage: String {
        switch self {
        case .absolute, .ceiling, .floor: "\(rawValue)(number)"
        case .length, .lowercase, .uppercase: "\(rawValue)(text)"
        case .coalesce: "coalesce(value, instead, …)"
        case .concatenate: "concat(value, …)"
        case .maximum, .minimum: "\(rawValue)(number, …)"
        case .round: "round(number, digits)"
        case .select: "if(condition, value, otherwise)"
        }
    }
}
