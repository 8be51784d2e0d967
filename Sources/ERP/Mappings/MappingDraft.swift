import ERPConnectors
import Primitives

/// A mapping as an admin wrote it: its references are still keys.
struct MappingDraft: Sendable {
    enum Trigger: Sendable {
        case rule(ResourceKey)
        case metric(metric: String, profile: ResourceKey, minChange: Double?, minInterval: ISODuration)
    }

    var name: String
    var trigger: Trigger?
    var connector: ResourceKey?
    var operation: ERPOperation?
    var fields: JSONObject
    var maxAge: ISODuration
    var isEnabled: Bool
    /// What is wrong with the document by itself.
    var issues: [InputIssue]

    /// Reads `{name, trigger, connector, operation, fields, maxAge, enabled}` as far as it goes; faults are in
    /// ``issues``, so that a preview can show what does make sense.
    init(_ document: JSONValue) throws(InvalidInput) {
        var reader = try InputReader(document)
        _ = reader.value("key")
        name = reader.requiredString("name")
        trigger = nil
        if let value = reader.required("trigger") {
            do throws(InvalidInput) {
                trigger = try Self.trigger(value, at: reader.pointer(to: "trigger"))
            } catch {
                reader.absorb(error.issues)
            }
        }
        connector = reader.required("connector") == nil ? nil : reader.key("connector")
        operation = reader.required("operation") == nil ? nil : reader.choice("operation", ERPOperation.self)
        if let operation, !MappingDefinition.operations.contains(operation) {
            let known = MappingDefinition.operations.map(\.rawValue).joined(separator: ", ")
            reader.note(
                "operation",
                "unsupported-operation",
                "“\(operation.rawValue)” cannot be done as yet; available: \(known)."
            )
        }
        fields = Self.fields(&reader)
        maxAge = reader.duration("maxAge") ?? MappingDefinition.defaultMaxAge
        if maxAge.milliseconds == 0 { reader.note("maxAge", "out-of-range", "The duration must be longer than zero.") }
        isEnabled = reader.bool("enabled") ?? true
        do throws(InvalidInput) {
            try reader.finish()
            issues = []
        } catch {
            issues = error.issues
        }
    }

    private static func trigger(_ value: JSONValue, at pointer: String) throws(InvalidInput) -> Trigger? {
        var reader = try InputReader(value, at: pointer)
        var result: Trigger?
        if reader.has("rule") {
            if reader.required("rule") != nil { result = reader.key("rule").map(Trigger.rule) }
        } else {
            if !reader.has("metric"), !reader.has("profile") {
                throw InvalidInput(
                    pointer: pointer,
                    code: "required",
                    detail: "Name a rule, or a metric and its profile."
                )
            }
            let metric = reader.requiredString("metric")
            let profile = reader.required("profile") == nil ? nil : reader.key("profile")
            let change = reader.number("minChange", in: 0...Double.greatestFiniteMagnitude)
            let interval = reader.duration("minInterval") ?? MappingDefinition.defaultMinInterval
            if let profile {
                result = .metric(metric: metric, profile: profile, minChange: change, minInterval: interval)
            }
        }
        try reader.finish()
        return result
    }

    /// The most fields of a mapping.
    static let maximumFields = 100

    private static func fields(_ reader: inout InputReader) -> JSONObject {
        guard let value = reader.required("fields") else { return [:] }
        guard let object = value.object, object.members.count <= maximumFields else {
            reader.note("fields", "type", "Expected an object of at most \(maximumFields) names and templates.")
            return [:]
        }
        var issues: [InputIssue] = []
        for member in object.members {
            func note(_ code: String, _ detail: String) {
                issues.append(InputIssue(pointer: CompiledFields.pointer(to: member.name), code: code, detail: detail))
            }
            let isName =
                (1...63).contains(member.name.count)
                && member.name.unicodeScalars.allSatisfy {
                    $0 != "`" && $0 != "}" && $0.properties.generalCategory != .control
                }
            if !isName { note("name", "A field's name has 1 to 63 characters, without backquotes and braces.") }
            if ["id", "idempotencyKey"].contains(member.name) {
                note("reserved", "This name has a meaning of its own.")
            }
            switch member.value {
            case .string, .number, .integer, .bool: break
            default: note("type", "Expected a template, a number or a boolean.")
            }
        }
        reader.absorb(issues)
        return object
    }
}
