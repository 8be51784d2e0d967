import ERPConnectors
import Primitives

/// A mapping as an admin wrote it: its references are still keys.
struct MappingDraft: Sendable {
    enum Trigger: Sendable {
        case rule(ResourceKey, event: AlarmEvent, within: ISODuration?)
        case metric(metric: String, profile: ResourceKey, minChange: Double?, minInterval: ISODuration)
    }

    var name: String
    var trigger: Trigger?
    var connector: ResourceKey?
    var operation: ERPOperation?
    var fields: JSONObject
    var maxAge: ISODuration
    var isEnabled: Bool
    var options: MappingOptions
    /// What is wrong with the document by itself.
    var issues: [InputIssue]

    /// Reads a mapping's document as far as it goes; faults are in ``issues``, so that a preview can show what does make
    /// sense.
    init(_ document: JSONValue) throws(InvalidInput) {
        var reader = try InputReader(document)
        // What the server says about a mapping beside what was written.
        for name in ["key", "version", "warnings"] { _ = reader.value(name) }
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
        if let chosen = operation, !chosen.isForMappings {
            let detail = "This is done for orders whose mapping says “attachChart”; a mapping cannot name it."
            reader.note("operation", "choice", detail)
            operation = nil
        }
        fields = Self.fields(&reader)
        maxAge = reader.duration("maxAge") ?? MappingDefinition.defaultMaxAge
        if maxAge.milliseconds == 0 { reader.note("maxAge", "out-of-range", "The duration must be longer than zero.") }
        isEnabled = reader.bool("enabled") ?? true
        options = MappingOptions(&reader)
        issues = []
        noteMisplacedOptions(&reader)
        do throws(InvalidInput) {
            try reader.finish()
        } catch {
            issues = error.issues
        }
    }

    /// Options that mean nothing with this trigger and operation.
    private func noteMisplacedOptions(_ reader: inout InputReader) {
        guard let operation, let trigger else { return }
        let isMetric = if case .metric = trigger { true } else { false }
        let isMetered = isMetric && operation.isMetered
        let isFigure = isMetered || isMetric && operation == .stockSet
        for (name, isSet, fits) in [
            ("window", options.window != nil, isMetered), ("step", options.step != nil, isMetered),
            ("deadBand", options.deadBand != nil, isFigure), ("factor", options.factor != nil, isFigure),
        ] where isSet && !fits {
            reader.note(name, "not-applicable", "This is for metrics that are booked as stock or recorded as a meter.")
        }
        if options.limit != nil, !operation.takesLimits {
            reader.note("limits", "not-applicable", "A limit would lose quantities; it is for orders and checks.")
        }
        if options.attachesChart {
            if operation != .workOrderCreate {
                reader.note("attachChart", "not-applicable", "A picture goes to new orders only: work-order.create.")
            } else if isMetric {
                let detail = "A picture shows what raised an alarm: the trigger must be a rule."
                reader.note("attachChart", "not-applicable", detail)
            }
        }
        if options.attaches, operation != .workOrderCreate {
            reader.note("attach", "not-applicable", "Only “work-order.create” can be attached to an open order.")
        }
    }

    private static func trigger(_ value: JSONValue, at pointer: String) throws(InvalidInput) -> Trigger? {
        var reader = try InputReader(value, at: pointer)
        var result: Trigger?
        if reader.has("rule") {
            let event = reader.choice("on", AlarmEvent.self) ?? .raised
            let within = reader.duration("within")
            if within != nil, event != .recurred {
                reader.note("within", "not-applicable", "“within” is for alarms that recur.")
            }
            if reader.required("rule") != nil {
                result = reader.key("rule").map { .rule($0, event: event, within: within) }
            }
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
