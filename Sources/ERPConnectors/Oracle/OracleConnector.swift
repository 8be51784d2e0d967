import Primitives

/// Talks to Oracle Fusion Cloud Maintenance.
///
/// Documentation only; see the README for the pages.
struct OracleConnector: PlannedConnector {
    let options: OracleOptions
    let service: OracleService
    let runner: PlanRunner

    init(_ setup: ConnectorSetup) throws(InvalidInput) {
        options = try OracleOptions(setup.options)
        service = OracleService(root: setup.base + "/fscmRestApi/resources/11.13.18.05")
        runner = PlanRunner(caller: setup.caller)
        let isUsable =
            switch setup.caller.credentials {
            case .oauth2, .bearer, .basic: true
            default: false
            }
        try setup.caller.credentials.check(isUsable, "Oracle takes a user name and password, or an OAuth client.")
    }

    var manifest: ConnectorManifest { .oracle }

    var settle: Double { options.settle }

    func plan(for order: DeliveryOrder) throws(CallFailure) -> OrderPlan {
        let fields = try OrderFields(order, manifest)
        switch order.operation {
        case .workOrderCreate: return try creation(order, fields)
        case .workOrderUpdate:
            let body = try body(fields)
            return OrderPlan(questions: [orderQuestion(order)], steps: [change { _ in body }])
        case .workOrderCancel: return cancellation(order)
        case .workOrderAttach: return attachment(order)
        case .meterRecord: return try reading(order, fields)
        default: return try stock(order, fields)
        }
    }

    // MARK: Orders

    private func creation(_ order: DeliveryOrder, _ fields: OrderFields) throws(CallFailure) -> OrderPlan {
        let number = order.idempotencyKey
        var body = try body(fields)
        body["WorkOrderNumber"] = .string(number)
        body["OrganizationCode"] = .string(options.organization)
        body["AssetNumber"] = .string(try fields.required("equipment"))
        body["WorkOrderTypeCode"] = .string(fields.text("workType") ?? options.workType)
        if let subtype = options.workSubtype { body["WorkOrderSubTypeCode"] = .string(subtype) }
        body["WorkOrderStatusCode"] = .string(options.status)
        body["PlannedStartDate"] = .string(order.causedAt.rfc3339)
        let request = service.send("POST", "maintenanceWorkOrders", body)
        return OrderPlan(
            steps: [PlanStep(request: { _ in request }, read: { OracleService.creation($0, number) })],
            lookUp: orderLookUp(number)
        )
    }

    private func body(_ fields: OrderFields) throws(CallFailure) -> JSONObject {
        var body = JSONObject()
        // A work order has one text, of 240 characters.
        let texts = [fields.text("title"), UsualFields.body(fields)].compactMap(\.self)
        if !texts.isEmpty {
            let line = FormField("line", "", "", maximumLength: 240)
            body["WorkOrderDescription"] = .string(line.fit(texts.joined(separator: " · ")))
        }
        if let text = fields.text("priority") {
            guard let number = Int64(options.priorities[text] ?? text), number >= 0 else {
                let detail = "“priority” must be a severity or a whole number."
                throw CallFailure(reason: "field-invalid", detail: detail)
            }
            body["WorkOrderPriority"] = .integer(number)
        }
        return body
    }

    private func byNumber(_ number: String, _ fields: [String]) -> RenderedRequest {
        service.rows(
            "maintenanceWorkOrders",
            ["WorkOrderId", "WorkOrderNumber"] + fields,
            [("WorkOrderNumber", number), ("OrganizationCode", options.organization)],
            limit: 2
        )
    }

    private func orderLookUp(_ number: String) -> PlanLookUp {
        let request = byNumber(number, [])
        return PlanLookUp(
            request: { _ in request },
            read: { document in
                guard let rows = OracleService.items(document) else { return .unclear(OracleService.noList) }
                guard let row = rows.first else { return .absent }
                guard row["WorkOrderNumber"]?.string == number else {
                    let detail = "Oracle's list does not filter by the number."
                    return .unclear(CallFailure(reason: "not-filtered", detail: detail))
                }
                return .found(number)
            }
        )
    }

    /// The identifier in addresses, the status, and whether work has begun.
    func orderQuestion(_ order: DeliveryOrder) -> PlanQuestion {
        let number = order.target ?? ""
        let request = byNumber(number, ["WorkOrderStatusCode", "ActualStartDate"])
        return PlanQuestion(
            placeholders: [
                "order": "‹order \(number)›", "status": "‹status of \(number)›", "start": "‹start of \(number)›",
            ],
            request: { _ in request },
            read: { document in
                guard let row = OracleService.items(document)?.first,
                    let id = JSONPath("WorkOrderId")?.identifier(in: row)
                else { return nil }
                return [
                    "order": id, "status": row["WorkOrderStatusCode"]?.string ?? "",
                    "start": row["ActualStartDate"]?.string ?? "",
                ]
            },
            missing: CallFailure(
                reason: "not-found",
                detail: "Oracle has no work order “\(number)” in organization \(options.organization)."
            )
        )
    }

    private func change(_ body: @escaping @Sendable (PlanAnswers) -> JSONObject?) -> PlanStep {
        PlanStep(
            request: { answers in
                body(answers).map { service.send("PATCH", "maintenanceWorkOrders/\(answers["order"])", $0) }
            },
            isRepeatable: true,
            read: { OracleService.change($0) }
        )
    }

    private func cancellation(_ order: DeliveryOrder) -> OrderPlan {
        var question = orderQuestion(order)
        let read = question.read
        question.read = { document in
            guard let answers = read(document) else { return nil }
            let phase = OracleStatus.phase(answers["status"] ?? "", hasStarted: answers["start"]?.isEmpty == false)
            return phase == .open || phase == .cancelled ? answers : nil
        }
        question.missing = CallFailure(
            reason: "work-begun",
            detail: "The work order is not there, or work on it has begun; cancel it in Oracle."
        )
        let step = change { answers in
            answers["status"] == OracleStatus.cancelled ? nil : ["WorkOrderStatusCode": .string(OracleStatus.cancelled)]
        }
        return OrderPlan(questions: [question], steps: [step])
    }

    // MARK: Meters

    /// A meter reading; its comment holds the key.
    private func reading(_ order: DeliveryOrder, _ fields: OrderFields) throws(CallFailure) -> OrderPlan {
        guard let value = try fields.number("value") else {
            throw CallFailure(reason: "field-missing", detail: "“value” has no value.")
        }
        let asset = try fields.required("equipment")
        let meter = try fields.required("meter")
        let comment = "Plantwright \(order.idempotencyKey)"
        let request = service.send(
            "POST",
            "meterReadings",
            [
                "AssetNumber": .string(asset), "MeterCode": .string(meter), "ReadingValue": .number(value),
                "ReadingDate": .string(order.causedAt.rfc3339), "Comments": .string(comment),
            ]
        )
        let find = service.rows(
            "meterReadings",
            ["MeterReadingId", "Comments"],
            [("AssetNumber", asset), ("MeterCode", meter)],
            order: "ReadingDate:desc"
        )
        return OrderPlan(
            steps: [PlanStep(request: { _ in request }, read: { OracleService.change($0) })],
            lookUp: PlanLookUp(
                request: { _ in find },
                read: { document in
                    guard let rows = OracleService.items(document) else { return .unclear(OracleService.noList) }
                    return rows.contains { $0["Comments"]?.string == comment } ? .found(nil) : .absent
                }
            )
        )
    }
}
