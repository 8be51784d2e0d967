import Primitives

/// Inventory: figures per product and warehouse, changed by adjustments.
///
/// Documentation only: the tables msdyn_productinventory, msdyn_inventoryadjustment and
/// msdyn_inventoryadjustmentproduct of learn.microsoft.com/dynamics365/field-service/developer/reference/entities.
extension FieldServiceConnector {
    func stock(_ order: DeliveryOrder, _ fields: OrderFields) throws(CallFailure) -> OrderPlan {
        let item = try fields.required("item")
        guard let quantity = try fields.number("quantity") else {
            throw CallFailure(reason: "field-missing", detail: "“quantity” has no value.")
        }
        guard let warehouse = fields.text("location") ?? options.warehouse else {
            let detail = "Say which warehouse: in the field “location”, or in the connector's option “warehouse”."
            throw CallFailure(reason: "field-missing", detail: detail)
        }
        let known = [itemQuestion(item), warehouseQuestion(warehouse)]
        let figure = figureQuestion(item)
        switch order.operation {
        case .partsCheck:
            return OrderPlan(questions: known + [figure], steps: []) { answers in
                StockAmount.note(item: item, needed: quantity, available: answers.number("available"))
            }
        case .stockSet:
            return adjustment(order, item, known + [figure]) { answers in
                answers.number("onHand").map { quantity - $0 }
            }
        case .stockConsume: return adjustment(order, item, known) { _ in -quantity }
        default: return adjustment(order, item, known) { _ in quantity }
        }
    }

    /// One adjustment with one line, made in one request, whose identifier is made of the key.
    private func adjustment(
        _ order: DeliveryOrder,
        _ item: String,
        _ questions: [PlanQuestion],
        _ change: @escaping @Sendable (PlanAnswers) -> Double?
    ) -> OrderPlan {
        let id = DataverseIdentifier.of(key: order.idempotencyKey)
        let step = PlanStep(
            request: { answers in
                let amount = change(answers)
                if amount == 0 { return nil }
                let line: JSONObject = [
                    "msdyn_name": .string(String(item.prefix(100))),
                    "msdyn_product@odata.bind": .string("/products(\(answers["item"]))"),
                    "msdyn_unit@odata.bind": .string("/uoms(\(answers["unit"]))"),
                    "msdyn_quantity": amount.map(JSONValue.number) ?? "‹difference to the stock›",
                ]
                return service.send(
                    "POST",
                    "msdyn_inventoryadjustments",
                    [
                        "msdyn_inventoryadjustmentid": .string(id),
                        "msdyn_name": .string(order.idempotencyKey),
                        "msdyn_adjustmenttime": .string(order.causedAt.rfc3339),
                        "msdyn_warehouse@odata.bind": .string("/msdyn_warehouses(\(answers["warehouse"]))"),
                        "msdyn_msdyn_inventoryadjustment_msdyn_inventoryadjustmentproduct_InventoryAdjustment": [
                            .object(line)
                        ],
                    ]
                )
            },
            read: { DataverseAnswer.creation($0, id: "msdyn_inventoryadjustmentid", is: id) }
        )
        return OrderPlan(
            questions: questions,
            steps: [step],
            lookUp: rowLookUp("msdyn_inventoryadjustments", "msdyn_inventoryadjustmentid", id)
        )
    }

    private func figureQuestion(_ item: String) -> PlanQuestion {
        PlanQuestion(
            placeholders: ["onHand": "‹stock of \(item)›", "available": "‹stock of \(item)›"],
            request: { figure($0["item"], $0["warehouse"]) },
            read: { document in
                guard let rows = ODataService.rows(document) else { return nil }
                // A product that was never in the warehouse has no row.
                let onHand = rows.first?["msdyn_qtyonhand"]?.double ?? 0
                let available = rows.first?["msdyn_qtyavailable"]?.double ?? onHand
                return ["onHand": JSONValue.text(of: onHand), "available": JSONValue.text(of: available)]
            },
            missing: CallFailure(reason: "not-a-list", detail: "Field Service's answer for the stock is no list.")
        )
    }

    private func figure(_ item: String, _ warehouse: String) -> RenderedRequest {
        service.get(
            "msdyn_productinventories",
            [
                ("$select", "msdyn_qtyonhand,msdyn_qtyavailable"),
                ("$filter", "_msdyn_product_value eq \(item) and _msdyn_warehouse_value eq \(warehouse)"),
                ("$top", "1"),
            ]
        )
    }

    func stock(of item: String, at location: String?) async throws(CallFailure) -> StockFigure {
        guard let warehouse = location ?? options.warehouse else {
            throw CallFailure(reason: "not-configured", detail: "The option “warehouse” is not set.")
        }
        var answers = PlanAnswers()
        for question in [itemQuestion(item), warehouseQuestion(warehouse), figureQuestion(item)] {
            guard let more = question.read(try await runner.json(question.request(answers))) else {
                throw question.missing
            }
            answers.add(more)
        }
        return StockFigure(onHand: answers.number("onHand") ?? 0, available: answers.number("available"))
    }
}
