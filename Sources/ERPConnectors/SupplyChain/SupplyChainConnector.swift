import HTTPClient
import Primitives

/// Talks to the data entities of Supply Chain Management.
///
/// Documentation and metadata only; see the README.
struct SupplyChainConnector: PlannedConnector {
    let options: SupplyChainOptions
    let service: ODataService
    let runner: PlanRunner
    private let base: String

    /// Rows outside the user's default company are hidden without it.
    static let everywhere = (name: "cross-company", value: "true")

    init(_ setup: ConnectorSetup) throws(InvalidInput) {
        options = try SupplyChainOptions(setup.options)
        base = setup.base
        service = ODataService(root: setup.base + "/data")
        runner = PlanRunner(caller: setup.caller)
        let isUsable =
            switch setup.caller.credentials {
            case .oauth2, .bearer: true
            default: false
            }
        try setup.caller.credentials.check(isUsable, "Dynamics takes an app registration (OAuth 2) or an access token.")
    }

    var manifest: ConnectorManifest { .supplyChain }

    var settle: Double { options.settle }

    func link(externalID: String) -> String? {
        base + "/" + PercentEncoding.query([("cmp", options.company), ("mi", "EntAssetRequestTableListPage")])
    }

    func plan(for order: DeliveryOrder) throws(CallFailure) -> OrderPlan {
        let fields = try OrderFields(order, manifest)
        switch order.operation {
        case .workOrderCreate: return try creation(order, fields)
        case .workOrderUpdate:
            let row = row(order.target ?? "")
            let body = try body(fields)
            return OrderPlan(steps: [change(row) { _ in body }])
        case .workOrderCancel: return cancellation(row(order.target ?? ""))
        case .workOrderComment: return try comment(order, row(order.target ?? ""), fields)
        case .workOrderAttach: return attachment(order)
        default:
            let item = try fields.required("item")
            let needed = try fields.number("quantity")
            return OrderPlan(questions: [stockQuestion(item, fields.text("location"))], steps: []) { answers in
                StockAmount.note(item: item, needed: needed, available: answers.number("available"))
            }
        }
    }

    // MARK: Requests

    /// The address of a request.
    func row(_ number: String) -> String {
        let company = ODataService.pathLiteral(options.company)
        return "AssetMaintenanceRequestsV2(dataAreaId=\(company),RequestId=\(ODataService.pathLiteral(number)))"
    }

    /// The number of the request that a key makes: numbers are upper case.
    static func number(of key: String) -> String { key.uppercased() }

    private func creation(_ order: DeliveryOrder, _ fields: OrderFields) throws(CallFailure) -> OrderPlan {
        let number = Self.number(of: order.idempotencyKey)
        var body: JSONObject = ["dataAreaId": .string(options.company), "RequestId": .string(number)]
        for member in try self.body(fields).members { body[member.name] = member.value }
        if let type = fields.text("requestType") ?? options.requestType { body["RequestTypeId"] = .string(type) }
        let request = service.send("POST", "AssetMaintenanceRequestsV2", query: [Self.everywhere], body)
        let find = service.get(
            "AssetMaintenanceRequestsV2",
            [
                Self.everywhere,
                (
                    "$filter",
                    "dataAreaId eq \(ODataService.literal(options.company)) and RequestId eq \(ODataService.literal(number))"
                ), ("$top", "2"),
            ]
        )
        return OrderPlan(
            steps: [PlanStep(request: { _ in request }, read: { Self.creation($0, number) })],
            lookUp: PlanLookUp(
                request: { _ in find },
                read: { document in
                    DataverseAnswer.found(document, id: "RequestId") { $0["RequestId"]?.string == number }
                }
            )
        )
    }

    /// What a create with a number of our own came to: a number that the system chose instead is told at once.
    static func creation(_ answer: ChangeAnswer, _ number: String) -> PlanStepEnd {
        switch answer {
        case .success(let response):
            guard let made = (try? JSONValue(parsing: response.body))?["RequestId"]?.string, made != number else {
                return .done(number)
            }
            let detail =
                "The request \(made) was made, with a number of the ERP's own. Allow manual numbers in the number "
                + "sequence of maintenance requests, so that requests can be found by theirs."
            return .ended(.stuck(reason: "number-replaced", detail: detail))
        case .refused(let failure, let response):
            return [400, 409, 412, 422].contains(response.status)
                ? .refusedUnlessThere(failure) : .ended(failure.refused)
        case .transient(let failure): return .ended(failure.transient)
        // This service answers 500 for a key that is taken; the look-up tells it from a failure.
        case .uncertain(let failure, _): return .ended(failure.uncertain)
        }
    }

    private func body(_ fields: OrderFields) throws(CallFailure) -> JSONObject {
        var body = JSONObject()
        if let title = fields.text("title") { body["Description"] = .string(title) }
        if let text = UsualFields.body(fields) { body["Notes"] = .string(text) }
        for (field, name) in [
            ("equipment", "MaintenanceAssetId"), ("location", "FunctionalLocationId"), ("workType", "JobTypeId"),
        ] {
            if let text = fields.text(field) { body[name] = .string(text) }
        }
        if let text = fields.text("priority") {
            if let number = Int64(options.priorities[text] ?? text) {
                body["WorkOrderPriority"] = .integer(number)
            } else if !UsualFields.severities.contains(text) {
                let detail = "“priority” must be a severity or a service level, which is a whole number."
                throw CallFailure(reason: "field-invalid", detail: detail)
            }
        }
        return body
    }

    /// A change of the request; with an etag only of the state that was read.
    private func change(_ row: String, _ body: @escaping @Sendable (PlanAnswers) -> JSONObject?) -> PlanStep {
        PlanStep(
            request: { answers in
                let etag = answers.isKnown("etag") ? answers["etag"] : "*"
                return body(answers).map {
                    service.send("PATCH", row, query: [Self.everywhere], headers: [("If-Match", etag)], $0)
                }
            },
            isRepeatable: true,
            read: { Self.change($0) }
        )
    }

    /// What a change came to; 412 says that somebody changed the row since it was read.
    static func change(_ answer: ChangeAnswer) -> PlanStepEnd {
        if case .refused(let failure, let response) = answer, response.status == 412 {
            return .ended(failure.transient)
        }
        return DataverseAnswer.change(answer)
    }

    private func rowQuestion(
        _ row: String,
        _ missing: CallFailure,
        _ read: @escaping @Sendable (JSONValue) -> Bool
    ) -> PlanQuestion {
        let request = service.get(row, [Self.everywhere])
        return PlanQuestion(
            placeholders: ["etag": "‹etag›", "notes": "‹notes of the request›", "state": "‹state of the request›"],
            request: { _ in request },
            read: { document in
                guard read(document), document["RequestId"] != nil else { return nil }
                return [
                    "etag": document["@odata.etag"]?.string ?? "*", "notes": document["Notes"]?.string ?? "",
                    "state": document["RequestLifecycleStateId"]?.string ?? "",
                ]
            },
            missing: missing
        )
    }

    private func cancellation(_ row: String) -> OrderPlan {
        let phase = { @Sendable (state: String) in options.phase(state) }
        let question = rowQuestion(
            row,
            CallFailure(
                reason: "work-begun",
                detail: "The request has a work order, or is done; cancel it in Supply Chain Management."
            )
        ) { document in
            let phase = phase(document["RequestLifecycleStateId"]?.string ?? "")
            return phase == .cancelled || phase == .open && ODataService.text(document, "WorkOrderId") == nil
        }
        let step = change(row) { answers in
            if phase(answers["state"]) == .cancelled { return nil }
            return ["RequestLifecycleStateId": .string(options.cancelledState)]
        }
        return OrderPlan(questions: [question], steps: [step])
    }

    /// Notes are one text: the remark is added to what was read, unless somebody was quicker.
    private func comment(_ order: DeliveryOrder, _ row: String, _ fields: OrderFields) throws(CallFailure) -> OrderPlan
    {
        let mark = "[\(order.idempotencyKey)]"
        let text = try fields.required("text")
        let missing = CallFailure(reason: "not-found", detail: "The ERP's answer holds no request.")
        var step = change(row) { answers in
            let notes = answers["notes"]
            if notes.contains(mark) { return nil }
            return ["Notes": .string((notes.isEmpty ? "" : notes + "\n") + text + " " + mark)]
        }
        step.isRepeatable = false
        let find = service.get(row, [Self.everywhere])
        return OrderPlan(
            questions: [rowQuestion(row, missing) { _ in true }],
            steps: [step],
            lookUp: PlanLookUp(
                request: { _ in find },
                read: { document in
                    guard document["RequestId"] != nil else { return .unclear(missing) }
                    return document["Notes"]?.string?.contains(mark) == true ? .found(nil) : .absent
                }
            )
        )
    }
}
