import Primitives

extension TrytonStore {
    /// A method of a model.
    mutating func call(
        _ model: String,
        _ method: String,
        _ parameters: [JSONValue],
        _ context: JSONObject
    ) throws(Refusal) -> JSONValue {
        switch (model, method) {
        case ("res.user", "get_preferences"): return ["company": 1, "language": "en"]
        case ("ir.model.access", "get_access"): return try access(parameters)
        case ("stock.move", "fields_get"): return ["uom": ["type": "many2one"]]
        case ("product.product", "read"): return try quantities(parameters, context)
        case (_, "search_read"): return try searchRead(model, parameters)
        case (_, "create"): return try create(model, parameters, context)
        case (_, "write"):
            guard let changes = parameters.last?.object else { throw .fault("write() takes other arguments") }
            for id in try ids(model, parameters) { try write(model, id, changes) }
            return .null
        case ("production", _), ("stock.shipment.internal", _), ("stock.inventory", _):
            let ids = try ids(model, parameters)
            var result = JSONValue.null
            for id in ids { result = try transition(model, id, method) }
            return result
        default: throw .notOpen
        }
    }

    private func access(_ parameters: [JSONValue]) throws(Refusal) -> JSONValue {
        var result = JSONObject()
        for name in parameters.first?.array?.compactMap(\.string) ?? [] {
            guard Self.models.contains(name) else { throw .fault("'\(name)'") }
            result[name] = ["read": 1, "write": 1, "create": 1, "delete": 1]
        }
        return .object(result)
    }

    /// The records that a call is about; one that is gone is an error like that of a missing permission.
    private func ids(_ model: String, _ parameters: [JSONValue]) throws(Refusal) -> [Int64] {
        let ids = parameters.first?.array?.compactMap(\.integer) ?? []
        for id in ids where record(model, id) == nil {
            throw .user(
                "You are not allowed to read records \"\(id)\" of \"\(model)\" because of at least one of these rules:\n"
                    + "User in companies"
            )
        }
        return ids
    }

    private mutating func create(
        _ model: String,
        _ parameters: [JSONValue],
        _ context: JSONObject
    ) throws(Refusal) -> JSONValue {
        var made: [JSONValue] = []
        for values in parameters.first?.array ?? [] {
            guard var record = values.object else { throw .fault("create() takes other arguments") }
            let number = String((tables[model]?.count ?? 0) + 1)
            switch model {
            case "production":
                let known = [
                    "company", "reference", "warehouse", "location", "inputs", "work_center", "planned_date",
                    "planned_start_date",
                ]
                for name in record.names where !known.contains(name) { throw .fault("'\(name)'") }
                if record["planned_date"] != nil, record["planned_start_date"] == nil {
                    throw .user("A value is required for field \"Planned Start Date\" in \"Production\".")
                }
                record["inputs"] = .array(try moves(record["inputs"]))
                record["state"] = "draft"
                record["number"] = .string(number)
            case "stock.shipment.internal":
                record["moves"] = .array(try moves(record["moves"]))
                record["state"] = "draft"
                record["number"] = .string(number)
            case "stock.inventory":
                record["lines"] = .array(try lines(record["lines"]))
                record["state"] = "draft"
            case "project.work":
                guard record["name"]?.string?.isEmpty == false else {
                    throw .user("A value is required for field \"Name\" in \"Work Effort\".")
                }
                for (name, usual) in [("status", JSONValue.integer(1)), ("progress", nil), ("parent", nil)]
                where record[name] == nil { record[name] = usual }
            case "ir.note":
                let parts = (record["resource"]?.string ?? "").split(separator: ",")
                guard parts.count == 2, let id = Int64(parts[1]), self.record(String(parts[0]), id) != nil else {
                    throw .user("The value for field \"Resource\" in \"Note\" is not valid.")
                }
            case "ir.attachment":
                let parts = (record["resource"]?.string ?? "").split(separator: ",")
                guard parts.count == 2, let id = Int64(parts[1]), self.record(String(parts[0]), id) != nil else {
                    throw .user("The value for field \"Resource\" in \"Attachment\" is not valid.")
                }
                guard record["name"]?.string?.isEmpty == false, record["data"]?["__class__"] == "bytes" else {
                    throw .user("A value is required for field \"Name\" in \"Attachment\".")
                }
            default: throw .user("You are not allowed to access \"\(model)\".")
            }
            made.append(.integer(add(model, record)))
        }
        return .array(made)
    }

    private mutating func write(_ model: String, _ id: Int64, _ values: JSONObject) throws(Refusal) {
        if model == "project.work", let status = values["status"]?.integer,
            let needed = record("project.work.status", status)?["progress"]?.double
        {
            let progress = values["progress"]?.double ?? record(model, id)?["progress"]?.double ?? 0
            guard progress >= needed else {
                throw .user("To set work in this status, you must increase its progress.")
            }
        }
        set(model, id, values)
    }

    /// `[["create", [{…}]]]` of moves.
    private func moves(_ value: JSONValue?) throws(Refusal) -> [JSONValue] {
        let given = value?.array?.first?.array?.last?.array ?? []
        for move in given {
            guard let product = move["product"]?.integer, let item = record("product.product", product) else {
                throw .user("The value for field \"Product\" in \"Stock Move\" is not valid according to its domain.")
            }
            let quantity = move["quantity"]?.double ?? 0
            guard quantity > 0 else { throw .user("Move quantity must be positive.") }
            guard let unit = move["uom"]?.integer.flatMap({ record("product.uom", $0) }) else {
                throw .user("A value is required for field \"Uom\" in \"Stock Move\".")
            }
            let own = item["default_uom"]?.integer.flatMap { record("product.uom", $0) }
            guard unit["category"] == own?["category"] else {
                throw .fault("cannot convert between units without a factor or rate")
            }
            try check(quantity, unit)
        }
        return given
    }

    private func lines(_ value: JSONValue?) throws(Refusal) -> [JSONValue] {
        let given = value?.array?.first?.array?.last?.array ?? []
        for line in given {
            guard let item = line["product"]?.integer.flatMap({ record("product.product", $0) }) else {
                throw .user("A value is required for field \"Product\" in \"Stock Inventory Line\".")
            }
            let quantity = line["quantity"]?.double ?? 0
            guard quantity >= 0 else { throw .user("Inventory line quantity must be positive.") }
            if let unit = item["default_uom"]?.integer.flatMap({ record("product.uom", $0) }) {
                try check(quantity, unit)
            }
        }
        return given
    }

    private func check(_ quantity: Double, _ unit: JSONObject) throws(Refusal) {
        let digits = Int(clamping: unit["digits"]?.integer ?? 0)
        var scale = 1.0
        for _ in 0..<min(max(digits, 0), 9) { scale *= 10 }
        guard ((quantity * scale).rounded() / scale) == quantity else {
            throw .user(
                "The number of digits in the value \"\(quantity)\" for field \"Quantity\" in \"Stock Move\" exceeds the "
                    + "limit of \"\(digits)\"."
            )
        }
    }

    /// Quantities are 0 without places in the context.
    private func quantities(_ parameters: [JSONValue], _ context: JSONObject) throws(Refusal) -> JSONValue {
        let places = context["locations"]?.array?.compactMap(\.integer) ?? []
        var result: [JSONValue] = []
        for id in try ids("product.product", parameters) {
            var quantity = 0.0
            for place in places { quantity += onHand[id]?[place] ?? 0 }
            if context["stock_assign"]?.bool == true, places.contains(Known.storage) { quantity -= assigned(id) }
            result.append(["id": .integer(id), "quantity": .number(quantity)])
        }
        return .array(result)
    }
}
