import Expressions
import Primitives

/// How an operation behaves in an ERP.
public struct OperationTraits: Hashable, Sendable {
    /// Whether ``ERPConnector/lookUp(_:)`` can tell that an earlier attempt did it.
    public var canLookUp: Bool
    /// Whether doing it twice with the same fields does no harm.
    public var isRepeatable: Bool
    /// Whether the ERP itself refuses a second one with the same key.
    public var isUnique: Bool

    /// Makes traits.
    public init(canLookUp: Bool = false, isRepeatable: Bool = false, isUnique: Bool = false) {
        self.canLookUp = canLookUp
        self.isRepeatable = isRepeatable
        self.isUnique = isUnique
    }
}

/// An operation as a kind of connector has it.
public struct OperationManifest: Hashable, Sendable {
    /// The operation.
    public var operation: ERPOperation
    /// What it makes or does there: “Maintenance request”.
    public var title: String
    /// The fields of its mappings; others are refused.
    public var fields: [FormField]
    /// How it behaves.
    public var traits: OperationTraits

    /// Makes an operation.
    public init(_ operation: ERPOperation, _ title: String, fields: [FormField], traits: OperationTraits) {
        self.operation = operation
        self.title = title
        self.fields = fields
        self.traits = traits
    }

    /// The picture of an order: it has no fields.
    static func picture(_ title: String, _ traits: OperationTraits) -> OperationManifest {
        OperationManifest(.workOrderAttach, title, fields: [], traits: traits)
    }

    /// The field of that name.
    public func field(_ name: String) -> FormField? { fields.first { $0.name == name } }

    /// What is wrong with a mapping whose fields have these types.
    public func issues(_ types: [MappingFieldType]) -> [InputIssue] {
        var issues: [InputIssue] = []
        for type in types {
            let pointer = "/fields/" + type.name.replacing("~", with: "~0").replacing("/", with: "~1")
            guard let field = field(type.name) else {
                let known = fields.map(\.name).joined(separator: ", ")
                let detail = "This ERP has no such field here. It has: \(known)."
                issues.append(InputIssue(pointer: pointer, code: "unknown-field", detail: detail))
                continue
            }
            if !field.takes(type.type) {
                let detail = "“\(field.label)” takes a \(field.kind.rawValue), not a \(type.type.rawValue)."
                issues.append(InputIssue(pointer: pointer, code: "type", detail: detail))
            }
        }
        for field in fields where field.isRequired && !types.contains(where: { $0.name == field.name }) {
            let detail = "“\(field.label)” is required: \(field.help)"
            issues.append(InputIssue(pointer: "/fields/\(field.name)", code: "required", detail: detail))
        }
        return issues
    }

    /// The API's form.
    public var json: JSONValue {
        [
            "operation": .string(operation.rawValue), "title": .string(title), "fields": .array(fields.map(\.json)),
            "canLookUp": .bool(traits.canLookUp), "repeatable": .bool(traits.isRepeatable),
            "unique": .bool(traits.isUnique),
        ]
    }
}
