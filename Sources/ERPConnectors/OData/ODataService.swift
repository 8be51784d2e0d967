import Primitives

/// Addresses and answers of an OData 4 service (OASIS, OData 4.01 parts 1 and 2), as far as connectors use it.
struct ODataService: Sendable {
    /// Where the entity sets are, without a slash at the end.
    let root: String
    /// Sent with every request.
    var headers: [(name: String, value: String)] = [("Accept", "application/json")]

    /// A question.
    func get(
        _ path: String,
        _ options: [(name: String, value: String)] = [],
        prefer: String? = nil
    ) -> RenderedRequest {
        let extra = prefer.map { [(name: "Prefer", value: $0)] } ?? []
        return RenderedRequest(
            method: "GET",
            url: "\(root)/\(path)\(Self.query(options))",
            headers: headers + extra,
            body: nil
        )
    }

    /// A change.
    func send(
        _ method: String,
        _ path: String,
        query options: [(name: String, value: String)] = [],
        headers extra: [(name: String, value: String)] = [],
        _ body: JSONObject
    ) -> RenderedRequest {
        RenderedRequest(
            method: method,
            url: "\(root)/\(path)\(Self.query(options))",
            headers: headers + [("Content-Type", "application/json; charset=utf-8")] + extra,
            body: .object(body)
        )
    }

    /// The page that a cursor names.
    ///
    /// - Throws: ``CallFailure`` when it points elsewhere: the credentials must not go there.
    func page(_ cursor: String, prefer: String? = nil) throws(CallFailure) -> RenderedRequest {
        guard cursor.hasPrefix(root + "/") else {
            throw CallFailure(reason: "cursor-invalid", detail: "This is no page of this connector's list.")
        }
        let extra = prefer.map { [(name: "Prefer", value: $0)] } ?? []
        return RenderedRequest(method: "GET", url: cursor, headers: headers + extra, body: nil)
    }

    /// A text as a literal: quotes are doubled.
    static func literal(_ text: String) -> String { "'" + text.replacing("'", with: "''") + "'" }

    /// A literal inside a path.
    static func pathLiteral(_ text: String) -> String {
        "'" + PercentEncoding.encode(text.replacing("'", with: "''")) + "'"
    }

    /// Query options keep the `$` that some services want unescaped.
    private static func query(_ options: [(name: String, value: String)]) -> String {
        if options.isEmpty { return "" }
        return "?" + options.map { "\($0.name)=\(PercentEncoding.encode($0.value))" }.joined(separator: "&")
    }

    /// The rows of a list; nil when the answer is no list.
    static func rows(_ document: JSONValue) -> [JSONValue]? { document["value"]?.array }

    /// The address of the next page.
    static func next(_ document: JSONValue) -> String? { document["@odata.nextLink"]?.string }

    /// A row's text; nil when it is absent or empty.
    static func text(_ row: JSONValue, _ name: String) -> String? {
        guard let text = row[name]?.string ?? row[name]?.integer.map(String.init), !text.isEmpty else { return nil }
        return text
    }

    /// A row's time; nil when it is absent, or the "no date" of Microsoft's systems.
    static func time(_ row: JSONValue, _ name: String) -> Timestamp? {
        guard let text = row[name]?.string, !text.hasPrefix("1900-01-01"), !text.hasPrefix("0001-01-01") else {
            return nil
        }
        return Timestamp(rfc3339: text)
    }

    /// The code of an error: `{"error": {"code", "message"}}`.
    static func errorCode(_ body: [UInt8]) -> String? {
        (try? JSONValue(parsing: body)).flatMap {
            ($0["error"]?["code"]).flatMap { $0.string ?? $0.integer.map(String.init) }
        }
    }

    /// A question for the only row of a list.
    func one(
        _ path: String,
        _ options: [(name: String, value: String)],
        placeholders: [String: String],
        missing: String,
        _ read: @escaping @Sendable (JSONValue) -> [String: String]?
    ) -> PlanQuestion {
        let request = get(path, options + [("$top", "2")])
        return PlanQuestion(
            placeholders: placeholders,
            request: { _ in request },
            read: { document in
                guard let rows = Self.rows(document), rows.count == 1, let row = rows.first else { return nil }
                return read(row)
            },
            missing: CallFailure(reason: "not-found", detail: missing)
        )
    }
}
