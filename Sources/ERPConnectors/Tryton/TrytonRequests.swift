import Primitives

/// Makes the requests of a `tryton` connector.
///
/// Pure: previews and dispatch share it. Every call's last parameter is the context.
struct TrytonRequests: Sendable {
    let base: String
    let options: TrytonOptions

    /// The database's own address.
    private var database: String { base + "/" + PercentEncoding.encode(options.database) + "/" }

    /// Asks for the server's version; needs no session.
    var version: RenderedRequest { request(base + "/", "common.server.version", []) }

    /// Signs in; shown without the password.
    func login(_ user: String, _ password: Redacted<String>) -> RenderedRequest {
        func body(_ password: String) -> JSONValue {
            Self.body("common.db.login", [.string(user), ["password": .string(password)], .string(options.language)])
        }
        var request = request(database, "common.db.login", [])
        request.body = body("(redacted)")
        request.secretBody = Redacted(body(password.reveal()).bytes)
        return request
    }

    /// Calls a method of a model: `stock.inventory.confirm`.
    func call(_ method: String, _ parameters: [JSONValue], _ context: JSONObject) -> RenderedRequest {
        request(database, "model." + method, parameters + [.object(context)])
    }

    /// The context of calls for a company; nil leaves it to the account.
    func context(company: JSONValue?, _ more: [(name: String, value: JSONValue)] = []) -> JSONObject {
        var context = JSONObject()
        if let company { context["company"] = company }
        context["language"] = .string(options.language)
        for (name, value) in more { context[name] = value }
        return context
    }

    private func request(_ url: String, _ method: String, _ parameters: [JSONValue]) -> RenderedRequest {
        RenderedRequest(
            method: "POST",
            url: url,
            headers: [("Accept", "application/json"), ("Content-Type", "application/json")],
            body: Self.body(method, parameters)
        )
    }

    private static func body(_ method: String, _ parameters: [JSONValue]) -> JSONValue {
        ["id": 1, "method": .string(method), "params": .array(parameters)]
    }
}

/// A search, as `search_read` takes it.
struct TrytonSearch {
    /// The model.
    var model: String
    /// Tryton's domain: a list of clauses, all of which hold.
    var domain: [JSONValue]
    /// What is wanted of each record; of a related record as `product.code`.
    var fields: [String]
    /// At most so many records.
    var limit: Int64?
    /// Their order.
    var order: [JSONValue] = [["id", "ASC"]]

    /// Makes a search.
    init(_ model: String, _ domain: [JSONValue], _ fields: [String], limit: Int64? = nil) {
        self.model = model
        self.domain = domain
        self.fields = fields
        self.limit = limit
    }

    /// `[domain, offset, limit, order, fields]`.
    var parameters: [JSONValue] {
        [
            .array(domain), 0, limit.map(JSONValue.integer) ?? .null, .array(order),
            .array(fields.map(JSONValue.string)),
        ]
    }
}
