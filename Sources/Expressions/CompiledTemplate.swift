/// A text with placeholders, such as `Bearing of ${asset.name} at ${round(temperature, 1)} °C`.
///
/// A template that is exactly one placeholder keeps the type of its value; any other gives a text, in which numbers
/// take their shortest form that reads back equal. `$${` stands for a literal `${`.
public struct CompiledTemplate: Sendable {
    enum Segment: Sendable {
        case text(String)
        case placeholder(CompiledExpression)
    }

    /// What was compiled.
    public let source: String
    private let segments: [Segment]

    /// Parses a template and checks its placeholders.
    ///
    /// - Parameters:
    ///   - source: the template's text.
    ///   - scope: the names that its placeholders may use.
    /// - Throws: ``ExpressionError``, with the place of the fault in the whole template.
    public init(_ source: String, scope: Scope) throws(ExpressionError) {
        self.source = source
        segments = try TemplateParser(source).segments(scope)
    }

    /// The names that it uses, in order of their first use.
    public var usedNames: [String] {
        var names: [String] = []
        for case .placeholder(let expression) in segments {
            names += expression.usedNames.filter { !names.contains($0) }
        }
        return names
    }

    /// The type of its values: that of its single placeholder, else text.
    public var type: ValueType { single?.type ?? .text }

    /// The expression of a template that is exactly one placeholder.
    private var single: CompiledExpression? {
        if segments.count == 1, case .placeholder(let expression) = segments[0] { expression } else { nil }
    }

    /// Its value for the given values of names.
    ///
    /// A template that is exactly one placeholder gives ``Value/null`` when that has no value; within a text, a
    /// placeholder without a value is a failure.
    public func render(_ values: some ValueSource) throws(TemplateFailure) -> Value {
        if let single { return single.evaluate(values) }
        return .text(try text(values))
    }

    /// Its text for the given values of names, whatever its type.
    ///
    /// - Parameters:
    ///   - values: the values of names.
    ///   - escaping: what to do with the text of each placeholder, such as percent-encoding.
    /// - Returns: the text.
    /// - Throws: ``TemplateFailure`` when a placeholder has no value or the text is too long.
    public func text(
        _ values: some ValueSource,
        escaping: (String) -> String = { $0 }
    ) throws(TemplateFailure) -> String {
        var result = ""
        for segment in segments {
            switch segment {
            case .text(let text): result += text
            case .placeholder(let expression):
                guard let text = expression.evaluate(values).rendered else {
                    throw TemplateFailure(reason: .noValue, placeholder: expression.source)
                }
                result += escaping(text)
            }
            guard result.utf8.count <= ExpressionLimits.textBytes else {
                throw TemplateFailure(reason: .tooLong, placeholder: nil)
            }
        }
        return result
    }
}

/// Why a template gave no text.
public struct TemplateFailure: Error, Hashable, Sendable, CustomStringConvertible {
    /// The kind of failure; stable.
    public enum Reason: String, Sendable {
        /// A placeholder's value is null.
        case noValue = "no-value"
        /// The text exceeds ``ExpressionLimits/textBytes``.
        case tooLong = "too-long"
    }

    /// The kind of failure.
    public var reason: Reason
    /// The expression of the placeholder at fault.
    public var placeholder: String?

    /// One sentence that names the placeholder.
    public var description: String {
        switch reason {
        case .noValue: "${\(placeholder ?? "")} has no value."
        case .tooLong: "The text is longer than \(ExpressionLimits.textBytes) bytes."
        }
    }
}
