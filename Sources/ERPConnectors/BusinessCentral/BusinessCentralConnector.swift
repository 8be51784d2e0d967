import HTTPClient
import Primitives

/// Talks to Business Central: its API 2.0 for master data, the extension's API for everything that is made.
///
/// Documentation only; see the README.
struct BusinessCentralConnector: PlannedConnector {
    let options: BusinessCentralOptions
    /// Master data: `…/api/v2.0/companies(…)`.
    let standard: ODataService
    /// What is made: `…/api/plantwright/maintenance/v1.0/companies(…)`.
    let service: ODataService
    let runner: PlanRunner
    let base: String

    init(_ setup: ConnectorSetup) throws(InvalidInput) {
        options = try BusinessCentralOptions(setup.options)
        base = setup.base
        let company = "companies(\(options.company))"
        standard = ODataService(root: "\(setup.base)/api/v2.0/\(company)")
        service = ODataService(root: "\(setup.base)/api/plantwright/maintenance/v1.0/\(company)")
        runner = PlanRunner(caller: setup.caller)
        if case .header = setup.caller.credentials {
            try setup.caller.credentials.check(false, "Business Central takes an app registration (OAuth 2).")
        }
    }

    var manifest: ConnectorManifest { .businessCentral }

    var settle: Double { options.settle }

    /// The number of what a key makes; numbers are upper case.
    static func number(of key: String) -> String { key.uppercased() }

    func plan(for order: DeliveryOrder) throws(CallFailure) -> OrderPlan {
        let fields = try OrderFields(order, manifest)
        switch order.operation {
        case .workOrderCreate:
            var body = body(fields)
            body["status"] = "Open"
            return creation("maintenanceRequests", order, body)
        case .workOrderUpdate:
            let body = body(fields)
            return OrderPlan(questions: [orderQuestion(order, canBegin: true)], steps: [change { _ in body }])
        case .workOrderCancel:
            let step = change { $0["status"] == "Cancelled" ? nil : ["status": "Cancelled"] }
            return OrderPlan(questions: [orderQuestion(order, canBegin: false)], steps: [step])
        case .workOrderComment:
            return creation(
                "requestComments",
                order,
                ["requestNumber": .string(order.target ?? ""), "text": .string(try fields.required("text"))]
            )
        case .workOrderAttach: return picture(order)
        case .meterRecord:
            return creation(
                "meterReadings",
                order,
                [
                    "fixedAssetNumber": .string(try fields.required("equipment")),
                    "meter": .string(try fields.required("meter")),
                    "value": .number(try fields.number("value") ?? 0), "readAt": .string(order.causedAt.rfc3339),
                ]
            )
        default: return try stock(order, fields)
        }
    }

    /// One row with a number of our own: the extension's tables have it as their primary key.
    ///
    /// `made` is what the delivery is about where that is not the row itself.
    private func creation(
        _ set: String,
        _ order: DeliveryOrder,
        _ row: JSONObject,
        about made: String? = nil
    ) -> OrderPlan {
        let number = Self.number(of: order.idempotencyKey)
        var body: JSONObject = ["number": .string(number)]
        for member in row.members { body[member.name] = member.value }
        let request = service.send("POST", set, body).carrying(order.attachment, inPlaceOf: order.shownFile)
        let find = service.get(set, [("$filter", "number eq \(ODataService.literal(number))"), ("$top", "2")])
        return OrderPlan(
            steps: [
                PlanStep(request: { _ in request }, read: { Self.creation($0, number).about(made ?? number) })
            ],
            lookUp: PlanLookUp(
                request: { _ in find },
                read: { document in
                    let found = DataverseAnswer.found(document, id: "number") { $0["number"]?.string == number }
                    return found == .found(number) ? .found(made ?? number) : found
                }
            )
        )
    }

    /// A row with its file in base 64, so that there is one request and one transaction; the API's own attachments are of
    /// standard documents only.
    private func picture(_ order: DeliveryOrder) -> OrderPlan {
        let title = FormField("", "", "", maximumLength: 100).fit(order.attachment?.title ?? "Chart of the readings")
        return creation(
            "requestPictures",
            order,
            [
                "requestNumber": .string(order.target ?? ""), "fileName": .string(order.fileName),
                "title": .string(title), "content": .string(order.shownFile),
            ],
            about: order.target
        )
    }

    /// What a create came to, by the code of its error: 400 and 409 are both reported for a taken number.
    static func creation(_ answer: ChangeAnswer, _ number: String) -> PlanStepEnd {
        switch answer {
        case .success: .done(number)
        case .refused(let failure, let response):
            ODataService.errorCode(response.body) == "Internal_EntityWithSameKeyExists"
                ? .exists : .ended(failure.refused)
        case .transient(let failure): .ended(failure.transient)
        case .uncertain(let failure, _): .ended(failure.uncertain)
        }
    }

    private func body(_ fields: OrderFields) -> JSONObject {
        var body = JSONObject()
        if let title = fields.text("title") { body["title"] = .string(title) }
        if let text = UsualFields.body(fields) {
            body["description"] = .string(FormField("", "", "", maximumLength: 2_048).fit(text))
        }
        if let text = fields.text("equipment") { body["fixedAssetNumber"] = .string(text) }
        if let text = fields.text("priority") {
            body["priority"] = .string(String((options.priorities[text] ?? text).prefix(20)))
        }
        for name in ["workType", "failureCode"] {
            if let text = fields.text(name) { body[name] = .string(text) }
        }
        return body
    }

    private func orderQuestion(_ order: DeliveryOrder, canBegin: Bool) -> PlanQuestion {
        let number = order.target ?? ""
        let missing =
            canBegin
            ? "Business Central has no maintenance request “\(number)”."
            : "The maintenance request is not there, or work on it has begun; cancel it in Business Central."
        return service.one(
            "maintenanceRequests",
            [("$filter", "number eq \(ODataService.literal(number))")],
            placeholders: ["order": "‹request \(number)›", "status": "‹status of \(number)›"],
            missing: missing
        ) { row in
            guard let id = row["id"]?.string, let status = row["status"]?.string,
                canBegin || ["Open", "Cancelled"].contains(status)
            else { return nil }
            return ["order": id, "status": status]
        }
    }

    private func change(_ body: @escaping @Sendable (PlanAnswers) -> JSONObject?) -> PlanStep {
        PlanStep(
            request: { answers in
                body(answers).map {
                    service.send(
                        "PATCH",
                        "maintenanceRequests(\(answers["order"]))",
                        headers: [("If-Match", "*")],
                        $0
                    )
                }
            },
            isRepeatable: true,
            read: { DataverseAnswer.change($0) }
        )
    }

    private func stock(_ order: DeliveryOrder, _ fields: OrderFields) throws(CallFailure) -> OrderPlan {
        let item = try fields.required("item")
        guard let quantity = try fields.number("quantity"), quantity >= 0 else {
            throw CallFailure(reason: "field-invalid", detail: "“quantity” must be a number from 0 on.")
        }
        if order.operation == .partsCheck {
            return OrderPlan(questions: [itemQuestion(item)], steps: []) { answers in
                StockAmount.note(item: item, needed: quantity, available: answers.number("onHand"))
            }
        }
        let kind = order.operation == .stockSet ? "Set" : order.operation == .stockConsume ? "Consume" : "Receive"
        var body: JSONObject = [
            "kind": .string(kind), "itemNumber": .string(item), "quantity": .number(quantity),
            "postingDate": .string(String(order.causedAt.rfc3339.prefix(10))),
        ]
        if let unit = fields.text("unit") { body["unitOfMeasureCode"] = .string(unit) }
        if let location = fields.text("location") ?? options.location { body["locationCode"] = .string(location) }
        return creation("stockPostings", order, body)
    }

    func itemQuestion(_ item: String) -> PlanQuestion {
        standard.one(
            "items",
            [("$filter", "number eq \(ODataService.literal(item))"), ("$select", "number,inventory")],
            placeholders: ["onHand": "‹stock of \(item)›"],
            missing: "Business Central has no item “\(item)”."
        ) { row in row["inventory"]?.double.map { ["onHand": JSONValue.text(of: $0)] } }
    }
}
