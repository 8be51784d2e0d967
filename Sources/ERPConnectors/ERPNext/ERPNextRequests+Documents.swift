import Primitives

extension ERPNextRequests {
    /// The type of the document that an operation makes; nil when it makes none with a key.
    func type(of operation: ERPOperation) -> String? {
        switch operation {
        case .workOrderCreate: options.document.rawValue
        case .stockSet: "Stock Reconciliation"
        case .stockConsume, .stockReceive: "Stock Entry"
        default: nil
        }
    }

    /// The request that makes an order or a stock document, with the key; `failedAt` is in the site's local time.
    func creation(
        of order: DeliveryOrder,
        _ fields: OrderFields,
        failedAt: String
    ) throws(CallFailure) -> RenderedRequest {
        var body: JSONObject
        switch (order.operation, options.document) {
        case (.workOrderCreate, .issue): body = try issue(fields)
        case (.workOrderCreate, .assetRepair):
            body = try repair(fields)
            body["failure_date"] = .string(failedAt)
        case (.stockSet, _): body = try reconciliation(fields)
        default: body = try entry(order.operation, fields)
        }
        if let company = options.company { body["company"] = .string(company) }
        body[options.referenceField] = .string(order.idempotencyKey)
        return create(type(of: order.operation) ?? options.document.rawValue, .object(body))
    }

    /// The request that changes an order.
    func change(_ name: String, _ fields: OrderFields) throws(CallFailure) -> RenderedRequest {
        var body = JSONObject()
        switch options.document {
        case .issue:
            body["subject"] = fields.text("title").map { .string($0) }
            body["priority"] = fields.text("priority").map { .string(priority($0)) }
            body["issue_type"] = fields.text("workType").map { .string($0) }
            let text = Self.paragraphs([fields.text("description"), fields.text("link")])
            if !text.isEmpty { body["description"] = .string(MarkupText.html(text)) }
        case .assetRepair:
            let text = repairText(fields)
            if !text.isEmpty { body["description"] = .string(text) }
        }
        if body.isEmpty { throw CallFailure(reason: "field-missing", detail: "There is nothing to change.") }
        return update(options.document.rawValue, name, .object(body))
    }

    /// The request that cancels an order.
    ///
    /// An Issue has no such state: it is closed, and its resolution says that it was cancelled.
    func cancellation(of name: String, _ fields: OrderFields) -> RenderedRequest {
        let reason = Self.cancelled + (fields.text("reason").map { ": \($0)" } ?? "")
        let body: JSONValue =
            switch options.document {
            case .issue: ["status": "Closed", "resolution_details": .string(MarkupText.html(reason))]
            case .assetRepair: ["repair_status": "Cancelled", "actions_performed": .string(reason)]
            }
        return update(options.document.rawValue, name, body)
    }

    /// How the resolution of a cancelled Issue begins.
    static let cancelled = "Cancelled"

    private func issue(_ fields: OrderFields) throws(CallFailure) -> JSONObject {
        var body: JSONObject = ["subject": .string(try fields.required("title"))]
        var equipment: String?
        if let asset = fields.text("equipment") {
            if let field = options.equipmentField {
                body[field] = .string(asset)
            } else {
                equipment = "Asset: \(asset)"
            }
        }
        let part = try self.part(fields).map { "Part: \(JSONValue.text(of: $0.quantity)) × \($0.item)" }
        let text = Self.paragraphs([fields.text("description"), equipment, part, fields.text("link")])
        if !text.isEmpty { body["description"] = .string(MarkupText.html(text)) }
        body["priority"] = fields.text("priority").map { .string(priority($0)) }
        body["issue_type"] = fields.text("workType").map { .string($0) }
        return body
    }

    private func repair(_ fields: OrderFields) throws(CallFailure) -> JSONObject {
        guard let asset = fields.text("equipment") else {
            let detail = "An asset repair needs its asset: give the asset in Plantwright its ERP equipment reference."
            throw CallFailure(reason: "field-missing", detail: detail)
        }
        var body: JSONObject = [
            "asset": .string(asset), "description": .string(repairText(fields)), "repair_status": "Pending",
        ]
        if let part = try self.part(fields) {
            guard let warehouse = options.warehouse else { throw Self.noWarehouse }
            body["stock_consumption"] = 1
            body["stock_items"] = [
                [
                    "item_code": .string(part.item), "warehouse": .string(warehouse),
                    // A text field there.
                    "consumed_quantity": .string(JSONValue.text(of: part.quantity)),
                ]
            ]
        }
        return body
    }

    /// Asset repairs have one text and no priority.
    private func repairText(_ fields: OrderFields) -> String {
        let priority = fields.text("priority").map { "Priority: \(self.priority($0))" }
        return Self.paragraphs([fields.text("title"), fields.text("description"), priority, fields.text("link")])
    }

    private func entry(_ operation: ERPOperation, _ fields: OrderFields) throws(CallFailure) -> JSONObject {
        let isIssue = operation == .stockConsume
        var item: JSONObject = [
            "item_code": .string(try fields.required("item")), "qty": .number(try positive(fields)),
        ]
        item[isIssue ? "s_warehouse" : "t_warehouse"] = .string(try warehouse(fields))
        item["uom"] = fields.text("unit").map { .string($0) }
        if !isIssue, let rate = try fields.number("rate") {
            item["basic_rate"] = .number(rate)
            item["set_basic_rate_manually"] = 1
        }
        return [
            "stock_entry_type": isIssue ? "Material Issue" : "Material Receipt", "items": [.object(item)],
            "docstatus": 1,
        ]
    }

    private func reconciliation(_ fields: OrderFields) throws(CallFailure) -> JSONObject {
        guard let quantity = try fields.number("quantity"), quantity >= 0 else {
            throw CallFailure(reason: "field-invalid", detail: "“quantity” must be a number that is not below 0.")
        }
        var item: JSONObject = [
            "item_code": .string(try fields.required("item")), "warehouse": .string(try warehouse(fields)),
            "qty": .number(quantity),
        ]
        if let rate = try fields.number("rate") { item["valuation_rate"] = .number(rate) }
        return ["purpose": "Stock Reconciliation", "items": [.object(item)], "docstatus": 1]
    }

    /// Where stock is booked.
    func warehouse(_ fields: OrderFields) throws(CallFailure) -> String {
        guard let warehouse = fields.text("location") ?? options.warehouse else { throw Self.noWarehouse }
        return warehouse
    }

    private static let noWarehouse = CallFailure(
        reason: "field-missing",
        detail: "No warehouse: give the connector the option “warehouse” or the mapping the field “location”."
    )

    private func positive(_ fields: OrderFields) throws(CallFailure) -> Double {
        guard let quantity = try fields.number("quantity"), quantity > 0 else {
            throw CallFailure(reason: "field-invalid", detail: "“quantity” must be a number above 0.")
        }
        return quantity
    }

    private func part(_ fields: OrderFields) throws(CallFailure) -> (item: String, quantity: Double)? {
        guard let item = fields.text("item") else { return nil }
        return (item, try fields.number("quantity") ?? 1)
    }

    private func priority(_ text: String) -> String { options.priorities[text] ?? text }

    private static func paragraphs(_ parts: [String?]) -> String { parts.compactMap { $0 }.joined(separator: "\n") }
}
