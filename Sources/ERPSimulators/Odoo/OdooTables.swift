import Primitives

/// The records of a pretended Odoo: enough of its ORM for searches, writes and references.
struct OdooTables: Hashable, Sendable {
    /// Records by model and number; references are kept as numbers, nothing as absence.
    private(set) var records: [String: [Int64: JSONObject]] = [:]
    private var last: [String: Int64] = [:]

    /// The models that fields refer to, whichever model they are of.
    static let references: [String: String] = [
        "equipment_id": "maintenance.equipment", "stage_id": "maintenance.stage",
        "maintenance_team_id": "maintenance.team", "user_id": "res.users", "technician_user_id": "res.users",
        "company_id": "res.company", "product_id": "product.product", "uom_id": "uom.uom",
        "product_uom": "uom.uom", "location_id": "stock.location", "location_dest_id": "stock.location",
        "lot_stock_id": "stock.location", "in_type_id": "stock.picking.type", "out_type_id": "stock.picking.type",
        "picking_type_id": "stock.picking.type", "picking_id": "stock.picking", "create_uid": "res.users",
    ]

    subscript(model: String, id: Int64) -> JSONObject? {
        get { records[model]?[id] }
        set { records[model, default: [:]][id] = newValue }
    }

    /// Adds a record and gives its number.
    mutating func add(_ model: String, _ values: JSONObject) -> Int64 {
        let id = (last[model] ?? 0) + 1
        last[model] = id
        var record = values
        record["id"] = .integer(id)
        records[model, default: [:]][id] = record
        return id
    }

    /// Changes some fields of a record.
    mutating func change(_ model: String, _ id: Int64, _ values: JSONObject) {
        guard var record = records[model]?[id] else { return }
        for member in values.members { record[member.name] = member.value }
        records[model]?[id] = record
    }

    /// All records of a model by number.
    func all(_ model: String) -> [JSONObject] {
        (records[model] ?? [:]).sorted { $0.key < $1.key }.map(\.value)
    }

    /// The numbers of the records that a domain selects, by number.
    func search(_ model: String, _ domain: [JSONValue], archivedToo: Bool = false) -> [Int64] {
        all(model).filter { record in
            if !archivedToo, record["active"] == .bool(false) { return false }
            var terms = domain[...]
            var isMatch = true
            while !terms.isEmpty { isMatch = term(&terms, model, record) && isMatch }
            return isMatch
        }.compactMap { $0["id"]?.integer }
    }

    /// One term in Polish notation; terms beside each other are joined by “and”.
    private func term(_ terms: inout ArraySlice<JSONValue>, _ model: String, _ record: JSONObject) -> Bool {
        guard let first = terms.popFirst() else { return true }
        switch first.string {
        case "|":
            let left = term(&terms, model, record)
            let right = term(&terms, model, record)
            return left || right
        case "&":
            let left = term(&terms, model, record)
            let right = term(&terms, model, record)
            return left && right
        default: break
        }
        guard let parts = first.array, parts.count == 3, let field = parts[0].string, let comparison = parts[1].string
        else { return false }
        return matches(value(field, record), comparison, parts[2])
    }

    /// A field, also through a reference: `location_id.usage`.
    private func value(_ field: String, _ record: JSONObject) -> JSONValue {
        let path = field.split(separator: ".", maxSplits: 1).map(String.init)
        guard path.count == 2, let id = record[path[0]]?.integer, let model = Self.references[path[0]] else {
            return record[field] ?? false
        }
        return self[model, id].map { value(path[1], $0) } ?? false
    }

    private func matches(_ value: JSONValue, _ comparison: String, _ operand: JSONValue) -> Bool {
        let text = value.string ?? ""
        switch comparison {
        case "=": return value == operand
        case "!=": return value != operand
        case "in": return operand.array?.contains(value) == true
        case "not in": return operand.array?.contains(value) != true
        case "like": return text.contains(operand.string ?? "")
        case "not like": return !text.contains(operand.string ?? "")
        case ">": return value.double.map { $0 > (operand.double ?? 0) } ?? (text > operand.string ?? "")
        case ">=": return value.double.map { $0 >= (operand.double ?? 0) } ?? (text >= operand.string ?? "")
        case "child_of": return isBelow(value, operand)
        default: return false
        }
    }

    private func isBelow(_ location: JSONValue, _ top: JSONValue) -> Bool {
        var current = location
        for _ in 0..<10 {
            if current == top { return true }
            guard let id = current.integer, let parent = self["stock.location", id]?["location_id"] else {
                return false
            }
            current = parent
        }
        return false
    }

    /// A record as Odoo tells it: references as number and name, nothing as false.
    func told(_ model: String, _ id: Int64, _ fields: [String]) -> JSONValue {
        guard let record = self[model, id] else { return .null }
        var answer: JSONObject = ["id": .integer(id)]
        for field in fields where field != "id" {
            let value = record[field] ?? false
            if let reference = Self.references[field], let number = value.integer {
                answer[field] = [value, .string(name(reference, number))]
            } else {
                answer[field] = value
            }
        }
        return .object(answer)
    }

    private func name(_ model: String, _ id: Int64) -> String {
        let record = self[model, id]
        return record?["complete_name"]?.string ?? record?["name"]?.string ?? "\(model),\(id)"
    }
}

/// An exception of Odoo's.
struct OdooException: Error, Hashable, Sendable {
    /// The Python class.
    var name: String
    var message: String
    /// The status that `/json/2` answers.
    var status: Int

    static func user(_ message: String) -> OdooException {
        OdooException(name: "odoo.exceptions.UserError", message: message, status: 422)
    }

    static func validation(_ message: String) -> OdooException {
        OdooException(name: "odoo.exceptions.ValidationError", message: message, status: 422)
    }

    static func access(_ message: String) -> OdooException {
        OdooException(name: "odoo.exceptions.AccessError", message: message, status: 403)
    }

    /// What Python itself raises; 500 on `/json/2`, and final all the same.
    static func value(_ message: String) -> OdooException {
        OdooException(name: "builtins.ValueError", message: message, status: 500)
    }

    static func missing(_ message: String) -> OdooException {
        OdooException(name: "werkzeug.exceptions.NotFound", message: message, status: 404)
    }
}
