import Assets
import ERPConnectors
import Expressions
import Foundation
import Primitives

/// The names that field templates may use beside the metrics of the profile.
enum MappingName: String, CaseIterable {
    case deviceKey = "device.key"
    case deviceName = "device.name"
    case assetKey = "asset.key"
    case assetName = "asset.name"
    case assetEquipment = "asset.equipment"
    case readingTimestamp = "reading.ts"
    case link = "link"
    case idempotencyKey = "idempotencyKey"
    case alarmID = "alarm.id"
    case alarmSeverity = "alarm.severity"
    case alarmRaisedAt = "alarm.raisedAt"
    case ruleKey = "rule.key"
    case ruleName = "rule.name"

    /// Whether it has a value only when an alarm is the trigger.
    var needsAlarm: Bool {
        switch self {
        case .alarmID, .alarmSeverity, .alarmRaisedAt, .ruleKey, .ruleName: true
        default: false
        }
    }

    /// Slots beyond those of any reading.
    var slot: Int { (1 << 20) + (Self.allCases.firstIndex(of: self) ?? 0) }
}

extension Scope {
    /// The names of a mapping's field templates: the profile's metrics in use, then the mapping's own, which win.
    init(mappingOn profile: Profile?, states: StateTexts, hasAlarm: Bool) {
        self.init(states: StateDictionary(code: { states.code(of: $0) }, text: { states.text(of: $0) }))
        for metric in profile?.metrics ?? [] {
            let type: ValueType =
                switch metric.kind {
                case .gauge, .counter: .number
                case .state: .state
                case .location: .location
                }
            add(metric.key, type, slot: metric.ordinal)
        }
        for name in MappingName.allCases where hasAlarm || !name.needsAlarm {
            add(name.rawValue, .text, slot: name.slot)
        }
    }
}

/// The values that field templates are computed from.
struct MappingValues: ValueSource {
    private let slots: [Double]
    private var texts: [Int: String] = [:]

    init(reading: MetricValues) {
        slots = reading.slots
    }

    /// Sets the value of a name; nil leaves it null.
    subscript(name: MappingName) -> String? {
        get { texts[name.slot] }
        set { texts[name.slot] = newValue }
    }

    func number(at slot: Int) -> Double { slots.indices.contains(slot) ? slots[slot] : .nan }

    func text(at slot: Int) -> String? { texts[slot] }
}

/// The field templates of a mapping, compiled for one profile.
struct CompiledFields: Sendable {
    private enum Field {
        case template(CompiledTemplate)
        case literal(JSONValue)
    }

    private var fields: [(name: String, field: Field)] = []

    /// Compiles all templates.
    ///
    /// - Throws: ``InvalidInput`` with one issue per faulty template.
    init(_ templates: JSONObject, scope: Scope) throws(InvalidInput) {
        var issues: [InputIssue] = []
        for member in templates.members {
            guard let source = member.value.string else {
                fields.append((member.name, .literal(member.value)))
                continue
            }
            do throws(ExpressionError) {
                fields.append((member.name, .template(try CompiledTemplate(source, scope: scope))))
            } catch {
                issues.append(
                    InputIssue(
                        pointer: Self.pointer(to: member.name),
                        code: error.code.rawValue,
                        detail: error.detail
                    )
                )
            }
        }
        if !issues.isEmpty { throw InvalidInput(issues) }
    }

    /// The fields with their types.
    var types: [MappingFieldType] {
        fields.map { name, field in
            switch field {
            case .template(let template): MappingFieldType(name: name, type: template.type)
            case .literal(let value): MappingFieldType(name: name, type: value.bool == nil ? .number : .boolean)
            }
        }
    }

    /// Computes all fields.
    ///
    /// - Returns: the fields that have a value, and an issue for each that has none.
    func evaluate(_ values: MappingValues) -> (fields: JSONObject, issues: [InputIssue]) {
        var result = JSONObject()
        var issues: [InputIssue] = []
        for (name, field) in fields {
            switch field {
            case .literal(let value): result[name] = value
            case .template(let template):
                do throws(TemplateFailure) {
                    result[name] = try template.render(values).json
                } catch {
                    issues.append(
                        InputIssue(
                            pointer: Self.pointer(to: name),
                            code: error.reason.rawValue,
                            detail: error.description
                        )
                    )
                }
            }
        }
        return (result, issues)
    }

    static func pointer(to name: String) -> String {
        "/fields/" + name.replacing("~", with: "~0").replacing("/", with: "~1")
    }
}
