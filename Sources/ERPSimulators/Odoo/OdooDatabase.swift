import Primitives

/// What the methods of a pretended Odoo do to its records.
struct OdooDatabase: Sendable {
    /// A call of a model's method, whichever way it came.
    struct Call: Sendable {
        var model: String
        var method: String
        var ids: [Int64]
        var arguments: JSONObject
        var context: JSONObject
    }

    let major: Int
    var tables = OdooTables()
    /// The form of Odoo's times.
    var now = ""
    /// Whether the first repeat of an external id fails as two at once do.
    var refusesFirstRepeat = false
    private var repeated: Set<String> = []

    init(major: Int, plant: SimulatedPlant) {
        self.major = major
        seed(plant)
    }

    private mutating func seed(_ plant: SimulatedPlant) {
        _ = tables.add("res.company", ["name": "My Company"])
        _ = tables.add("res.users", ["name": "Plantwright", "login": "plantwright", "active": true])
        _ = tables.add("maintenance.team", ["name": "Internal Maintenance"])
        for (name, isDone) in [("New Request", false), ("In Progress", false), ("Repaired", true), ("Scrap", true)] {
            let sequence = JSONValue.integer(Int64((tables.all("maintenance.stage").count) + 1))
            _ = tables.add("maintenance.stage", ["name": .string(name), "done": .bool(isDone), "sequence": sequence])
        }
        for equipment in plant.equipment {
            _ = tables.add(
                "maintenance.equipment",
                [
                    "name": .string(equipment.name), "serial_no": .string(equipment.serial),
                    "x_tag": .string(equipment.tag), "maintenance_team_id": 1, "active": true,
                ]
            )
        }
        let places = [
            ("WH/Stock", "internal"), ("Virtual Locations/Production", "production"), ("Vendors", "supplier"),
        ]
        for (name, usage) in places {
            let short = name.split(separator: "/").last.map(String.init) ?? name
            _ = tables.add(
                "stock.location",
                ["name": .string(short), "complete_name": .string(name), "usage": .string(usage), "active": true]
            )
        }
        for name in ["Receipts", "Delivery Orders"] { _ = tables.add("stock.picking.type", ["name": .string(name)]) }
        _ = tables.add(
            "stock.warehouse",
            [
                "code": "WH", "name": "My Company", "company_id": 1, "lot_stock_id": 1, "in_type_id": 1,
                "out_type_id": 2,
            ]
        )
        for item in plant.items {
            let unit = tables.all("uom.uom").first { $0["name"]?.string == item.unit }?["id"]?.integer
            let product = tables.add(
                "product.product",
                [
                    "name": .string(item.name), "default_code": .string(item.number), "type": "product",
                    "tracking": "none", "active": true,
                    "uom_id": .integer(unit ?? tables.add("uom.uom", ["name": .string(item.unit)])),
                ]
            )
            addQuantity(item.onHand, of: product, at: 1)
        }
    }

    // MARK: Calls

    mutating func call(_ call: Call) throws(OdooException) -> JSONValue {
        guard Self.models.contains(call.model) else {
            // Seen on 11; 404 on /json/2.
            let message = "Object \(call.model) doesn't exist"
            throw major >= 19 ? .missing("the model '\(call.model)' does not exist") : .user(message)
        }
        switch call.method {
        case "search_read": return try read(call)
        case "fields_get": return fields(of: call.model)
        case "check_access_rights" where major < 19, "has_access" where major >= 18: return true
        case "context_get" where call.model == "res.users": return ["lang": "en_US", "tz": false, "uid": 2]
        case "create": return .integer(try create(call))
        case "write": return try write(call)
        case "load": return try load(call)
        case "message_post" where call.model == "maintenance.request": return try post(call)
        default: return try stock(call)
        }
    }

    private static let models: Set<String> = [
        "maintenance.request", "maintenance.equipment", "maintenance.stage", "maintenance.team", "res.company",
        "res.users", "product.product", "uom.uom", "stock.location", "stock.warehouse", "stock.picking",
        "stock.picking.type", "stock.move", "stock.quant", "stock.change.product.qty", "ir.model.data", "ir.attachment",
        "mail.message",
    ]

    private func read(_ call: Call) throws(OdooException) -> JSONValue {
        let archivedToo = call.context["active_test"] == .bool(false)
        var ids = tables.search(call.model, call.arguments["domain"]?.array ?? [], archivedToo: archivedToo)
        let order = call.arguments["order"]?.string ?? "id"
        if order.hasSuffix("desc") { ids.reverse() }
        if order.hasPrefix("write_date") {
            let times = Dictionary(
                uniqueKeysWithValues: ids.map { ($0, tables[call.model, $0]?["write_date"]?.string ?? "") }
            )
            ids.sort { (times[$0] ?? "", $0) < (times[$1] ?? "", $1) }
        }
        if let limit = call.arguments["limit"]?.integer { ids = Array(ids.prefix(Int(clamping: max(0, limit)))) }
        let fields = call.arguments["fields"]?.array?.compactMap(\.string) ?? []
        if call.model == "maintenance.request", let known = self.fields(of: call.model).object {
            for field in fields where field != "id" && known[field] == nil {
                throw .value("Invalid field '\(field)' on 'maintenance.request'")
            }
        }
        return .array(ids.map { tables.told(call.model, $0, fields) })
    }

    /// The fields of maintenance requests by version; other models are not asked for theirs.
    func fields(of model: String) -> JSONValue {
        guard model == "maintenance.request" else { return ["name": ["type": "char"]] }
        let technician = major >= 12 ? "user_id" : "technician_user_id"
        var names = [
            "name": "char", "description": major >= 15 ? "html" : "text", "equipment_id": "many2one",
            "maintenance_team_id": "many2one", "stage_id": "many2one", "priority": "selection",
            "maintenance_type": "selection", "schedule_date": "datetime", "close_date": "date", "archive": "boolean",
            "kanban_state": "selection", "write_date": "datetime", technician: "many2one",
        ]
        if major >= 12 { names["company_id"] = "many2one" }
        var fields = JSONObject()
        for (name, type) in names.sorted(by: { $0.key < $1.key }) { fields[name] = ["type": .string(type)] }
        return .object(fields)
    }

    private mutating func create(_ call: Call) throws(OdooException) -> Int64 {
        guard let values = call.arguments["vals_list"]?.object else { throw .value("create() takes values") }
        return try make(call.model, values, call.context)
    }

    /// Makes a record of values by field, references as numbers.
    mutating func make(_ model: String, _ values: JSONObject, _ context: JSONObject) throws(OdooException) -> Int64 {
        var values = values
        switch model {
        case "maintenance.request":
            try checkRequest(values)
            guard values["name"]?.string?.isEmpty == false else {
                throw .validation("The operation cannot be completed: a mandatory field is not set: Subjects (name)")
            }
            for (name, value) in [("stage_id", JSONValue.integer(1)), ("maintenance_team_id", 1), ("archive", false)]
            where values[name] == nil {
                values[name] = value
            }
            values["kanban_state"] = "normal"
            values["write_date"] = .string(now)
            return tables.add(model, values)
        case "ir.attachment": return try makeAttachment(values)
        case "stock.picking": return try makeTransfer(values)
        case "stock.quant": return try makeQuant(values, context)
        case "stock.change.product.qty":
            guard major <= 12 else { throw .missing("Object stock.change.product.qty doesn't exist") }
            guard (values["new_quantity"]?.double ?? 0) >= 0 else { throw .user("Quantity cannot be negative.") }
            return tables.add(model, values)
        default: throw .access("You are not allowed to create '\(model)' records.")
        }
    }

    /// A file at a record; `res_id` comes as text from `load`.
    private mutating func makeAttachment(_ values: JSONObject) throws(OdooException) -> Int64 {
        let known = ["name", "res_model", "res_id", "datas", "description"] + (major <= 13 ? ["datas_fname"] : [])
        for member in values.members where !known.contains(member.name) && major >= 12 {
            throw .value("Invalid field '\(member.name)' in 'ir.attachment'")
        }
        guard let model = values["res_model"]?.string,
            let id = values["res_id"].flatMap({ $0.integer ?? $0.string.flatMap { Int64($0) } }),
            tables[model, id] != nil
        else { throw .access("You are not allowed to attach files to this document.") }
        guard let name = values["name"]?.string,
            let file = SimulatedFile(order: String(id), name: name, base64: values["datas"]?.string)
        else { throw .value("Incorrect padding") }
        var values = values
        values["res_id"] = .integer(id)
        values["file_size"] = .integer(Int64(file.bytes.count))
        return tables.add("ir.attachment", values)
    }

    private func checkRequest(_ values: JSONObject) throws(OdooException) {
        let known = fields(of: "maintenance.request").object ?? [:]
        for member in values.members where known[member.name] == nil {
            // 11 ignores it and writes a line in its log.
            if major >= 12 { throw .value("Invalid field '\(member.name)' in 'maintenance.request'") }
        }
        for field in ["equipment_id", "maintenance_team_id", "stage_id"] {
            guard let id = values[field]?.integer, let model = OdooTables.references[field] else { continue }
            if tables[model, id] == nil {
                throw .validation("Record does not exist or has been deleted. (\(model),\(id))")
            }
        }
        if let priority = values["priority"], !["0", "1", "2", "3"].contains(priority.string ?? "") {
            throw .value("Wrong value for maintenance.request.priority: '\(priority.string ?? "")'")
        }
    }

    private mutating func write(_ call: Call) throws(OdooException) -> JSONValue {
        guard var values = call.arguments["vals"]?.object else { throw .value("write() takes values") }
        guard ["maintenance.request", "stock.move"].contains(call.model) else {
            throw .access("You are not allowed to modify '\(call.model)' records.")
        }
        if call.model == "maintenance.request" {
            try checkRequest(values)
            values["write_date"] = .string(now)
            if let stage = values["stage_id"]?.integer, tables["maintenance.stage", stage]?["done"] == .bool(true) {
                values["close_date"] = .string(String(now.prefix(10)))
            }
        }
        for id in call.ids {
            guard tables[call.model, id] != nil else {
                throw OdooException(
                    name: "odoo.exceptions.MissingError",
                    message: "Record does not exist or has been deleted.",
                    status: 404
                )
            }
            tables.change(call.model, id, values)
        }
        return true
    }

    private mutating func post(_ call: Call) throws(OdooException) -> JSONValue {
        guard let id = call.ids.first, tables[call.model, id] != nil else {
            throw .value("There is no such record to post on.")
        }
        let body = call.arguments["body"]?.string ?? ""
        let message = tables.add(
            "mail.message",
            [
                "model": .string(call.model), "res_id": .integer(id), "message_type": "comment",
                "message_id": call.arguments["message_id"] ?? .string("<\(now).\(id)@odoo>"),
                // From 17 on a text is escaped, before that it is taken as HTML.
                "body": .string(major >= 17 ? "<p>\(body.replacing("<", with: "&lt;"))</p>" : body),
            ]
        )
        return .integer(message)
    }

    // MARK: load

    /// `load` of one row: refusals are messages in an answer of 200.
    private mutating func load(_ call: Call) throws(OdooException) -> JSONValue {
        let fields = call.arguments["fields"]?.array?.compactMap(\.string) ?? []
        guard let row = call.arguments["data"]?.array?.first?.array, row.count == fields.count,
            let id = zip(fields, row).first(where: { $0.0 == "id" })?.1.string
        else { throw .value("load() takes fields and rows of the same length") }
        let parts = id.split(separator: ".", maxSplits: 1).map { JSONValue.string(String($0)) }
        guard parts.count == 2 else { return Self.refusal("The external id must have a module.") }
        do throws(OdooException) {
            let values = try Self.values(fields, row)
            let existing = tables.search("ir.model.data", [["module", "=", parts[0]], ["name", "=", parts[1]]]).first
            if let existing, let record = tables["ir.model.data", existing]?["res_id"]?.integer {
                if refusesFirstRepeat, repeated.insert(id).inserted {
                    return Self.refusal("could not serialize access due to concurrent update\n")
                }
                let isKept = tables["ir.model.data", existing]?["noupdate"] == .bool(true)
                // Overwrites what people changed, unless told not to.
                if !(isKept && call.context["mode"] == "update") { tables.change(call.model, record, values) }
                return ["ids": [.integer(record)], "messages": [], "nextrow": 0]
            }
            let record = try make(call.model, values, call.context)
            _ = tables.add(
                "ir.model.data",
                [
                    "module": parts[0], "name": parts[1], "model": .string(call.model), "res_id": .integer(record),
                    "noupdate": call.context["noupdate"] ?? false,
                ]
            )
            return ["ids": [.integer(record)], "messages": [], "nextrow": 0]
        } catch {
            return Self.refusal(error.message)
        }
    }

    private static func refusal(_ message: String) -> JSONValue {
        ["ids": false, "messages": [["type": "error", "record": 0, "message": .string(message)]]]
    }

    /// Cells as values; those of lines (`move_ids/product_id/.id`) under the name of their field.
    private static func values(_ fields: [String], _ row: [JSONValue]) throws(OdooException) -> JSONObject {
        var values = JSONObject()
        for (field, cell) in zip(fields, row) where field != "id" {
            guard let text = cell.string else { throw .value("A cell of “\(field)” is no text") }
            var path = field.split(separator: "/").map(String.init)
            var value = cell
            if path.last == ".id" {
                path.removeLast()
                guard let number = Int64(text) else {
                    throw .validation("Invalid database id '\(text)' for the field '\(field)'")
                }
                value = .integer(number)
            }
            if path.count == 2 {
                var line = values[path[0]]?.object ?? [:]
                line[path[1]] = value
                values[path[0]] = .object(line)
            } else if let name = path.first {
                values[name] = value
            }
        }
        return values
    }
}
