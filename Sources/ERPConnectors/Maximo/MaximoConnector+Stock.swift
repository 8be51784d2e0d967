import Primitives

/// Storerooms and meters.
extension MaximoConnector {
    func stock(_ order: DeliveryOrder, _ fields: OrderFields) throws(CallFailure) -> OrderPlan {
        let item = try fields.required("item")
        guard let quantity = try fields.number("quantity") else {
            throw CallFailure(reason: "field-missing", detail: "“quantity” has no value.")
        }
        let storeroom = try storeroom(fields.text("location"))
        switch order.operation {
        case .stockSet: return count(order, fields, item, quantity, storeroom)
        case .stockConsume: return try issue(order, fields, item, quantity, storeroom)
        default:
            return OrderPlan(questions: [balanceQuestion(item, storeroom)], steps: []) { answers in
                StockAmount.note(item: item, needed: quantity, available: answers.number("onHand"))
            }
        }
    }

    private func storeroom(_ given: String?) throws(CallFailure) -> String {
        guard let storeroom = given ?? options.storeroom else {
            let detail = "Say which storeroom: in the field “location”, or in the connector's option “storeroom”."
            throw CallFailure(reason: "field-missing", detail: detail)
        }
        return storeroom.uppercased()
    }

    private func balances(_ item: String, _ storeroom: String, bin: String? = nil) -> RenderedRequest {
        var conditions = [("itemnum", item), ("location", storeroom), ("siteid", options.site)]
        if let bin { conditions.append(("binnum", bin)) }
        return service.rows(
            "mxapiinvbal",
            "itemnum,location,binnum,curbal",
            conditions.map { (name: $0.0, value: $0.1) }
        )
    }

    /// The sum over bins and lots; an item that a storeroom does not keep is not found.
    private func balanceQuestion(_ item: String, _ storeroom: String) -> PlanQuestion {
        let request = balances(item, storeroom)
        return PlanQuestion(
            placeholders: ["onHand": "‹stock of \(item)›"],
            request: { _ in request },
            read: { document in
                guard let rows = MaximoService.members(document), !rows.isEmpty else { return nil }
                let sum = rows.reduce(0) { $0 + ($1["curbal"]?.double ?? 0) }
                return ["onHand": JSONValue.text(of: sum)]
            },
            missing: CallFailure(reason: "not-found", detail: "The storeroom \(storeroom) keeps no item “\(item)”.")
        )
    }

    /// A physical count of one balance: Maximo's own way to correct a figure, which a person reconciles there.
    private func count(
        _ order: DeliveryOrder,
        _ fields: OrderFields,
        _ item: String,
        _ quantity: Double,
        _ storeroom: String
    ) -> OrderPlan {
        let request = balances(item, storeroom, bin: fields.text("bin"))
        let question = PlanQuestion(
            placeholders: ["balance": "‹balance of \(item)›"],
            request: { _ in request },
            read: { document in
                guard let rows = MaximoService.members(document), rows.count == 1, let row = rows.first else {
                    return nil
                }
                return MaximoService.resource(row).map { ["balance": $0] }
            },
            missing: CallFailure(
                reason: "not-found",
                detail: "The storeroom \(storeroom) keeps no item “\(item)”, or keeps it in several bins or lots: "
                    + "name the bin."
            )
        )
        let body: JSONObject = [
            "physcnt": .number(quantity), "physcntdate": .string(Self.time(order.causedAt)),
        ]
        return OrderPlan(questions: [question], steps: [merge("mxapiinvbal", "balance") { _ in body }]) { _ in
            "The count waits in Maximo for its reconciliation."
        }
    }

    /// An inventory usage with a number of our own: a second one is refused.
    private func issue(
        _ order: DeliveryOrder,
        _ fields: OrderFields,
        _ item: String,
        _ quantity: Double,
        _ storeroom: String
    ) throws(CallFailure) -> OrderPlan {
        let number = options.number(of: order.idempotencyKey)
        var line: JSONObject = [
            "invuselinenum": 1, "usetype": "ISSUE", "itemnum": .string(item), "quantity": .number(quantity),
        ]
        if let equipment = fields.text("equipment") {
            line["assetnum"] = .string(equipment)
        } else if let account = fields.text("account") {
            line["gldebitacct"] = .string(account)
        } else {
            let detail = "Maximo charges every issue: fill in “equipment” or “account”."
            throw CallFailure(reason: "field-missing", detail: detail)
        }
        let request = service.post(
            "os/mxapiinvuse",
            properties: "invusenum,status",
            [
                "invusenum": .string(number), "siteid": .string(options.site), "usetype": "ISSUE",
                "fromstoreloc": .string(storeroom), "status": "COMPLETE",
                "description": .string("Plantwright \(order.idempotencyKey)"), "invuseline": [.object(line)],
            ]
        )
        let find = service.rows(
            "mxapiinvuse",
            "invusenum,status",
            [("invusenum", number), ("siteid", options.site)],
            size: 2
        )
        return OrderPlan(
            steps: [PlanStep(request: { _ in request }, read: { MaximoService.creation($0, number) })],
            lookUp: PlanLookUp(
                request: { _ in find },
                read: { document in
                    guard let rows = MaximoService.members(document) else { return .unclear(Self.noList) }
                    guard let row = rows.first else { return .absent }
                    guard row["status"]?.string == "COMPLETE" else {
                        let detail = "The inventory usage \(number) is there and not complete: see to it in Maximo."
                        return .stuck(CallFailure(reason: "not-complete", detail: detail))
                    }
                    return .found(number)
                }
            )
        )
    }

    // MARK: Meters

    /// A reading of an asset's meter (a3jgroup.com/tag/meter); with its own time a repeat adds nothing.
    func reading(_ order: DeliveryOrder, _ fields: OrderFields) throws(CallFailure) -> OrderPlan {
        let asset = try fields.required("equipment")
        guard let value = try fields.number("value") else {
            throw CallFailure(reason: "field-missing", detail: "“value” has no value.")
        }
        let row: JSONObject = [
            "metername": .string(try fields.required("meter")), "linearassetmeterid": 0,
            "newreading": .string(JSONValue.text(of: value)), "newreadingdate": .string(Self.time(order.causedAt)),
        ]
        let question = service.one(
            "asset",
            "mxapiasset",
            "assetnum",
            [("assetnum", asset), ("siteid", options.site)],
            shown: "‹equipment \(asset)›",
            missing: "Maximo has no asset “\(asset)” in site \(options.site)."
        )
        return OrderPlan(
            questions: [question],
            steps: [merge("mxapiasset", "asset") { _ in ["assetmeter": [.object(row)]] }]
        )
    }

    func stock(of item: String, at location: String?) async throws(CallFailure) -> StockFigure {
        let question = balanceQuestion(item, try storeroom(location))
        let document = try await runner.json(question.request(PlanAnswers()))
        guard let figure = question.read(document)?["onHand"].flatMap(Double.init) else { throw question.missing }
        return StockFigure(onHand: figure)
    }

    /// A time as Maximo writes it: with an offset in digits.
    static func time(_ time: Timestamp) -> String { String(time.rfc3339.prefix(19)) + "+00:00" }
}
