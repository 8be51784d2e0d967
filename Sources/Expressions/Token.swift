/// One lexical element of an expression.
struct Token {
    /// What it is.
    enum Kind: Hashable {
        case number(Double)
        case text(String)
        /// A possibly dotted name; not a keyword.
        case name(String)
        case keyword(Keyword)
        case symbol(Symbol)
        case end
    }

    /// The reserved words.
    enum Keyword: String {
        case and
        case or
        case not
        case `true`
        case `false`
        case null
    }

    /// Operators and punctuation.
    enum Symbol: String {
        case plus = "+"
        case minus = "-"
        case times = "*"
        case divide = "/"
        case leftParenthesis = "("
        case rightParenthesis = ")"
        case comma = ","
        case equal = "=="
        case notEqual = "!="
        case less = "<"
        case lessOrEqual = "<="
        case greater = ">"
        case greaterOrEqual = ">="
        /// Ends a template's placeholder.
        case rightBrace = "}"
    }

    var kind: Kind
    /// The bytes of the source that it takes.
    var range: Range<Int>
}
