import Primitives

extension SAPRequests {
    /// What a goods movement is about.
    struct Movement: Hashable, Sendable {
        /// The movement type: 201 issues to a cost centre, 261 to an order, 501 receives without an order.
        var type: String
        /// Whether it books out.
        var isIssue: Bool
        var quantity: Double
    }

    /// Posts a goods movement that carries the delivery's key.
    func post(
        _ movement: Movement,
        _ order: DeliveryOrder,
        _ fields: OrderFields
    ) throws(CallFailure) -> RenderedRequest {
        guard let quantity = ODataLiteral.quantity(movement.quantity) else {
            throw Self.unusable(quantity: movement.quantity)
        }
        let place = place(fields.text("location"))
        var item: JSONObject = [
            "Material": .string(try fields.required("item")),
            "GoodsMovementType": .string(movement.type),
            "QuantityInEntryUnit": .string(quantity),
        ]
        if let plant = place.plant { item["Plant"] = .string(plant) }
        if let location = place.storageLocation { item["StorageLocation"] = .string(location) }
        if let unit = fields.text("unit") { item["EntryUnit"] = .string(unit) }
        if let number = fields.text("order") {
            item["ManufacturingOrder"] = .string(number)
        } else if let center = fields.text("costCenter") ?? options.costCenter {
            item["CostCenter"] = .string(center)
        }
        let day = ODataLiteral.day(order.causedAt)
        var body: JSONObject = [
            // 03 goods issue, 05 other goods receipt.
            "GoodsMovementCode": movement.isIssue ? "03" : "05",
            "PostingDate": .string(day),
            "DocumentDate": .string(day),
            "ReferenceDocument": .string(Self.reference(order.idempotencyKey)),
        ]
        if let text = fields.text("text") { body["MaterialDocumentHeaderText"] = .string(text) }
        body["to_MaterialDocumentItem"] = ["results": [.object(item)]]
        return create(.materialDocument, "A_MaterialDocumentHeader", body)
    }

    /// The plant and storage location of `PLANT/LOCATION`, `LOCATION` or nothing.
    func place(_ text: String?) -> (plant: String?, storageLocation: String?) {
        guard let text else { return (options.plant, options.storageLocation) }
        let parts = text.uppercased().split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        if parts.count > 1 { return (parts[0], parts[1].isEmpty ? nil : parts[1]) }
        return (options.plant, parts.first)
    }

    /// The movement of an operation with a quantity of its own; nil for others.
    func movement(_ operation: ERPOperation, _ fields: OrderFields) throws(CallFailure) -> Movement? {
        let issue: Bool
        switch operation {
        case .stockConsume: issue = true
        case .stockReceive: issue = false
        default: return nil
        }
        let usual = issue ? options.movementTypes.consume : options.movementTypes.receive
        let type = fields.text("movementType") ?? (issue && fields.text("order") != nil ? "261" : usual)
        return Movement(type: type, isIssue: issue, quantity: try fields.number("quantity") ?? 0)
    }
}
