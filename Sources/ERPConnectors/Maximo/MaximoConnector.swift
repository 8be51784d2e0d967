import Foundation
import Primitives

/// Talks to Maximo's JSON API.
///
/// Documentation only; see the README for the pages.
struct MaximoConnector: PlannedConnector {
    let options: MaximoOptions
    let service: MaximoService
    let runner: PlanRunner
    private let base: String

    init(_ setup: ConnectorSetup) throws(InvalidInput) {
        options = try MaximoOptions(setup.options)
        base = setup.base
        var runner = PlanRunner(caller: setup.caller)
        var path = "api"
        switch setup.caller.credentials {
        case .none: break
        case .header(let name, _) where name.lowercased() == "apikey": break
        case .basic(let username, let password):
            path = "oslc"
            if options.login == .maxauth {
                let text = Data("\(username):\(password.reveal())".utf8).base64EncodedString()
                runner.authorization = .fields([(name: "maxauth", value: Redacted(text))])
            }
        default:
            try setup.caller.credentials.check(false, "Maximo takes an API key in the header “apikey”, or a user.")
        }
        self.runner = runner
        service = MaximoService(root: "\(setup.base)/\(path)")
    }

    var manifest: ConnectorManifest { .maximo }

    var settle: Double { options.settle }

    func link(externalID: String) -> String? {
        let query: [(name: String, value: String)] = [
            ("event", "loadapp"), ("value", "wotrack"), ("additionalevent", "useqbe"),
            ("additionaleventvalue", "wonum=\(externalID)|siteid=\(options.site)"),
        ]
        return base + "/ui/" + PercentEncoding.query(query)
    }

    func plan(for order: DeliveryOrder) throws(CallFailure) -> OrderPlan {
        let fields = try OrderFields(order, manifest)
        switch order.operation {
        case .workOrderCreate: return try creation(order, fields)
        case .workOrderUpdate:
            let body = try body(fields)
            return OrderPlan(
                questions: [try orderQuestion(order)],
                steps: [merge("mxapiwodetail", "order") { _ in body }]
            )
        case .workOrderCancel: return try cancellation(order, fields)
        case .workOrderComment: return try comment(order, fields)
        case .workOrderAttach: return try attachment(order)
        case .meterRecord: return try reading(order, fields)
        default: return try stock(order, fields)
        }
    }

    /// A change of the row that a question found.
    func merge(
        _ structure: String,
        _ answer: String,
        _ body: @escaping @Sendable (PlanAnswers) -> JSONObject?
    ) -> PlanStep {
        PlanStep(
            request: { answers in
                body(answers).map {
                    service.post("os/\(structure)/\(answers[answer])", merge: true, properties: "href", $0)
                }
            },
            isRepeatable: true,
            read: { MaximoService.change($0) }
        )
    }

    // MARK: Orders

    private func creation(_ order: DeliveryOrder, _ fields: OrderFields) throws(CallFailure) -> OrderPlan {
        let number = options.number(of: order.idempotencyKey)
        var body: JSONObject = ["wonum": .string(number), "siteid": .string(options.site)]
        for member in try self.body(fields, key: order.idempotencyKey).members { body[member.name] = member.value }
        if let item = fields.text("item") {
            var part: JSONObject = [
                "itemnum": .string(item), "itemqty": .number(try fields.number("quantity") ?? 1),
            ]
            if let storeroom = options.storeroom { part["location"] = .string(storeroom) }
            body["wpmaterial"] = [.object(part)]
        }
        // A plain create, not SYNC: a repeat must be refused, and not undo what people changed since.
        let request = service.post("os/mxapiwodetail", properties: "wonum,status", body)
        return OrderPlan(
            steps: [PlanStep(request: { _ in request }, read: { MaximoService.creation($0, number) })],
            lookUp: orderLookUp(number, key: order.idempotencyKey)
        )
    }

    private func body(_ fields: OrderFields, key: String? = nil) throws(CallFailure) -> JSONObject {
        var body = JSONObject()
        if let title = fields.text("title") { body["description"] = .string(title) }
        let texts = [UsualFields.body(fields), key.map { "Plantwright \($0)" }].compactMap(\.self)
        if !texts.isEmpty { body["description_longdescription"] = .string(texts.joined(separator: "\n")) }
        for (field, name) in [("equipment", "assetnum"), ("location", "location"), ("workType", "worktype")] {
            if let text = fields.text(field) { body[name] = .string(text) }
        }
        if let code = fields.text("failureCode") { body["failurecode"] = .string(code) }
        if let text = fields.text("priority") {
            guard let number = Int64(options.priorities[text] ?? text), (0...999).contains(number) else {
                let detail = "“priority” must be a severity or a whole number from 0 to 999."
                throw CallFailure(reason: "field-invalid", detail: detail)
            }
            body["wopriority"] = .integer(number)
        }
        return body
    }

    private func orderLookUp(_ number: String, key: String) -> PlanLookUp {
        let request = service.rows(
            "mxapiwodetail",
            "wonum,siteid,status,description_longdescription",
            [("wonum", number), ("siteid", options.site)],
            size: 2
        )
        return PlanLookUp(
            request: { _ in request },
            read: { document in
                guard let members = MaximoService.members(document) else { return .unclear(Self.noList) }
                guard let row = members.first else { return .absent }
                guard row["wonum"]?.string == number else {
                    let detail = "Maximo's list does not filter by the number."
                    return .unclear(CallFailure(reason: "not-filtered", detail: detail))
                }
                // Shortened numbers could meet; the text tells whose it is.
                if let other = MaximoKey.find(in: row["description_longdescription"]?.string ?? ""), other != key {
                    let detail = "The work order \(number) is there and belongs to another cause."
                    return .stuck(CallFailure(reason: "number-taken", detail: detail))
                }
                return .found(number)
            }
        )
    }

    static let noList = CallFailure(reason: "not-a-list", detail: "Maximo's answer is no list of rows.")

    func orderQuestion(_ order: DeliveryOrder) throws(CallFailure) -> PlanQuestion {
        let number = order.target ?? ""
        return service.one(
            "order",
            "mxapiwodetail",
            "wonum",
            [("wonum", number), ("siteid", options.site)],
            shown: "‹order \(number)›",
            missing: "Maximo has no work order “\(number)” in site \(options.site)."
        )
    }

    private func cancellation(_ order: DeliveryOrder, _ fields: OrderFields) throws(CallFailure) -> OrderPlan {
        let number = order.target ?? ""
        let request = service.rows(
            "mxapiwodetail",
            "wonum,status",
            [("wonum", number), ("siteid", options.site)],
            size: 2
        )
        let reason = fields.text("reason")
        let phase = { @Sendable (status: String) in options.phase(status) }
        let question = PlanQuestion(
            placeholders: ["order": "‹order \(number)›", "status": "‹status of \(number)›"],
            request: { _ in request },
            read: { document in
                guard let row = MaximoService.members(document)?.first, let status = row["status"]?.string,
                    [.open, .cancelled].contains(phase(status)), let resource = MaximoService.resource(row)
                else { return nil }
                return ["order": resource, "status": status]
            },
            missing: CallFailure(
                reason: "work-begun",
                detail: "The work order \(number) is not there, or work on it has begun; cancel it in Maximo."
            )
        )
        let step = merge("mxapiwodetail", "order") { answers in
            if phase(answers["status"]) == .cancelled { return nil }
            var body: JSONObject = ["status": "CAN"]
            if let reason {
                body["worklog"] = [["logtype": "CLIENTNOTE", "description": .string(String(reason.prefix(100)))]]
            }
            return body
        }
        return OrderPlan(questions: [question], steps: [step])
    }

    private func comment(_ order: DeliveryOrder, _ fields: OrderFields) throws(CallFailure) -> OrderPlan {
        let text = try fields.required("text")
        let key = order.idempotencyKey
        // The log has no field of ours: the key closes the summary line of 100 characters.
        let line = FormField("line", "", "", maximumLength: 80).fit(text) + " [\(key)]"
        let row: JSONObject = [
            "logtype": "CLIENTNOTE", "description": .string(line), "description_longdescription": .string(text),
        ]
        var step = merge("mxapiwodetail", "order") { _ in ["worklog": [.object(row)]] }
        step.isRepeatable = false
        return OrderPlan(
            questions: [try orderQuestion(order)],
            steps: [step],
            lookUp: PlanLookUp(
                request: { answers in
                    service.get(
                        "os/mxapiwodetail/\(answers["order"])/woworklog",
                        [("lean", "1"), ("oslc.select", "description")]
                    )
                },
                read: { document in
                    guard let members = MaximoService.members(document) else { return .unclear(Self.noList) }
                    let isThere = members.contains { $0["description"]?.string?.hasSuffix("[\(key)]") == true }
                    return isThere ? .found(nil) : .absent
                },
                needsAnswers: true
            )
        )
    }
}

/// Keys in texts of Maximo.
enum MaximoKey {
    /// The key that a long description holds: `Plantwright pw-…`.
    static func find(in text: String) -> String? {
        guard let range = text.ranges(of: "Plantwright pw-").last else { return nil }
        let tail = text[range.upperBound...].prefix { $0.isASCII && ($0.isLowercase || $0.isNumber) }
        return tail.isEmpty ? nil : "pw-" + tail
    }
}
