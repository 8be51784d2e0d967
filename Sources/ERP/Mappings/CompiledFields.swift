import ERPConnectors
import Expressions
import Primitives

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

    /// The names that the templates use.
    var usedNames: Set<String> {
        fields.reduce(into: []) { names, field in
            if case .template(let template) = field.field { names.formUnion(template.usedNames) }
        }
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
