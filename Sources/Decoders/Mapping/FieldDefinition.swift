import Expressions
import Primitives

/// Where the value of a metric stands in a payload, and how it is converted.
public struct FieldDefinition: Hashable, Sendable {
    /// Where it stands.
    public enum Place: Hashable, Sendable {
        /// At one path.
        case path(String)
        /// A location whose degrees stand at two paths.
        case coordinates(latitude: String, longitude: String)
    }

    /// The metric's key.
    public var metric: String
    /// Where the value stands.
    public var place: Place
    /// The UCUM unit of the payload's value; nil when it is the metric's.
    public var unit: String?
    /// An expression over `value`, applied before the unit is converted.
    public var expression: String?

    /// Makes a definition.
    public init(metric: String, place: Place, unit: String? = nil, expression: String? = nil) {
        self.metric = metric
        self.place = place
        self.unit = unit
        self.expression = expression
    }

    /// The field as a source's document has it: a path alone, or an object.
    public var json: JSONValue {
        var object = JSONObject()
        switch place {
        case .path(let path):
            if unit == nil, expression == nil { return .string(path) }
            object["path"] = .string(path)
        case .coordinates(let latitude, let longitude):
            object["lat"] = .string(latitude)
            object["lon"] = .string(longitude)
        }
        if let unit { object["unit"] = .string(unit) }
        if let expression { object["expression"] = .string(expression) }
        return .object(object)
    }

    /// The JSON Pointer of a member of the field.
    public func pointer(_ member: String = "") -> String {
        let name = metric.replacing("~", with: "~0").replacing("/", with: "~1")
        return "/fields/\(name)" + (member.isEmpty ? "" : "/" + member)
    }
}

extension FieldDefinition {
    /// Reads `fields` of a source: `{metric: path | {path, unit, expression} | {lat, lon}}`.
    ///
    /// - Throws: `InvalidInput` with every issue; those of an expression have the code of the `ExpressionError` and
    ///   tell the line and column.
    public static func list(_ value: JSONValue?) throws(InvalidInput) -> [FieldDefinition] {
        guard let value, !value.isNull else { return [] }
        guard let object = value.object else {
            throw InvalidInput(pointer: "/fields", code: "type", detail: "Expected an object of metrics and paths.")
        }
        guard object.members.count <= 500 else {
            throw InvalidInput(pointer: "/fields", code: "too-many", detail: "At most 500 fields.")
        }
        var issues: [InputIssue] = []
        var fields: [FieldDefinition] = []
        for member in object.members where !member.value.isNull {
            do throws(InvalidInput) {
                fields.append(try FieldDefinition(metric: member.name, member.value))
            } catch {
                issues.append(contentsOf: error.issues)
            }
        }
        if !issues.isEmpty { throw InvalidInput(issues) }
        return fields
    }

    private init(metric: String, _ value: JSONValue) throws(InvalidInput) {
        self.init(metric: metric, place: .path(""))
        guard (1...63).contains(metric.utf8.count) else {
            throw InvalidInput(pointer: pointer(), code: "key", detail: "A metric key has 1 to 63 characters.")
        }
        if let path = value.string {
            place = .path(try checkedPath(path))
            return
        }
        guard value.object != nil else {
            throw InvalidInput(
                pointer: pointer(),
                code: "type",
                detail: "Expected a path, or an object with path, unit and expression."
            )
        }
        var reader = try InputReader(value, at: pointer())
        if reader.has("lat") || reader.has("lon") {
            let latitude = reader.requiredString("lat", maximumLength: DecoderLimits.name)
            let longitude = reader.requiredString("lon", maximumLength: DecoderLimits.name)
            place = .coordinates(latitude: latitude, longitude: longitude)
        } else {
            place = .path(reader.requiredString("path", maximumLength: DecoderLimits.name))
            unit = reader.string("unit", maximumLength: 40).flatMap { $0.isEmpty ? nil : $0 }
            expression = reader.string("expression", maximumLength: ExpressionLimits.sourceBytes)
                .flatMap { $0.allSatisfy(\.isWhitespace) ? nil : $0 }
        }
        if let unit, !UnitConversion.isKnown(unit) {
            reader.note(
                "unit",
                "unknown-unit",
                "“\(unit)” is not a unit that can be converted; use UCUM codes such as Cel."
            )
        }
        if let expression {
            do throws(ExpressionError) {
                _ = try FieldExpression(expression)
            } catch {
                reader.note("expression", error.code.rawValue, error.detail)
            }
        }
        try reader.finish()
    }

    private func checkedPath(_ path: String) throws(InvalidInput) -> String {
        guard (1...DecoderLimits.name).contains(path.utf8.count) else {
            throw InvalidInput(pointer: pointer(), code: "required", detail: "The path must not be empty.")
        }
        return path
    }
}
