import Primitives

extension OdooDatabase {
    private var movesField: String { major >= 16 ? "move_ids" : "move_lines" }
    private var doneField: String { major >= 17 ? "quantity" : "quantity_done" }

    /// The methods of transfers and stock figures.
    mutating func stock(_ call: Call) throws(OdooException) -> JSONValue {
        switch (call.model, call.method) {
        case ("stock.picking", "action_confirm"):
            try each(call) { (id, tables) in
                if tables["stock.picking", id]?["state"] == "draft" { Self.set("confirmed", id, &tables) }
            }
            return true
        case ("stock.picking", "action_assign"):
            for id in call.ids { try assign(id) }
            return true
        case ("stock.picking", "button_validate"):
            guard let id = call.ids.first, tables["stock.picking", id] != nil else { throw .user("No such transfer") }
            return try validate(id, call.context)
        case ("stock.change.product.qty", "change_product_qty"):
            for id in call.ids {
                guard let wizard = tables[call.model, id], let product = wizard["product_id"]?.integer,
                    let place = wizard["location_id"]?.integer
                else { throw .user("No such wizard") }
                setQuantity(wizard["new_quantity"]?.double ?? 0, of: product, at: place)
            }
            return ["type": "ir.actions.act_window_close"]
        case ("stock.quant", "action_apply_inventory") where major >= 15:
            for id in call.ids {
                guard let quantity = tables[call.model, id]?["inventory_quantity"]?.double else { continue }
                tables.change(call.model, id, ["quantity": .number(quantity), "inventory_quantity": false])
            }
            return .null
        default:
            let message = "The method '\(call.method)' does not exist on the model '\(call.model)'"
            throw major >= 19
                ? .missing(message) : OdooException(name: "builtins.AttributeError", message: message, status: 404)
        }
    }

    private mutating func each(
        _ call: Call,
        _ body: (Int64, inout OdooTables) -> Void
    ) throws(OdooException) {
        for id in call.ids {
            guard tables[call.model, id] != nil else { throw .user("Record does not exist or has been deleted.") }
            body(id, &tables)
        }
    }

    private static func set(_ state: JSONValue, _ id: Int64, _ tables: inout OdooTables) {
        tables.change("stock.picking", id, ["state": state])
        for move in tables.search("stock.move", [["picking_id", "=", .integer(id)]]) {
            tables.change("stock.move", move, ["state": state])
        }
    }

    // MARK: Figures

    private func quant(of product: Int64, at place: Int64) -> Int64? {
        tables.search("stock.quant", [["product_id", "=", .integer(product)], ["location_id", "=", .integer(place)]])
            .first
    }

    mutating func addQuantity(_ quantity: Double, of product: Int64, at place: Int64) {
        let before = quant(of: product, at: place).flatMap { tables["stock.quant", $0]?["quantity"]?.double } ?? 0
        setQuantity(before + quantity, of: product, at: place)
    }

    private mutating func setQuantity(_ quantity: Double, of product: Int64, at place: Int64) {
        if let id = quant(of: product, at: place) {
            tables.change("stock.quant", id, ["quantity": .number(quantity)])
        } else {
            _ = tables.add(
                "stock.quant",
                [
                    "product_id": .integer(product), "location_id": .integer(place), "quantity": .number(quantity),
                    "reserved_quantity": 0,
                ]
            )
        }
    }

    /// A quant is made, or found, in inventory mode only; 13 and 14 put the figure in force at once.
    mutating func makeQuant(_ values: JSONObject, _ context: JSONObject) throws(OdooException) -> Int64 {
        guard major >= 13, context["inventory_mode"] == .bool(true) else {
            throw .access("You are not allowed to create 'Quants' (stock.quant) records.")
        }
        guard let product = values["product_id"]?.integer, let place = values["location_id"]?.integer,
            let quantity = values["inventory_quantity"]?.double
        else { throw .user("A product, a location and a quantity are needed.") }
        if quant(of: product, at: place) == nil { setQuantity(0, of: product, at: place) }
        guard let id = quant(of: product, at: place) else { throw .user("No quant") }
        tables.change("stock.quant", id, [major >= 15 ? "inventory_quantity" : "quantity": .number(quantity)])
        return id
    }

    // MARK: Transfers

    mutating func makeTransfer(_ values: JSONObject) throws(OdooException) -> Int64 {
        for field in ["picking_type_id", "location_id", "location_dest_id"] {
            guard let id = values[field]?.integer, let model = OdooTables.references[field], tables[model, id] != nil
            else { throw .validation("A mandatory field is not set: \(field)") }
        }
        var transfer = values
        transfer[movesField] = nil
        transfer["state"] = "draft"
        let kind = values["picking_type_id"] == 1 ? "IN" : "OUT"
        let count = tables.all("stock.picking").count + 1
        transfer["name"] = .string("WH/\(kind)/\(String(100_000 + count).dropFirst())")
        if var move = values[movesField]?.object {
            guard let product = move["product_id"]?.integer, tables["product.product", product] != nil,
                let text = move["product_uom_qty"]?.string, let quantity = Double(text),
                major >= 19 || move["name"]?.string != nil
            else { throw .validation("A mandatory field of a move is not set") }
            let id = tables.add("stock.picking", transfer)
            move["product_uom_qty"] = .number(quantity)
            move["picking_id"] = .integer(id)
            move["state"] = "draft"
            _ = tables.add("stock.move", move)
            return id
        }
        return tables.add("stock.picking", transfer)
    }

    private mutating func assign(_ id: Int64) throws(OdooException) {
        guard tables["stock.picking", id]?["state"] == "confirmed" else { return }
        var isWhole = true
        for move in tables.search("stock.move", [["picking_id", "=", .integer(id)]]) {
            guard let record = tables["stock.move", move], let product = record["product_id"]?.integer,
                let place = record["location_id"]?.integer, let wanted = record["product_uom_qty"]?.double,
                let quant = quant(of: product, at: place), let stock = tables["stock.quant", quant]
            else {
                isWhole = false
                continue
            }
            let reserved = stock["reserved_quantity"]?.double ?? 0
            let available = max(0, (stock["quantity"]?.double ?? 0) - reserved)
            tables.change("stock.quant", quant, ["reserved_quantity": .number(reserved + min(wanted, available))])
            if available < wanted { isWhole = false }
        }
        if isWhole { Self.set("assigned", id, &tables) }
    }

    /// Books what was written as moved; asks back, with 200, when nothing was or when less was than planned.
    private mutating func validate(_ id: Int64, _ context: JSONObject) throws(OdooException) -> JSONValue {
        if tables["stock.picking", id]?["state"] == "done" { return true }
        let moves = tables.search("stock.move", [["picking_id", "=", .integer(id)]])
        if moves.isEmpty { throw .user("Please add some lines to move") }
        let done = moves.map { tables["stock.move", $0]?[doneField]?.double ?? 0 }
        guard done.contains(where: { $0 > 0 }) else {
            if major >= 17 {
                throw .user("You cannot validate a transfer if no quantities are reserved.")
            }
            return ["type": "ir.actions.act_window", "res_model": "stock.immediate.transfer", "target": "new"]
        }
        for (move, quantity) in zip(moves, done) {
            guard let record = tables["stock.move", move], let product = record["product_id"]?.integer else { continue }
            if quantity < record["product_uom_qty"]?.double ?? 0, context["skip_backorder"] != .bool(true) {
                return ["type": "ir.actions.act_window", "res_model": "stock.backorder.confirmation", "target": "new"]
            }
            if let from = record["location_id"]?.integer { addQuantity(-quantity, of: product, at: from) }
            if let to = record["location_dest_id"]?.integer { addQuantity(quantity, of: product, at: to) }
        }
        Self.set("done", id, &tables)
        return major >= 12 ? true : .null
    }
}
