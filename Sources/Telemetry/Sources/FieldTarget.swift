import Assets
import Decoders
import Expressions
import Primitives

/// A metric that a field of the payload goes to, ready for one profile.
struct FieldTarget: Sendable {
    /// Which part of the metric a value is.
    enum Part: Sendable {
        case whole
        case latitude
        case longitude
    }

    let metric: Metric
    let part: Part
    let expression: FieldExpression?
    let conversion: UnitConversion?
    /// Why the field cannot be used with this profile; its values are refused.
    let fault: String?

    init(metric: Metric, part: Part = .whole) {
        self.metric = metric
        self.part = part
        expression = nil
        conversion = nil
        fault = nil
    }

    init(_ definition: FieldDefinition, part: Part, metric: Metric, profile: Profile) {
        self.metric = metric
        self.part = part
        expression = definition.expression.flatMap { try? FieldExpression($0) }
        conversion = definition.unit.flatMap { UnitConversion(from: $0, to: metric.unit) }
        fault = Self.issue(with: definition, for: metric, profile: profile)?.detail
    }

    /// What is wrong with a field for a metric of a profile; nil when nothing is.
    static func issue(with field: FieldDefinition, for metric: Metric, profile: Profile) -> InputIssue? {
        let name = "“\(metric.key)” of the profile “\(profile.key)”"
        if case .coordinates = field.place, metric.kind != .location {
            return InputIssue(
                pointer: field.pointer(),
                code: "type-mismatch",
                detail: "\(name) is a \(metric.kind.rawValue), not a location."
            )
        }
        let isNumber = metric.kind == .gauge || metric.kind == .counter
        if let unit = field.unit, !isNumber || UnitConversion(from: unit, to: metric.unit) == nil {
            let target = metric.unit.isEmpty ? "no unit" : "the unit “\(metric.unit)”"
            return InputIssue(
                pointer: field.pointer("unit"),
                code: "unknown-conversion",
                detail: "\(name) has \(target); there is no conversion from “\(unit)” to that."
            )
        }
        guard let source = field.expression, let expression = try? FieldExpression(source) else { return nil }
        let types = expression.resultTypes
        if isNumber && !types.contains(.number) || metric.kind == .location {
            return InputIssue(
                pointer: field.pointer("expression"),
                code: "type-mismatch",
                detail: "\(name) is a \(metric.kind.rawValue); the expression cannot give that."
            )
        }
        return nil
    }
}
