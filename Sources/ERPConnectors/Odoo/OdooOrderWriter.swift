import Primitives

/// Writes an order's fields as calls; previews and dispatch share it.
///
/// Pure.
struct OdooOrderWriter: Sendable {
    let options: OdooOptions
    let flavour: OdooFlavour

    /// The external id of a record that carries a key.
    func externalID(_ key: String, _ suffix: String = "") -> String { "\(options.externalIDModule).\(key)\(suffix)" }

    /// The call that makes a maintenance request.
    func create(
        _ order: DeliveryOrder,
        _ fields: OrderFields,
        _ references: OdooReferences
    ) throws(OdooTrouble)
        -> OdooCall
    {
        var columns: [(name: String, value: JSONValue)] = []
        for value in try values(fields, references, key: order.idempotencyKey) {
            columns.append(
                (name: value.isReference ? value.field + "/.id" : value.field, value: Self.cell(value.value))
            )
        }
        return .load("maintenance.request", id: externalID(order.idempotencyKey), columns: columns)
    }

    /// The call that changes a maintenance request.
    func update(
        _ target: JSONValue,
        _ fields: OrderFields,
        _ references: OdooReferences
    ) throws(OdooTrouble) -> OdooCall {
        var values = JSONObject()
        for value in try self.values(fields, references, key: nil) { values[value.field] = value.value }
        if let stage = references.stage { values["stage_id"] = stage }
        if values.isEmpty { throw .final("nothing-to-change", "None of the mapping's fields has a value.") }
        return .write("maintenance.request", [target], values)
    }

    /// The call that archives a request: what Odoo's own button “Cancel” does.
    func cancel(_ target: JSONValue) -> OdooCall { .write("maintenance.request", [target], ["archive": true]) }

    /// The call that adds a note to a request's log; its message id carries the key.
    func post(_ text: String, on target: JSONValue, key: String) -> OdooCall {
        var call = OdooCall("maintenance.request", "message_post", records: [target])
        call.named["body"] = .string(flavour.postsPlainText ? text : Self.html(text))
        call.named["message_type"] = "comment"
        call.named["message_id"] = .string(Self.messageID(key))
        return call
    }

    /// How a note that we posted is found.
    static func messageID(_ key: String) -> String { "<\(key)@plantwright>" }

    /// The call that makes a transfer of one product.
    func transfer(
        _ key: String,
        suffix: String = "",
        _ product: OdooProduct,
        _ quantity: Double,
        _ places: OdooPlaces
    ) -> OdooCall {
        let moves = flavour.movesField
        var columns: [(name: String, value: JSONValue)] = [
            ("origin", .string("Plantwright \(key)")), ("picking_type_id/.id", Self.cell(places.transferType)),
            ("location_id/.id", Self.cell(places.from)), ("location_dest_id/.id", Self.cell(places.to)),
        ]
        if flavour.movesHaveNames { columns.append(("\(moves)/name", .string(product.name))) }
        columns += [
            ("\(moves)/product_id/.id", Self.cell(product.id)), ("\(moves)/product_uom/.id", Self.cell(product.unit)),
            ("\(moves)/product_uom_qty", .string(JSONValue.text(of: quantity))),
            ("\(moves)/location_id/.id", Self.cell(places.from)),
            ("\(moves)/location_dest_id/.id", Self.cell(places.to)),
        ]
        return .load("stock.picking", id: externalID(key, suffix), columns: columns)
    }

    /// The call that writes what was moved.
    func moved(_ move: JSONValue, _ quantity: Double) -> OdooCall {
        .write(
            "stock.move",
            [move],
            flavour.marksPicked
                ? ["quantity": .number(quantity), "picked": true] : ["quantity_done": .number(quantity)]
        )
    }

    /// The call that books a transfer; Odoo is not to ask about backorders and the like.
    func validate(_ transfer: JSONValue) -> OdooCall {
        var call = OdooCall("stock.picking", "button_validate", records: [transfer])
        for question in ["skip_backorder", "skip_immediate", "skip_overprocessed_check", "skip_sms"] {
            call.context[question] = true
        }
        return call
    }

    /// The calls that set a stock figure, the second made from the number that the first one gives.
    func set(_ product: OdooProduct, _ quantity: Double, at location: JSONValue) -> (first: OdooCall, second: String?) {
        let values: JSONObject = ["product_id": product.id, "location_id": location]
        switch flavour.stockWriting {
        case .wizard:
            var wizard = values
            wizard["new_quantity"] = .number(quantity)
            return (.create("stock.change.product.qty", wizard), "change_product_qty")
        case .quant, .appliedQuant:
            var quant = values
            quant["inventory_quantity"] = .number(quantity)
            var call = OdooCall.create("stock.quant", quant)
            call.context["inventory_mode"] = true
            return (call, flavour.stockWriting == .quant ? nil : "action_apply_inventory")
        }
    }
}

extension OdooOrderWriter {
    private struct Value {
        var field: String
        var value: JSONValue
        var isReference = false
    }

    private func values(
        _ fields: OrderFields,
        _ references: OdooReferences,
        key: String?
    ) throws(OdooTrouble) -> [Value] {
        var values: [Value] = []
        func add(_ field: String, _ value: JSONValue?, isReference: Bool = false) {
            if let value { values.append(Value(field: field, value: value, isReference: isReference)) }
        }
        add("name", fields.text("title").map(JSONValue.string))
        add("description", description(fields, key: key).map(JSONValue.string))
        add("equipment_id", references.equipment, isReference: true)
        add("maintenance_team_id", references.team, isReference: true)
        if flavour.hasCompany { add("company_id", references.company, isReference: true) }
        add(flavour.technicianField, references.technician, isReference: true)
        add("priority", try priority(fields).map(JSONValue.string))
        if let type = fields.text("workType") {
            guard ["corrective", "preventive"].contains(type) else {
                throw .final("field-invalid", "“Maintenance type” must be corrective or preventive, not “\(type)”.")
            }
            add("maintenance_type", .string(type))
        }
        if let text = fields.text("dueAt") {
            guard let time = Timestamp(rfc3339: text) else {
                throw .final("field-invalid", "“Scheduled date” must be RFC 3339, such as 2026-11-22T10:00:00Z.")
            }
            add("schedule_date", .string(time.odoo))
        }
        return values
    }

    /// An alarm's severity in Odoo's numbers, or one of them.
    private func priority(_ fields: OrderFields) throws(OdooTrouble) -> String? {
        guard let text = fields.text("priority") else { return nil }
        if let priority = options.priorities[text] { return priority }
        if OdooManifestFields.priorities.contains(where: { $0.value == text }) { return text }
        throw .final(
            "field-invalid",
            "“Priority” takes low, medium, high, critical or Odoo's own 0 to 3, not “\(text.prefix(40))”."
        )
    }

    /// The text, the link and our key, in the field's own form.
    private func description(_ fields: OrderFields, key: String?) -> String? {
        let link = fields.text("link")
        let text = fields.text("description")
        if key == nil, link == nil, text == nil { return nil }
        let ending = key.map { "Plantwright \($0)" }
        guard flavour.describesInHTML else {
            return [text, link, ending].compactMap { $0 }.joined(separator: "\n\n")
        }
        let anchor = link.map { "<p><a href=\"\(Self.escaped($0))\">\(Self.escaped($0))</a></p>" }
        return [text.map(Self.html), anchor, ending.map(Self.html)].compactMap { $0 }.joined()
    }

    private static func html(_ text: String) -> String {
        "<p>" + escaped(text).replacing("\r\n", with: "<br/>").replacing("\n", with: "<br/>") + "</p>"
    }

    private static func escaped(_ text: String) -> String {
        text.replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing(">", with: "&gt;")
            .replacing("\"", with: "&quot;")
    }

    /// `load` reads cells as texts.
    static func cell(_ value: JSONValue) -> JSONValue {
        value.integer.map { .string(String($0)) } ?? value
    }
}
