import Primitives

/// Talks to Field Service over the Dataverse Web API.
///
/// Documentation only: learn.microsoft.com/dynamics365/field-service/create-work-order-api-example,
/// learn.microsoft.com/power-apps/developer/data-platform/webapi/update-delete-entities-using-web-api.
struct FieldServiceConnector: PlannedConnector {
    let options: FieldServiceOptions
    let service: ODataService
    let runner: PlanRunner
    private let base: String

    init(_ setup: ConnectorSetup) throws(InvalidInput) {
        options = try FieldServiceOptions(setup.options)
        base = setup.base
        service = ODataService(
            root: setup.base + "/api/data/v9.2",
            headers: [("Accept", "application/json"), ("OData-Version", "4.0"), ("OData-MaxVersion", "4.0")]
        )
        runner = PlanRunner(caller: setup.caller)
        let isUsable =
            switch setup.caller.credentials {
            case .oauth2, .bearer: true
            default: false
            }
        try setup.caller.credentials.check(
            isUsable,
            "Dataverse takes an app registration (OAuth 2) or an access token."
        )
    }

    var manifest: ConnectorManifest { .fieldService }

    var settle: Double { options.settle }

    func link(externalID: String) -> String? {
        base + "/main.aspx?pagetype=entityrecord&etn=msdyn_workorder&id=" + PercentEncoding.encode(externalID)
    }

    func plan(for order: DeliveryOrder) throws(CallFailure) -> OrderPlan {
        let fields = try OrderFields(order, manifest)
        switch order.operation {
        case .workOrderCreate: return try creation(order, fields)
        case .workOrderUpdate: return try update(order, fields)
        case .workOrderCancel: return try cancellation(order, fields)
        case .workOrderComment: return try comment(order, fields)
        case .workOrderAttach: return try attachment(order)
        default: return try stock(order, fields)
        }
    }

    // MARK: Orders

    private func creation(_ order: DeliveryOrder, _ fields: OrderFields) throws(CallFailure) -> OrderPlan {
        let questions = questions(fields)
        let quantity = try fields.number("quantity")
        let row = "msdyn_workorders(\(options.keyColumn)=\(ODataService.pathLiteral(order.idempotencyKey)))"
        let step = PlanStep(
            request: { answers in
                var body = body(fields, answers)
                // 690970000: Unscheduled.
                body["msdyn_systemstatus"] = 690_970_000
                if let account = account(fields, answers) {
                    body["msdyn_serviceaccount@odata.bind"] = .string("/accounts(\(account))")
                }
                if let list = options.priceList {
                    body["msdyn_pricelist@odata.bind"] = .string("/pricelevels(\(list))")
                }
                // Without If-None-Match this would change an order that is there.
                return service.send(
                    "PATCH",
                    row,
                    query: [("$select", "msdyn_workorderid,msdyn_name")],
                    headers: [("If-None-Match", "*"), ("Prefer", "return=representation")],
                    body
                )
            },
            read: { DataverseAnswer.creation($0, id: "msdyn_workorderid") }
        )
        var plan = OrderPlan(questions: questions, steps: [step], lookUp: orderLookUp(order.idempotencyKey))
        if let item = fields.text("item") {
            plan.questions += [itemQuestion(item)] + (options.warehouse.map { [warehouseQuestion($0)] } ?? [])
            plan.steps.append(part(item, quantity ?? 1, key: order.idempotencyKey))
        }
        return plan
    }

    /// The account that an order is for: the asset's own, else the one of the options.
    private func account(_ fields: OrderFields, _ answers: PlanAnswers) -> String? {
        let own = fields.text("equipment") == nil ? "" : answers["account"]
        return own.isEmpty ? options.serviceAccount : own
    }

    /// A part on the order, allocated where the warehouse is known.
    private func part(_ item: String, _ quantity: Double, key: String) -> PlanStep {
        PlanStep(
            request: { answers in
                var body: JSONObject = [
                    "msdyn_workorder@odata.bind": .string("/msdyn_workorders(\(answers[PlanAnswers.made]))"),
                    "msdyn_product@odata.bind": .string("/products(\(answers["item"]))"),
                    "msdyn_unit@odata.bind": .string("/uoms(\(answers["unit"]))"),
                    "msdyn_name": .string(String(item.prefix(100))),
                    // 690970000: Estimated.
                    "msdyn_linestatus": 690_970_000,
                    "msdyn_estimatequantity": .number(quantity),
                ]
                if options.warehouse != nil {
                    body["msdyn_warehouse@odata.bind"] = .string("/msdyn_warehouses(\(answers["warehouse"]))")
                    body["msdyn_allocated"] = true
                }
                let row = "msdyn_workorderproducts(\(DataverseIdentifier.of(key: key)))"
                return service.send("PATCH", row, headers: [("If-None-Match", "*")], body)
            },
            isRepeatable: true,
            read: { DataverseAnswer.creation($0, id: "msdyn_workorderproductid") }
        )
    }

    private func orderLookUp(_ key: String) -> PlanLookUp {
        let request = service.get(
            "msdyn_workorders",
            [
                ("$select", "msdyn_workorderid,msdyn_name,\(options.keyColumn)"),
                ("$filter", "\(options.keyColumn) eq \(ODataService.literal(key))"), ("$top", "2"),
            ]
        )
        return PlanLookUp(
            request: { _ in request },
            read: { [column = options.keyColumn] document in
                DataverseAnswer.found(document, id: "msdyn_workorderid") { ODataService.text($0, column) == key }
            }
        )
    }

    private func update(_ order: DeliveryOrder, _ fields: OrderFields) throws(CallFailure) -> OrderPlan {
        let row = try Self.row(order)
        return OrderPlan(
            questions: questions(fields),
            steps: [
                PlanStep(
                    // If-Match: * changes an order that is there and makes none.
                    request: { service.send("PATCH", row, headers: [("If-Match", "*")], body(fields, $0)) },
                    isRepeatable: true,
                    read: { DataverseAnswer.change($0) }
                )
            ]
        )
    }

    private func cancellation(_ order: DeliveryOrder, _ fields: OrderFields) throws(CallFailure) -> OrderPlan {
        let row = try Self.row(order)
        let status = service.get(row, [("$select", "msdyn_systemstatus,msdyn_instructions")])
        let reason = fields.text("reason")
        return OrderPlan(
            questions: [
                PlanQuestion(
                    placeholders: ["status": "‹status of the order›", "instructions": "‹instructions of the order›"],
                    request: { _ in status },
                    read: { document in
                        guard let code = document["msdyn_systemstatus"]?.integer,
                            FieldServiceStatus.canBeCancelled(code)
                        else { return nil }
                        let instructions = ODataService.text(document, "msdyn_instructions")
                        return ["status": String(code), "instructions": instructions ?? ""]
                    },
                    missing: CallFailure(
                        reason: "work-begun",
                        detail: "Work on this order has begun or is done; cancel it in Field Service."
                    )
                )
            ],
            steps: [
                PlanStep(
                    request: { answers in
                        if answers["status"] == String(FieldServiceStatus.cancelled) { return nil }
                        var body: JSONObject = ["msdyn_systemstatus": .integer(FieldServiceStatus.cancelled)]
                        if let reason {
                            let before = answers["instructions"]
                            body["msdyn_instructions"] = .string(before.isEmpty ? reason : before + "\n" + reason)
                        }
                        return service.send("PATCH", row, headers: [("If-Match", "*")], body)
                    },
                    isRepeatable: true,
                    read: { DataverseAnswer.change($0) }
                )
            ]
        )
    }

    private func comment(_ order: DeliveryOrder, _ fields: OrderFields) throws(CallFailure) -> OrderPlan {
        let target = try Self.row(order)
        let id = DataverseIdentifier.of(key: order.idempotencyKey)
        let request = service.send(
            "PATCH",
            "annotations(\(id))",
            headers: [("If-None-Match", "*")],
            [
                "subject": .string("Plantwright \(order.idempotencyKey)"),
                "notetext": .string(try fields.required("text")),
                "objectid_msdyn_workorder@odata.bind": .string("/" + target),
            ]
        )
        return OrderPlan(
            steps: [
                PlanStep(request: { _ in request }, read: { DataverseAnswer.creation($0, id: "annotationid", is: id) })
            ],
            lookUp: rowLookUp("annotations", "annotationid", id)
        )
    }

    /// A row whose identifier is made of the key.
    func rowLookUp(_ set: String, _ column: String, _ id: String) -> PlanLookUp {
        let request = service.get("\(set)(\(id))", [("$select", column)])
        return PlanLookUp(
            request: { _ in request },
            read: { document in
                document[column]?.string?.lowercased() == id
                    ? .found(id)
                    : .unclear(CallFailure(reason: "not-a-row", detail: "The ERP's answer holds no row."))
            },
            missingIs404: true
        )
    }

    static func row(_ order: DeliveryOrder) throws(CallFailure) -> String {
        // Previews have words in its place.
        guard let target = order.target, DataverseIdentifier.isValid(target) || target.hasPrefix("‹") else {
            throw CallFailure(reason: "no-order", detail: "“\(order.target ?? "")” is no work order of Dataverse.")
        }
        return "msdyn_workorders(\(target))"
    }
}
