import Primitives

/// Makes the requests of an `erpnext` connector.
///
/// Pure: previews and dispatch share it.
struct ERPNextRequests: Hashable, Sendable {
    /// The site's address, without a slash at its end.
    let base: String
    let options: ERPNextOptions

    /// Reads documents of a type; a filter is field, operator, value, and an order such as `name asc`.
    func list(
        _ type: String,
        _ filters: [[JSONValue]],
        fields: [String],
        order: String? = nil,
        start: Int = 0,
        limit: Int = 1
    ) -> RenderedRequest {
        var parameters = [
            (name: "filters", value: JSONValue.array(filters.map { .array($0) }).text),
            (name: "fields", value: JSONValue.array(fields.map { .string($0) }).text),
        ]
        if let order { parameters.append((name: "order_by", value: order)) }
        if start > 0 { parameters.append((name: "limit_start", value: String(start))) }
        parameters.append((name: "limit_page_length", value: String(limit)))
        return request("GET", path(type) + PercentEncoding.query(parameters))
    }

    /// Reads one document.
    func read(_ type: String, _ name: String) -> RenderedRequest { request("GET", path(type, name)) }

    /// Makes a document.
    func create(_ type: String, _ body: JSONValue) -> RenderedRequest { request("POST", path(type), body) }

    /// Changes fields of a document.
    func update(_ type: String, _ name: String, _ body: JSONValue) -> RenderedRequest {
        request("PUT", path(type, name), body)
    }

    /// Calls a method that reads.
    func ask(_ method: String, _ parameters: [(name: String, value: String)] = []) -> RenderedRequest {
        request("GET", "/api/method/\(method)" + PercentEncoding.query(parameters))
    }

    /// Calls a method that changes something.
    func call(_ method: String, _ body: JSONValue) -> RenderedRequest {
        request("POST", "/api/method/\(method)", body)
    }

    /// Finds the document that holds a key.
    func find(_ type: String, key: String) -> RenderedRequest {
        let filter: [JSONValue] = [.string(options.referenceField), "=", .string(key)]
        return list(type, [filter], fields: ["name", "docstatus"])
    }

    /// Adds a comment: needs only read permission on the document, while `Comment` itself is for system managers.
    func comment(on name: String, _ html: String) -> RenderedRequest {
        call(
            "frappe.desk.form.utils.add_comment",
            [
                "reference_doctype": .string(options.document.rawValue), "reference_name": .string(name),
                "content": .string(html), "comment_email": "", "comment_by": "Plantwright",
            ]
        )
    }

    /// Reads a document's comments.
    func comments(of name: String) -> RenderedRequest {
        ask(
            "frappe.desk.form.load.get_docinfo",
            [(name: "doctype", value: options.document.rawValue), (name: "name", value: name)]
        )
    }

    private func path(_ type: String, _ name: String? = nil) -> String {
        "/api/resource/" + PercentEncoding.encode(type) + (name.map { "/" + PercentEncoding.encode($0) } ?? "")
    }

    private func request(_ method: String, _ path: String, _ body: JSONValue? = nil) -> RenderedRequest {
        var headers = [(name: "Accept", value: "application/json")]
        if body != nil { headers.append((name: "Content-Type", value: "application/json")) }
        if let site = options.site { headers.append((name: "X-Frappe-Site-Name", value: site)) }
        return RenderedRequest(method: method, url: base + path, headers: headers, body: body)
    }
}
