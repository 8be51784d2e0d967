import Primitives

/// What an expression or a name can be.
public enum ValueType: String, CaseIterable, Sendable {
    /// A finite number.
    case number
    /// True or false.
    case boolean
    /// A text.
    case text
    /// A state metric: a boolean or a text, known by its code. It can be tested with `==` and `!=` only.
    case state
    /// A position; it has the number fields `.lat` and `.lon` and can be tested for `null`.
    case location

    /// The type as a noun with its article, for messages.
    var phrase: String { "a \(rawValue)" }
}

/// What an evaluation results in.
public enum Value: Hashable, Sendable {
    /// Unknown: something that was needed is absent, or the calculation has no finite result.
    case null
    /// A finite number.
    case number(Double)
    /// True or false.
    case boolean(Bool)
    /// A text of at most ``ExpressionLimits/textBytes`` bytes.
    case text(String)

    /// The value as JSON.
    public var json: JSONValue {
        switch self {
        case .null: .null
        case .number(let number): .number(number)
        case .boolean(let boolean): .bool(boolean)
        case .text(let text): .string(text)
        }
    }

    /// The value as it stands within a text: numbers in their shortest form that reads back equal; nil for null.
    public var rendered: String? {
        switch self {
        case .null: nil
        case .number(let number): JSONValue.text(of: number)
        case .boolean(let boolean): boolean ? "true" : "false"
        case .text(let text): text
        }
    }
}

/// The bounds that keep every compilation and evaluation small.
public enum ExpressionLimits {
    /// Longest source of an expression or template, in bytes of UTF-8.
    public static let sourceBytes = 4_096
    /// How deep parentheses, calls and prefix operators may stand inside one another.
    public static let nesting = 64
    /// How many operands and operators one expression may have.
    public static let nodes = 1_024
    /// Longest text that an evaluation gives, in bytes of UTF-8.
    ///
    /// A longer one is null, or in a template a failure.
    public static let textBytes = 4_096
}
