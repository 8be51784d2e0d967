import Primitives

extension TrytonRequests {
    /// Makes an order; the key goes with it.
    func create(
        _ order: DeliveryOrder,
        _ fields: OrderFields,
        _ draft: TrytonOrderDraft
    ) throws(TrytonFailure) -> RenderedRequest {
        let place = draft.place
        var values = JSONObject()
        values["company"] = place.company
        switch options.orderModel {
        case .production:
            values["reference"] = .string(order.idempotencyKey)
            values["warehouse"] = place.warehouse
            values["location"] = place.production
            if let center = draft.equipment { values["work_center"] = center }
            for (name, value) in try dates(fields) { values[name] = value }
            if let part = draft.part {
                let move = move(part, from: place.storage, to: place.production, place)
                values["inputs"] = [["create", [move]]]
            }
        case .task:
            values["type"] = "task"
            values["name"] = .string(fields.text("title") ?? "")
            values["comment"] = .string(
                TrytonTexts.order(fields, key: order.idempotencyKey, withTitle: false)
            )
            let parent = draft.equipment ?? place.project
            if !parent.isNull { values["parent"] = parent }
        }
        let context = context(company: place.company)
        return call(options.orderModel.rawValue + ".create", [[.object(values)]], context)
    }

    /// The dates of a production; tasks have none.
    func dates(_ fields: OrderFields) throws(TrytonFailure) -> [(name: String, value: JSONValue)] {
        guard options.orderModel == .production, let text = fields.text("dueDate") else { return [] }
        guard let date = TrytonValue.date(text) else {
            throw .permanent("field-invalid", "“dueDate” must be a date such as 2026-12-01, not “\(text.prefix(40))”.")
        }
        // Tryton wants both or none.
        return [("planned_date", date), ("planned_start_date", date)]
    }

    /// A move of stock.
    func move(_ part: TrytonPart, from: JSONValue, to: JSONValue, _ place: TrytonPlace) -> JSONValue {
        var values = JSONObject()
        values["product"] = part.product
        values[place.unitField] = part.unit
        values["quantity"] = part.quantity
        values["from_location"] = from
        values["to_location"] = to
        values["company"] = place.company
        values["currency"] = place.currency
        return .object(values)
    }

    /// Adds a note to a record.
    func note(_ record: String, _ text: String, _ context: JSONObject) -> RenderedRequest {
        call("ir.note.create", [[["resource": .string(record), "message": .string(text)]]], context)
    }

    /// Changes fields of a record.
    func write(_ record: TrytonRecord, _ values: JSONObject, _ context: JSONObject) -> RenderedRequest {
        call(record.model + ".write", [[.integer(record.id)], .object(values)], context)
    }

    /// Takes a record to another state: `wait`, `assign_try`, `cancel`.
    func transition(_ record: TrytonRecord, _ method: String, _ context: JSONObject) -> RenderedRequest {
        call("\(record.model).\(method)", [[.integer(record.id)]], context)
    }

    /// Finds an order by its key.
    func search(forKey key: String) -> TrytonSearch {
        switch options.orderModel {
        case .production: TrytonSearch("production", [["reference", "=", .string(key)]], ["id", "state"], limit: 1)
        case .task: TrytonSearch("project.work", [["comment", "like", .string("%\(key)%")]], ["id"], limit: 1)
        }
    }

    /// Finds a note of a record by its key.
    static func search(noteOf record: String, withKey key: String) -> TrytonSearch {
        let domain: [JSONValue] = [["resource", "=", .string(record)], ["message", "like", .string("%\(key)%")]]
        return TrytonSearch("ir.note", domain, ["id"], limit: 1)
    }

    /// Finds a piece of equipment; also says what it is called.
    func search(forEquipment reference: String) -> (search: TrytonSearch, what: String) {
        let text = JSONValue.string(reference)
        switch options.equipment {
        case .product:
            return (TrytonSearch("product.product", [["code", "=", text]], ["id"], limit: 1), "product with the code")
        case .lot: return (TrytonSearch("stock.lot", [["number", "=", text]], ["id"], limit: 1), "lot with the number")
        case .workCenter:
            let search = TrytonSearch("production.work.center", [["name", "=", text]], ["id"], limit: 1)
            return (search, "work centre")
        case .project:
            let domain: [JSONValue] = [["name", "=", text], ["type", "=", "project"]]
            return (TrytonSearch("project.work", domain, ["id"], limit: 1), "project")
        }
    }
}
