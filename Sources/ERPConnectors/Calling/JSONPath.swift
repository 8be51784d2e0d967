import Primitives

/// A dotted path into a JSON document: `data.items`, `result.0.id`.
///
/// The empty path is the document itself.
public struct JSONPath: Hashable, Sendable {
    /// The longest identifier that is taken from an answer, in characters.
    public static let maximumIdentifierLength = 255

    /// The path as it was written.
    public let text: String
    private let steps: [String]

    /// The whole document.
    public static let document = JSONPath(text: "", steps: [])

    private init(text: String, steps: [String]) {
        self.text = text
        self.steps = steps
    }

    /// Reads a path; nil when a step is empty.
    public init?(_ text: String) {
        self.text = text
        steps =
            text.isEmpty || text == "."
            ? [] : text.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
        if steps.contains("") { return nil }
    }

    /// The value at the path; nil when there is none.
    public func value(in document: JSONValue) -> JSONValue? {
        var current = document
        for step in steps {
            if let member = current[step] {
                current = member
            } else if let elements = current.array, let index = Int(step), elements.indices.contains(index) {
                current = elements[index]
            } else {
                return nil
            }
        }
        return current
    }

    /// The identifier at the path, numbers as text; nil when there is none to rely on.
    public func identifier(in document: JSONValue) -> String? {
        guard let text = text(in: document), !text.isEmpty, !text.utf8.contains(0) else { return nil }
        // Counting characters costs far more than counting bytes, of which there are at least as many.
        let isShort = text.utf8.count <= Self.maximumIdentifierLength || text.count <= Self.maximumIdentifierLength
        return isShort ? text : nil
    }

    /// The text, number or boolean at the path as text.
    public func text(in document: JSONValue) -> String? {
        switch value(in: document) {
        case .string(let text): text
        case .integer(let number): String(number)
        case .number(let number): JSONValue.text(of: number)
        case .bool(let bool): bool ? "true" : "false"
        default: nil
        }
    }
}
