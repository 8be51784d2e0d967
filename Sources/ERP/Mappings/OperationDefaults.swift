import Assets
import ERPConnectors
import Expressions
import Primitives

/// The fields that operations have by themselves: `item` (default: the device's key) and `quantity` of stock operations,
/// `value` of meter readings (default of both: the trigger's value).
enum OperationDefaults {
    /// The fields that an operation adds to those of a mapping.
    static func types(_ operation: ERPOperation) -> [MappingFieldType] {
        if operation.isAboutStock {
            return [
                MappingFieldType(name: "item", type: .text), MappingFieldType(name: "quantity", type: .number),
            ]
        }
        return operation == .meterRecord ? [MappingFieldType(name: "value", type: .number)] : []
    }

    /// The name of the field that holds the trigger's value; nil when the operation has none.
    static func valueField(_ operation: ERPOperation) -> String? {
        operation.isAboutStock ? "quantity" : operation == .meterRecord ? "value" : nil
    }

    /// Adds what is missing.
    static func complete(_ fields: inout JSONObject, _ operation: ERPOperation, _ cause: DeliveryCause) {
        if operation.isAboutStock, fields["item"] == nil { fields["item"] = .string(cause.device.key) }
        if let name = valueField(operation), fields[name] == nil, let value = cause.value {
            fields[name] = .number(value)
        }
    }

    /// What a stock operation is about; nil when the fields do not tell, or for other operations.
    static func item(_ fields: JSONObject, _ operation: ERPOperation) -> String? {
        operation.isAboutStock ? fields["item"].flatMap { JSONPath.document.identifier(in: $0) } : nil
    }

    /// What is wrong with completed fields.
    static func issues(_ fields: JSONObject, _ operation: ERPOperation) -> [InputIssue] {
        var issues: [InputIssue] = []
        if operation.isAboutStock, item(fields, operation) == nil {
            let detail = "The item must be a text of 1 to \(JSONPath.maximumIdentifierLength) characters."
            issues.append(InputIssue(pointer: "/fields/item", code: "no-value", detail: detail))
        }
        if let name = valueField(operation), fields[name]?.double == nil {
            let detail = "The \(name) must be a number."
            issues.append(InputIssue(pointer: "/fields/\(name)", code: "no-value", detail: detail))
        }
        return issues
    }
}
