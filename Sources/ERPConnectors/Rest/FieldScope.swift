import Expressions
import Primitives

/// The names that a connector's templates may use, and their values when a call is made.
struct FieldScope: ValueSource {
    private(set) var scope = Scope()
    private var names: [String] = []
    private var values: [JSONValue] = []

    /// The names of computed fields, `idempotencyKey`, and those given beside.
    init(order: DeliveryOrder, extra: [(name: String, value: JSONValue)] = []) {
        for member in order.fields.members { add(member.name, Self.type(of: member.value), member.value) }
        add("idempotencyKey", .text, .string(order.idempotencyKey))
        for (name, value) in extra { add(name, Self.type(of: value), value) }
    }

    /// The names alone, for checks when something is saved.
    init(fields: [MappingFieldType], extra: [String] = []) {
        for field in fields { add(field.name, field.type == .state ? .text : field.type, .null) }
        add("idempotencyKey", .text, .null)
        for name in extra { add(name, .text, .null) }
    }

    private mutating func add(_ name: String, _ type: ValueType, _ value: JSONValue) {
        scope.add(name, type, slot: values.count)
        names.append(name)
        values.append(value)
    }

    /// Compiles a template over these names.
    ///
    /// A placeholder that is exactly a name may be written bare even when the expression language would take it for
    /// something else, such as `${cost-center}`.
    func compile(_ source: String) throws(ExpressionError) -> CompiledTemplate {
        var quoted = source
        for name in names where !name.allSatisfy({ $0.isLetter || $0 == "_" }) {
            quoted = quoted.replacing("${\(name)}", with: "${`\(name)`}")
        }
        return try CompiledTemplate(quoted, scope: scope)
    }

    func number(at slot: Int) -> Double {
        guard values.indices.contains(slot) else { return .nan }
        if let bool = values[slot].bool { return bool ? 1 : 0 }
        return values[slot].double ?? .nan
    }

    func text(at slot: Int) -> String? {
        values.indices.contains(slot) ? values[slot].string : nil
    }

    private static func type(of value: JSONValue) -> ValueType {
        switch value {
        case .integer, .number: .number
        case .bool: .boolean
        default: .text
        }
    }
}
