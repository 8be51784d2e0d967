import Expressions
import Primitives

/// A field of a form: an option of a connector, or a field of a mapping.
public struct FormField: Hashable, Sendable {
    /// What may be filled in.
    public enum Kind: String, Sendable {
        case text
        /// A text of several lines, such as a certificate.
        case multiline
        case number
        case boolean
        /// One of ``FormField/choices``, or of the live list ``FormField/list``.
        case choice
        /// The reference of an item of stock: a text, for which ``ERPConnector/items(after:)`` gives proposals.
        case item
        /// A JSON document.
        case object
    }

    /// The name in the document.
    public var name: String
    /// What people read.
    public var label: String
    /// What to fill in, in a sentence.
    public var help: String
    /// What may be filled in.
    public var kind: Kind
    /// Whether it must be given.
    public var isRequired: Bool
    /// What stands for an absent value; for fields of a mapping a template that the form begins with.
    public var initial: JSONValue?
    /// The ERP's limit, in characters; longer texts are shortened by ``fit(_:)`` before they are sent.
    public var maximumLength: Int?
    /// A fixed pick list.
    public var choices: [Choice]
    /// The name of a live pick list, for ``ERPConnector/choices(_:)``.
    public var list: String?

    /// Makes a field.
    public init(
        _ name: String,
        _ label: String,
        _ help: String,
        kind: Kind = .text,
        isRequired: Bool = false,
        initial: JSONValue? = nil,
        maximumLength: Int? = nil,
        choices: [Choice] = [],
        list: String? = nil
    ) {
        self.name = name
        self.label = label
        self.help = help
        self.kind = kind
        self.isRequired = isRequired
        self.initial = initial
        self.maximumLength = maximumLength
        self.choices = choices
        self.list = list
    }

    /// Shortens a text to the ERP's limit: at a word's end where there is one near, with an ellipsis.
    public func fit(_ text: String) -> String {
        guard let maximumLength, text.count > maximumLength else { return text }
        guard maximumLength > 1 else { return String(text.prefix(maximumLength)) }
        let cut = text.prefix(maximumLength - 1)
        let words = cut.lastIndex(of: " ").map { cut[..<$0] } ?? cut
        let kept = words.count * 3 >= maximumLength * 2 ? words : cut
        return kept + "…"
    }

    /// The API's form.
    public var json: JSONValue {
        [
            "name": .string(name), "label": .string(label), "help": .string(help), "kind": .string(kind.rawValue),
            "required": .bool(isRequired), "initial": initial ?? .null,
            "maximumLength": maximumLength.map { .integer(Int64($0)) } ?? .null,
            "choices": .array(choices.map(\.json)), "list": list.map(JSONValue.string) ?? .null,
        ]
    }

    /// Whether values of a type can be put in.
    func takes(_ type: ValueType) -> Bool {
        switch kind {
        case .number: type == .number
        case .boolean: type == .boolean
        case .text, .multiline, .choice, .item: type != .location
        case .object: false
        }
    }
}

extension Choice {
    /// The API's form: `{value, label}`.
    public var json: JSONValue { ["value": .string(value), "label": .string(label)] }
}
