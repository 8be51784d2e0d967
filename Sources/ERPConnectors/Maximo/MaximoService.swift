import HTTPClient
import Primitives

/// Addresses and answers of Maximo's JSON API with `lean=1`.
///
/// ibm-maximo-dev.github.io/maximo-restapi-documentation: crud/create_and_update, query/where_clause, query/paging.
struct MaximoService: Sendable {
    /// `…/maximo/api` with an API key, `…/maximo/oslc` with a login.
    let root: String

    /// A question for rows of an object structure.
    ///
    /// `conditions` are names and values that must be equal, `extra` are as they stand in `oslc.where`.
    func rows(
        _ structure: String,
        _ select: String,
        _ conditions: [(name: String, value: String)],
        extra: [String] = [],
        order: String? = nil,
        page: Int = 1,
        size: Int = 100
    ) -> RenderedRequest {
        let texts = conditions.map { "\($0.name)=\(Self.literal($0.value))" } + extra
        var query = [("lean", "1"), ("oslc.where", texts.joined(separator: " and ")), ("oslc.select", select)]
        if let order { query.append(("oslc.orderBy", order)) }
        query += [("oslc.pageSize", String(size)), ("pageno", String(page))]
        return get("os/\(structure)", query.map { (name: $0.0, value: $0.1) })
    }

    /// A question.
    func get(_ path: String, _ query: [(name: String, value: String)]) -> RenderedRequest {
        RenderedRequest(
            method: "GET",
            url: "\(root)/\(path)\(PercentEncoding.query(query))",
            headers: [("Accept", "application/json")],
            body: nil
        )
    }

    /// A change; `merge` changes a row and keeps child rows that are not named.
    func post(_ path: String, merge: Bool = false, properties: String, _ body: JSONObject) -> RenderedRequest {
        var headers = [
            (name: "Accept", value: "application/json"), (name: "Content-Type", value: "application/json"),
            (name: "properties", value: properties),
        ]
        if merge { headers += [(name: "x-method-override", value: "PATCH"), (name: "patchtype", value: "MERGE")] }
        return RenderedRequest(
            method: "POST",
            url: "\(root)/\(path)?lean=1",
            headers: headers,
            body: .object(body)
        )
    }

    /// A text in `oslc.where`.
    static func literal(_ text: String) -> String { "\"" + text.replacing("\"", with: "\\\"") + "\"" }

    /// The rows of a list; nil when the answer is no list.
    static func members(_ document: JSONValue) -> [JSONValue]? { document["member"]?.array }

    /// The last part of a row's `href`: its host may be one that only Maximo knows.
    static func resource(_ row: JSONValue) -> String? {
        guard let last = row["href"]?.string?.split(separator: "?").first?.split(separator: "/").last,
            last.utf8.allSatisfy({ PercentEncoding.isUnreserved($0) })
        else { return nil }
        return String(last)
    }

    /// A question for the only row that keeps conditions, known by its resource under `name`.
    func one(
        _ name: String,
        _ structure: String,
        _ select: String,
        _ conditions: [(name: String, value: String)],
        shown: String,
        missing: String
    ) -> PlanQuestion {
        let request = rows(structure, select, conditions, size: 2)
        return PlanQuestion(
            placeholders: [name: shown],
            request: { _ in request },
            read: { document in
                guard let members = Self.members(document), members.count == 1, let row = members.first else {
                    return nil
                }
                return Self.resource(row).map { [name: $0] }
            },
            missing: CallFailure(reason: "not-found", detail: missing)
        )
    }

    // MARK: Changes

    /// What a create with a number of our own came to.
    static func creation(_ answer: ChangeAnswer, _ number: String) -> PlanStepEnd {
        switch answer {
        case .success: .done(number)
        case .refused(let failure, let response): saysDuplicate(response) ? .exists : .ended(failure.refused)
        case .transient(let failure): .ended(failure.transient)
        case .uncertain(let failure, let response):
            response.map(saysDuplicate) == true ? .exists : .ended(failure.uncertain)
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

    /// BMXAA4129E: a record with this key already exists; by status 400, and 500 was reported too.
    private static func saysDuplicate(_ response: OutboundResponse) -> Bool {
        let document = try? JSONValue(parsing: response.body)
        let error = document?["Error"] ?? document?["oslc:Error"]
        let texts = ["reasonCode", "spi:reasonCode", "message", "oslc:message"].compactMap { error?[$0]?.string }
        return texts.contains { $0.contains("BMXAA4129E") }
    }
}
