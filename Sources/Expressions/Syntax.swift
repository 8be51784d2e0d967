/// A parsed expression; equality ignores where it stands.
package struct Syntax: Equatable, Sendable {
    /// The kinds of expression.
    package indirect enum Form: Equatable, Sendable {
        case number(Double)
        case text(String)
        case boolean(Bool)
        case null
        case name(String)
        case negate(Syntax)
        case not(Syntax)
        case binary(BinaryOperator, Syntax, Syntax)
        case call(String, [Syntax])
    }

    /// What it is.
    package var form: Form
    /// The bytes of the source that it takes.
    package var range: Range<Int>

    /// Makes a node; one that comes from no source has an empty range.
    package init(_ form: Form, _ range: Range<Int> = 0..<0) {
        self.form = form
        self.range = range
    }

    package static func == (left: Syntax, right: Syntax) -> Bool { left.form == right.form }
}

/// The operators between two operands.
package enum BinaryOperator: String, CaseIterable, Sendable {
    case or
    case and
    case equal = "=="
    case notEqual = "!="
    case less = "<"
    case lessOrEqual = "<="
    case greater = ">"
    case greaterOrEqual = ">="
    case add = "+"
    case subtract = "-"
    case multiply = "*"
    case divide = "/"

    /// How tightly it binds; higher binds first.
    var precedence: Precedence {
        switch self {
        case .or: .or
        case .and: .and
        case .equal, .notEqual, .less, .lessOrEqual, .greater, .greaterOrEqual: .comparison
        case .add, .subtract: .sum
        case .multiply, .divide: .product
        }
    }
}

/// How tightly the forms of an expression bind, loosest first.
enum Precedence: Int, Comparable {
    case or
    case and
    case not
    case comparison
    case sum
    case product
    case prefix
    case primary

    static func < (left: Precedence, right: Precedence) -> Bool { left.rawValue < right.rawValue }
}
