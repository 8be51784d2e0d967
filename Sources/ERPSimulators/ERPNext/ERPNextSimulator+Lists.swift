import Primitives

extension ERPNextSimulator {
    /// The fields of a type, without what every document has; nil for a type that the site does not have.
    static func fields(_ type: String) -> [String]? {
        switch type {
        case "Issue": ["subject", "status", "priority", "issue_type", "description", "resolution_details", "company"]
        case "Asset Repair":
            [
                "asset", "company", "failure_date", "repair_status", "completion_date", "description",
                "actions_performed", "stock_consumption", "stock_items", "total_repair_cost",
            ]
        case "Stock Entry": ["stock_entry_type", "company", "items"]
        case "Stock Reconciliation": ["purpose", "company", "items"]
        case "Custom Field":
            ["dt", "fieldname", "label", "fieldtype", "unique", "no_copy", "read_only", "insert_after"]
        case "Asset": ["asset_name", "location", "status"]
        case "Item": ["item_name", "stock_uom", "is_stock_item", "disabled"]
        case "Bin":
            ["item_code", "warehouse", "actual_qty", "reserved_qty", "reserved_qty_for_production", "projected_qty"]
        case "File": ["file_name", "attached_to_doctype", "attached_to_name", "is_private"]
        case "Company": ["default_currency"]
        case "Warehouse": ["is_group", "disabled", "company"]
        case "Issue Priority", "Issue Type": []
        default: nil
        }
    }

    static let everyDocument = ["name", "owner", "creation", "modified", "docstatus", "_assign"]

    /// All documents of a type, those of the plant included.
    func documents(_ type: String, _ state: State) -> [JSONObject] {
        switch type {
        case "Asset":
            return plant.equipment.map {
                ["name": .string($0.tag), "asset_name": .string($0.name), "status": "Submitted", "docstatus": 1]
            }
        case "Item":
            return plant.items.map {
                [
                    "name": .string($0.number), "item_name": .string($0.name), "stock_uom": .string($0.unit),
                    "is_stock_item": 1, "disabled": 0,
                ]
            }
        case "Bin":
            return plant.items.map { item in
                let onHand = state.stock[item.number] ?? 0
                return [
                    "name": .string("bin-\(item.number)"), "item_code": .string(item.number),
                    "warehouse": .string(Self.warehouse), "actual_qty": .number(onHand), "reserved_qty": 0,
                    "reserved_qty_for_production": 0, "projected_qty": .number(onHand),
                ]
            }
        case "Company": return [["name": .string(Self.company), "default_currency": "EUR"]]
        case "Warehouse":
            return [["name": .string(Self.warehouse), "is_group": 0, "disabled": 0, "company": .string(Self.company)]]
        case "Issue Priority": return ["Low", "Medium", "High"].map { ["name": .string($0)] }
        case "Issue Type": return ["Breakdown", "Inspection"].map { ["name": .string($0)] }
        case "Custom Field":
            return state.customFields.sorted { $0.key < $1.key }.flatMap { type, fields in
                fields.sorted { $0.key < $1.key }.map { field, isUnique in
                    [
                        "name": .string("\(type)-\(field)"), "dt": .string(type), "fieldname": .string(field),
                        "unique": isUnique ? 1 : 0,
                    ]
                }
            }
        default: return state.documents[type] ?? []
        }
    }

    func find(_ type: String, _ name: String, _ state: State) -> JSONObject? {
        documents(type, state).first { $0["name"]?.string == name }
    }

    func read(_ type: String, _ name: String, _ state: State) -> SimulatedResponse {
        guard let document = find(type, name, state) else { return Self.notFound(type, name) }
        return .json(["data": .object(document)])
    }

    func list(_ type: String, _ request: SimulatedRequest, _ state: inout State) -> SimulatedResponse {
        guard let known = Self.fields(type) else { return Self.notFound("DocType", type) }
        if state.denied.contains("read \(type)") {
            return Self.fault(403, "PermissionError", "No permission for \(type)")
        }
        let names = Set(known + Self.everyDocument + (state.customFields[type].map { Array($0.keys) } ?? []))
        var rows = documents(type, state)
        for filter in (request.parameter("filters").flatMap { try? JSONValue(parsing: $0) })?.array ?? [] {
            guard let parts = filter.array, parts.count == 3, let field = parts[0].string, let sign = parts[1].string
            else { return Self.fault(417, "ValidationError", "Invalid filter") }
            guard names.contains(field) else {
                return Self.fault(417, "DataError", "Field not permitted in query: \(field)")
            }
            rows = rows.filter { Self.matches($0[field] ?? .null, sign, parts[2]) }
        }
        let fields = (request.parameter("fields").flatMap { try? JSONValue(parsing: $0) })?.array?.compactMap(\.string)
        for field in fields ?? [] where !names.contains(field) {
            return Self.fault(417, "DataError", "Field not permitted in query: \(field)")
        }
        if let order = request.parameter("order_by") {
            let keys = order.split(separator: ",").compactMap { $0.split(separator: " ").first.map(String.init) }
            rows.sort { left, right in
                for key in keys where left[key] != right[key] { return Self.text(left[key]) < Self.text(right[key]) }
                return false
            }
        }
        let start = request.parameter("limit_start").flatMap { Int($0) } ?? 0
        let limit = request.parameter("limit_page_length").flatMap { Int($0) } ?? 20
        let page = rows.dropFirst(max(0, start)).prefix(max(0, limit)).map { row in
            var shown = JSONObject()
            for field in fields ?? ["name"] { shown[field] = row[field] ?? .null }
            return JSONValue.object(shown)
        }
        return .json(["data": .array(Array(page))])
    }

    private static func matches(_ value: JSONValue, _ sign: String, _ other: JSONValue) -> Bool {
        switch sign {
        case "=": value == other || value.double != nil && value.double == other.double
        // Only patterns with % at the end.
        case "like": text(value).hasPrefix(text(other).filter { $0 != "%" })
        case ">": text(value) > text(other)
        case ">=": text(value) >= text(other)
        default: false
        }
    }

    private static func text(_ value: JSONValue?) -> String { value?.string ?? value?.text ?? "" }
}
