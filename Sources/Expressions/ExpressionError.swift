/// Where something stands in a source text.
public struct SourcePosition: Hashable, Sendable {
    /// UTF-16 code units before it, as browsers count; 0 is the start.
    public var offset: Int
    /// Its UTF-16 code units; 0 at the end of the source.
    public var length: Int
    /// Its line, from 1.
    public var line: Int
    /// Its first character in that line, from 1.
    public var column: Int
}

/// Why an expression or template is not accepted, and where.
public struct ExpressionError: Error, Hashable, Sendable {
    /// The kind of fault; stable.
    public enum Code: String, CaseIterable, Sendable {
        /// The text does not follow the grammar.
        case syntax
        /// The source exceeds ``ExpressionLimits/sourceBytes``.
        case tooLong = "too-long"
        /// The source exceeds ``ExpressionLimits/nesting``.
        case tooDeep = "too-deep"
        /// The source exceeds ``ExpressionLimits/nodes``.
        case tooComplex = "too-complex"
        /// A name is not in the scope.
        case unknownName = "unknown-name"
        /// A function does not exist.
        case unknownFunction = "unknown-function"
        /// A function got too few or too many arguments.
        case arguments
        /// An operand or the result has a type that does not fit.
        case typeMismatch = "type-mismatch"
    }

    /// The kind of fault.
    public var code: Code
    /// What is wrong and what to do, in a sentence or two.
    public var message: String
    /// Where it is.
    public var position: SourcePosition

    /// The message with its position, for places that show one text only.
    public var detail: String { "Line \(position.line), column \(position.column): \(message)" }
}

/// A source text that can tell where a byte stands.
struct SourceText: Sendable {
    let text: String
    let bytes: [UInt8]

    init(_ text: String) {
        self.text = text
        bytes = Array(text.utf8)
    }

    /// Makes an error about a range of bytes.
    func error(_ code: ExpressionError.Code, _ range: Range<Int>, _ message: String) -> ExpressionError {
        ExpressionError(code: code, message: message, position: position(of: range))
    }

    /// The source within a range of bytes.
    func excerpt(_ range: Range<Int>) -> String {
        String(decoding: bytes[range], as: UTF8.self)
    }

    private func position(of range: Range<Int>) -> SourcePosition {
        let before = excerpt(0..<range.lowerBound)
        let lines = bytes[..<range.lowerBound].count { $0 == UInt8(ascii: "\n") }
        let lineStart = (bytes[..<range.lowerBound].lastIndex(of: UInt8(ascii: "\n")) ?? -1) + 1
        return SourcePosition(
            offset: before.utf16.count,
            length: excerpt(range).utf16.count,
            line: lines + 1,
            column: excerpt(lineStart..<range.lowerBound).count + 1
        )
    }
}
