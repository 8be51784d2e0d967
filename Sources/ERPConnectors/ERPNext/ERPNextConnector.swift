import HTTPClient
import Primitives
import Synchronization

/// A connector for ERPNext.
///
/// The key stands in a unique custom field, so that the database refuses a second document. Frappe ignores fields that
/// it does not know: before the first document of a type, the connector makes sure that the field is there.
struct ERPNextConnector: ERPConnector {
    let requests: ERPNextRequests
    let caller: ERPCaller
    private let authorization: ERPCaller.Authorization
    private let memory = Memory()

    /// What was learned from the site and can be learned again.
    private final class Memory: Sendable {
        struct Content {
            var siteTime: SiteTime?
            var typesWithField: Set<String> = []
        }

        let content = Mutex(Content())
    }

    init(_ setup: ConnectorSetup) throws(InvalidInput) {
        requests = ERPNextRequests(base: setup.base, options: try ERPNextOptions(setup.options))
        caller = setup.caller
        switch setup.caller.credentials {
        case .basic(let key, let secret):
            authorization = .fields([(name: "Authorization", value: Redacted("token \(key):\(secret.reveal())"))])
        // Options are checked without credentials.
        case .none: authorization = .none
        default:
            throw InvalidInput(
                pointer: "/credentials",
                code: "unsuitable",
                detail: "ERPNext takes an API key and secret: {username: API key, password: API secret}."
            )
        }
    }

    var manifest: ConnectorManifest { .erpnext }

    var options: ERPNextOptions { requests.options }

    var settle: Double { options.settle }

    func link(externalID: String) -> String? {
        let type = options.document == .issue ? "issue" : "asset-repair"
        return "\(requests.base)/app/\(type)/\(PercentEncoding.encode(externalID))"
    }

    // MARK: Calling

    func answer(_ request: RenderedRequest, _ trace: inout CallTrace) async -> ERPCaller.Answer {
        await caller.answer(to: request, as: .question, authorization: authorization, trace: &trace)
    }

    /// The JSON answer to a question.
    func ask(_ request: RenderedRequest, _ trace: inout CallTrace) async throws(CallFailure) -> JSONValue {
        switch await answer(request, &trace) {
        case .failure(let error): throw CallFailure(error)
        case .success(let response):
            guard (200..<300).contains(response.status) else {
                throw ERPNextAnswer.failure(CallFailure(response), response)
            }
            guard let document = try? JSONValue(parsing: response.body) else {
                throw CallFailure(reason: "not-json", detail: "The answer is not JSON: is this the site's address?")
            }
            return document
        }
    }

    /// The rows of a list.
    func rows(_ request: RenderedRequest, _ trace: inout CallTrace) async throws(CallFailure) -> [JSONValue] {
        guard let rows = try await ask(request, &trace)["data"]?.array else {
            throw CallFailure(reason: "not-a-list", detail: "The answer has no “data”: is this the site's address?")
        }
        return rows
    }

    func change(
        _ request: RenderedRequest,
        isRepeatable: Bool = false,
        _ trace: inout CallTrace
    ) async -> ERPNextAnswer.Change {
        ERPNextAnswer.change(
            await caller.change(request, isRepeatable: isRepeatable, authorization: authorization, trace: &trace)
        )
    }

    /// The site's clock setting: the option, or what the site says.
    func siteTime(_ trace: inout CallTrace) async throws(CallFailure) -> SiteTime {
        if let zone = options.timeZone { return SiteTime(zone: zone) }
        if let known = memory.content.withLock(\.siteTime) { return known }
        let answer = try await ask(requests.ask("frappe.client.get_time_zone"), &trace)
        guard let name = answer["message"]?["time_zone"]?.string, let zone = SiteTime.zone(name) else {
            let detail = "The site does not say its time zone: give the connector the option “timeZone”."
            throw CallFailure(reason: "no-time-zone", detail: detail)
        }
        let time = SiteTime(zone: zone)
        memory.content.withLock { $0.siteTime = time }
        return time
    }

    // MARK: Keys

    /// What a look-up by key found.
    enum Found: Hashable {
        case document(name: String, state: Int64)
        case nothing
    }

    /// Looks for the document of a type that holds a key.
    ///
    /// - Throws: ``CallFailure``; reason `reference-field-missing` when the type has no such field.
    func find(_ type: String, key: String, _ trace: inout CallTrace) async throws(CallFailure) -> Found {
        let request = requests.find(type, key: key)
        let response: OutboundResponse
        switch await answer(request, &trace) {
        case .failure(let error): throw CallFailure(error)
        case .success(let success): response = success
        }
        guard (200..<300).contains(response.status) else {
            if ERPNextAnswer.saysUnknownField(response) {
                let detail =
                    "“\(type)” has no field “\(options.referenceField)”: create it with “Check” on the connector's page."
                throw CallFailure(reason: "reference-field-missing", detail: detail)
            }
            throw ERPNextAnswer.failure(CallFailure(response), response)
        }
        guard let rows = (try? JSONValue(parsing: response.body))?["data"]?.array else {
            throw CallFailure(reason: "not-a-list", detail: "The answer has no “data”: is this the site's address?")
        }
        _ = memory.content.withLock { $0.typesWithField.insert(type) }
        guard let row = rows.first else { return .nothing }
        guard let name = JSONPath("name")?.identifier(in: row) else {
            throw CallFailure(reason: "no-id", detail: "What the look-up found has no name.")
        }
        return .document(name: name, state: row["docstatus"]?.integer ?? 0)
    }

    /// Whether a type was seen to have the field.
    func hasField(_ type: String) -> Bool { memory.content.withLock { $0.typesWithField.contains(type) } }
}
