import Primitives

/// Makes the requests of an `inventree` connector.
///
/// Pure: previews and dispatch share it.
struct InvenTreeRequests: Hashable, Sendable {
    /// The server's address, without a slash at its end.
    let base: String
    let options: InvenTreeOptions

    /// Reads something; paths end with a slash.
    func read(_ path: String, _ parameters: [(name: String, value: String)] = []) -> RenderedRequest {
        request("GET", path + PercentEncoding.query(parameters))
    }

    /// Changes something.
    func request(_ method: String, _ path: String, _ body: JSONValue? = nil) -> RenderedRequest {
        var headers = [(name: "Accept", value: "application/json")]
        if body != nil { headers.append((name: "Content-Type", value: "application/json")) }
        return RenderedRequest(method: method, url: base + path, headers: headers, body: body)
    }

    // MARK: Build orders

    /// Finds build orders whose description holds a key.
    func findBuild(key: String) -> RenderedRequest {
        read("/api/build/", [(name: "search", value: key), (name: "limit", value: "5")])
    }

    /// Reads the build order with the highest number.
    var latestBuild: RenderedRequest {
        read("/api/build/", [(name: "ordering", value: "-reference"), (name: "limit", value: "1")])
    }

    /// Reads a build order.
    func build(_ id: String) -> RenderedRequest { read("/api/build/\(PercentEncoding.encode(id))/") }

    /// Makes a build order; what only the server can tell is given as it is known.
    func createBuild(
        _ order: DeliveryOrder,
        _ fields: OrderFields,
        reference: String,
        part: JSONValue
    ) throws(CallFailure) -> RenderedRequest {
        let quantity = try fields.number("buildQuantity") ?? 1
        guard quantity > 0 else {
            throw CallFailure(reason: "field-invalid", detail: "“buildQuantity” must be a number above 0.")
        }
        var body: JSONObject = [
            "reference": .string(reference),
            "title": .string(Self.title(try fields.required("title"), order.idempotencyKey)),
            "part": part, "quantity": .number(quantity),
        ]
        let equipment = fields.text("equipment").map { "Equipment: \($0)" }
        let notes = [fields.text("description"), equipment, fields.text("link")].compactMap { $0 }
        if !notes.isEmpty { body["notes"] = .string(notes.joined(separator: "\n\n")) }
        if let priority = fields.text("priority").flatMap({ options.priority($0) }) {
            body["priority"] = .integer(Int64(priority))
        }
        return request("POST", "/api/build/", .object(body))
    }

    /// Changes a build order; its key stays in the description, which is `title` so far.
    func updateBuild(_ id: String, _ fields: OrderFields, title: String) throws(CallFailure) -> RenderedRequest {
        var body = JSONObject()
        if let text = fields.text("title") {
            body["title"] = .string(Self.key(in: title).map { Self.title(text, $0) } ?? text)
        }
        let notes = [fields.text("description"), fields.text("link")].compactMap { $0 }
        if !notes.isEmpty { body["notes"] = .string(notes.joined(separator: "\n\n")) }
        if let priority = fields.text("priority").flatMap({ options.priority($0) }) {
            body["priority"] = .integer(Int64(priority))
        }
        if body.isEmpty { throw CallFailure(reason: "field-missing", detail: "There is nothing to change.") }
        return request("PATCH", "/api/build/\(PercentEncoding.encode(id))/", .object(body))
    }

    /// Writes the notes of a build order.
    func note(_ id: String, _ notes: String) -> RenderedRequest {
        request("PATCH", "/api/build/\(PercentEncoding.encode(id))/", ["notes": .string(notes)])
    }

    /// Cancels a build order.
    func cancelBuild(_ id: String) -> RenderedRequest {
        let body: JSONValue = ["remove_allocated_stock": false, "remove_incomplete_outputs": false]
        return request("POST", "/api/build/\(PercentEncoding.encode(id))/cancel/", body)
    }

    /// Descriptions hold the key, since lists can be searched by it.
    static func title(_ text: String, _ key: String) -> String { "\(text) [\(key)]" }

    /// The key in a description.
    static func key(in title: String) -> String? {
        guard title.hasSuffix("]"), let open = title.lastIndex(of: "[") else { return nil }
        let key = title[title.index(after: open)...].dropLast()
        return key.hasPrefix("pw-") ? String(key) : nil
    }

    // MARK: Stock

    /// Finds a part by its IPN, or `#12` by its number.
    func part(_ reference: String) -> RenderedRequest {
        if reference.hasPrefix("#"), let number = Int(reference.dropFirst()) { return read("/api/part/\(number)/") }
        return read("/api/part/", [(name: "IPN", value: reference), (name: "limit", value: "2")])
    }

    /// Reads the stock items of a part; the server's filter `in_stock` would leave out empty ones.
    func stockItems(part: Int64, location: Int64?) -> RenderedRequest {
        var parameters = [(name: "part", value: String(part))]
        if let location { parameters.append((name: "location", value: String(location))) }
        parameters.append((name: "limit", value: "500"))
        return read("/api/stock/", parameters)
    }

    /// Finds locations by name.
    func locations(_ name: String) -> RenderedRequest {
        read("/api/stock/location/", [(name: "search", value: name), (name: "limit", value: "50")])
    }

    /// Finds entries of the tracking log by a key in their notes.
    func tracking(key: String) -> RenderedRequest {
        read("/api/stock/track/", [(name: "search", value: key), (name: "limit", value: "5")])
    }

    /// Adds, removes or counts: the action is `add`, `remove` or `count`.
    func adjust(_ action: String, _ items: JSONValue, key: String) -> RenderedRequest {
        request("POST", "/api/stock/\(action)/", ["items": items, "notes": .string("Plantwright \(key)")])
    }

    /// Keeps a stock item when nothing is left of it: InvenTree deletes it with its tracking log otherwise.
    func keep(_ stockItem: Int64) -> RenderedRequest {
        request("PATCH", "/api/stock/\(stockItem)/", ["delete_on_deplete": false])
    }
}
