import Primitives

/// A call of a method of one of Odoo's models, whichever way it goes over the wire.
struct OdooCall: Hashable, Sendable {
    /// An argument that a method takes by position; `/json/2` wants its name.
    struct Argument: Hashable, Sendable {
        var name: String
        var value: JSONValue
    }

    var model: String
    var method: String
    /// The records that it is about; nil for methods of the model itself.
    ///
    /// Previews have texts for what is not known yet.
    var records: [JSONValue]?
    var positional: [Argument] = []
    /// Arguments given by name.
    var named = JSONObject()
    var context = JSONObject()
    /// A file, with the words in the arguments that its contents take the place of.
    var file: File?

    /// A file and its words.
    struct File: Hashable, Sendable {
        var attachment: OrderAttachment
        var words: String
    }

    init(_ model: String, _ method: String, records: [JSONValue]? = nil) {
        self.model = model
        self.method = method
        self.records = records
    }

    /// Reads records that a domain selects.
    static func search(
        _ model: String,
        _ domain: [JSONValue],
        fields: [String],
        order: String? = nil,
        limit: Int? = nil,
        archivedToo: Bool = false
    ) -> OdooCall {
        var call = OdooCall(model, "search_read")
        call.named["domain"] = .array(domain)
        call.named["fields"] = .array(fields.map(JSONValue.string))
        if let order { call.named["order"] = .string(order) }
        if let limit { call.named["limit"] = .integer(Int64(limit)) }
        if archivedToo { call.context["active_test"] = false }
        return call
    }

    /// Makes a record.
    static func create(_ model: String, _ values: JSONObject) -> OdooCall {
        var call = OdooCall(model, "create")
        call.positional = [Argument(name: "vals_list", value: .object(values))]
        return call
    }

    /// Changes records.
    static func write(_ model: String, _ records: [JSONValue], _ values: JSONObject) -> OdooCall {
        var call = OdooCall(model, "write", records: records)
        call.positional = [Argument(name: "vals", value: .object(values))]
        return call
    }

    /// Makes the record that an external id names, or finds it: Odoo leaves one that is there as it stands.
    ///
    /// `load` would overwrite what a technician changed. With the mode of a module's update and the mark `noupdate`
    /// it gives back the number of the record that has the id and writes nothing (`_load_records`; `_update` in 11).
    static func load(_ model: String, id: String, columns: [(name: String, value: JSONValue)]) -> OdooCall {
        var call = OdooCall(model, "load")
        call.positional = [
            Argument(name: "fields", value: .array([.string("id")] + columns.map { .string($0.name) })),
            Argument(name: "data", value: [.array([.string(id)] + columns.map(\.value))]),
        ]
        call.context["mode"] = "update"
        call.context["noupdate"] = true
        return call
    }
}

/// How calls go over the wire.
enum OdooWire: Hashable, Sendable {
    /// `POST /jsonrpc`, `execute_kw` (up to 21): the body carries the credentials. The user's number is nil in previews.
    case jsonRPC(user: Int64?)
    /// `POST /json/2/{model}/{method}` (from 19 on): an API key as bearer token.
    case json2
}

/// Writes calls as requests.
struct OdooRequestWriter: Sendable {
    /// The address without a slash at its end.
    let base: String
    let database: String?
    /// What stands for the password in the body of JSON-RPC; nil when the credentials have none.
    let password: Redacted<String>?

    private static let headers = [
        (name: "Accept", value: "application/json"), (name: "Content-Type", value: "application/json"),
    ]

    /// A call of a model's method.
    func request(_ call: OdooCall, over wire: OdooWire) -> RenderedRequest {
        let request =
            switch wire {
            case .json2: json2(call)
            case .jsonRPC(let user): execute(call, user)
            }
        return call.file.map { request.carrying($0.attachment, inPlaceOf: $0.words) } ?? request
    }

    /// A call of one of the services beside the models, such as `common.version`; the arguments are made with the
    /// password, and once more with what is shown in its place.
    func service(
        _ service: String,
        _ method: String,
        _ arguments: (JSONValue) -> [JSONValue]
    ) -> RenderedRequest {
        func document(_ password: JSONValue) -> JSONValue {
            [
                "jsonrpc": "2.0", "method": "call", "id": 1,
                "params": [
                    "service": .string(service), "method": .string(method), "args": .array(arguments(password)),
                ],
            ]
        }
        let shown = document("(password)")
        var request = RenderedRequest(method: "POST", url: base + "/jsonrpc", headers: Self.headers, body: shown)
        if let password {
            request.secretBody = Redacted(document(.string(password.reveal())).bytes)
        }
        return request
    }

    private func execute(_ call: OdooCall, _ user: Int64?) -> RenderedRequest {
        let ids: [JSONValue] = call.records.map { [.array($0)] } ?? []
        var named = call.named
        if !call.context.isEmpty { named["context"] = .object(call.context) }
        return service("object", "execute_kw") { password in
            [
                .string(database ?? ""), user.map(JSONValue.integer) ?? "‹user›", password, .string(call.model),
                .string(call.method), .array(ids + call.positional.map(\.value)), .object(named),
            ]
        }
    }

    private func json2(_ call: OdooCall) -> RenderedRequest {
        var body = JSONObject()
        if let records = call.records { body["ids"] = .array(records) }
        for argument in call.positional {
            // `create` takes a list of records here.
            body[argument.name] = call.method == "create" ? [argument.value] : argument.value
        }
        for member in call.named.members { body[member.name] = member.value }
        if !call.context.isEmpty { body["context"] = .object(call.context) }
        var headers = Self.headers
        if let database { headers.append((name: "X-Odoo-Database", value: database)) }
        let path = "/json/2/\(PercentEncoding.encode(call.model))/\(PercentEncoding.encode(call.method))"
        return RenderedRequest(method: "POST", url: base + path, headers: headers, body: .object(body))
    }
}
