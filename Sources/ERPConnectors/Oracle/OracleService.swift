import HTTPClient
import Primitives

/// Addresses and answers of Oracle Fusion's REST API.
///
/// docs.oracle.com/en/cloud/saas/supply-chain-and-manufacturing/25d/fasrp: paging by `limit`, `offset` and `hasMore`,
/// filters in `q`, errors with `o:errorDetails` from framework version 4 on.
struct OracleService: Sendable {
    /// Where the resources are: `…/fscmRestApi/resources/11.13.18.05`.
    let root: String

    private static let headers = [
        (name: "Accept", value: "application/json"), (name: "REST-Framework-Version", value: "4"),
    ]

    /// A question for rows.
    ///
    /// `conditions` are names and values that must be equal, `extra` are as they stand in `q`.
    func rows(
        _ resource: String,
        _ fields: [String],
        _ conditions: [(name: String, value: String)],
        extra: [String] = [],
        order: String? = nil,
        limit: Int = 100,
        offset: Int = 0
    ) -> RenderedRequest {
        let texts = conditions.map { "\($0.name)=\(Self.literal($0.value))" } + extra
        var query: [(name: String, value: String)] = []
        if !texts.isEmpty { query.append(("q", texts.joined(separator: ";"))) }
        if !fields.isEmpty { query.append(("fields", fields.joined(separator: ","))) }
        if let order { query.append(("orderBy", order)) }
        query += [("onlyData", "true"), ("limit", String(limit)), ("offset", String(offset))]
        return RenderedRequest(
            method: "GET",
            url: "\(root)/\(resource)\(PercentEncoding.query(query))",
            headers: Self.headers,
            body: nil
        )
    }

    /// A change.
    func send(_ method: String, _ path: String, _ body: JSONObject) -> RenderedRequest {
        RenderedRequest(
            method: method,
            url: "\(root)/\(path)",
            headers: Self.headers + [("Content-Type", "application/json")],
            body: .object(body)
        )
    }

    /// A text in `q`, which has no way to write its own quote.
    static func literal(_ text: String) -> String { "\"" + text.replacing("\"", with: "") + "\"" }

    /// The rows of a list; nil when the answer is no list.
    static func items(_ document: JSONValue) -> [JSONValue]? { document["items"]?.array }

    static let noList = CallFailure(reason: "not-a-list", detail: "Oracle's answer is no list of rows.")

    /// What a create with a number of our own came to: no code for a taken number is published, so a refusal is looked
    /// into.
    static func creation(_ answer: ChangeAnswer, _ number: String) -> PlanStepEnd {
        switch answer {
        case .success: .done(number)
        case .refused(let failure, let response):
            [400, 409, 422].contains(response.status) ? .refusedUnlessThere(failure) : .ended(failure.refused)
        case .transient(let failure): .ended(failure.transient)
        case .uncertain(let failure, _): .ended(failure.uncertain)
        }
    }

    /// What a change came to.
    static func change(_ answer: ChangeAnswer) -> PlanStepEnd {
        switch answer {
        case .success: .done(nil)
        case .refused(let failure, _): .ended(failure.refused)
        case .transient(let failure): .ended(failure.transient)
        case .uncertain(let failure, _): .ended(failure.uncertain)
        }
    }

    /// What an inventory transaction came to: it is taken in with 201 even when its processing failed.
    static func transaction(_ answer: ChangeAnswer) -> PlanStepEnd {
        guard case .success(let response) = answer else { return change(answer) }
        let document = try? JSONValue(parsing: response.body)
        if let text = document.flatMap({
            ODataService.text($0, "ErrorExplanation") ?? ODataService.text($0, "ErrorCode")
        }) {
            let detail = "The transaction waits in Oracle's staging table: \(text.prefix(300))"
            return .ended(.stuck(reason: "not-processed", detail: detail))
        }
        return .done(document.flatMap { JSONPath("TransactionInterfaceId")?.identifier(in: $0) })
    }
}

/// `WorkOrderStatusCode`.
enum OracleStatus {
    static let cancelled = "ORA_CANCELED"

    /// Where an order stands; released orders are begun once they have an actual start.
    static func phase(_ code: String, hasStarted: Bool) -> OrderState.Phase {
        switch code {
        case "ORA_COMPLETED", "ORA_CLOSED": .done
        case cancelled: .cancelled
        default: hasStarted ? .inProgress : .open
        }
    }
}
