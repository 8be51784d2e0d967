import Primitives

/// Makes the requests of a `dolibarr` connector.
///
/// Pure: previews and dispatch share it. No path holds a colon: Dolibarr takes it for an attack.
struct DolibarrRequests: Hashable, Sendable {
    /// The API's address.
    let base: String
    /// The address of the pages.
    let pages: String
    let options: DolibarrOptions

    init(url: String, options: DolibarrOptions) {
        pages = url.hasSuffix("/api/index.php") ? String(url.dropLast("/api/index.php".count)) : url
        base = pages + "/api/index.php"
        self.options = options
    }

    /// Reads something.
    func read(_ path: String, _ parameters: [(name: String, value: String)] = []) -> RenderedRequest {
        request("GET", path + PercentEncoding.query(parameters))
    }

    /// Changes something.
    func request(_ method: String, _ path: String, _ body: JSONValue? = nil) -> RenderedRequest {
        var headers = [(name: "Accept", value: "application/json")]
        if body != nil { headers.append((name: "Content-Type", value: "application/json")) }
        return RenderedRequest(method: method, url: base + path, headers: headers, body: body)
    }

    /// Reads rows whose field is exactly a value; callers check the rows, since a broken filter answers with all rows.
    func filtered(_ path: String, _ field: String, _ value: String) -> RenderedRequest {
        read(path, [(name: "sqlfilters", value: "(t.\(field):=:'\(value)')"), (name: "limit", value: "5")])
    }

    // MARK: Orders

    /// The path of orders.
    var orders: String { options.document == .ticket ? "/tickets" : "/interventions" }

    /// Finds the order with a key.
    func find(key: String) -> RenderedRequest {
        switch options.document {
        case .ticket: read("/tickets/track_id/\(PercentEncoding.encode(key))")
        case .intervention: filtered("/interventions", "ref_client", key)
        }
    }

    /// Reads an order.
    func order(_ id: String) -> RenderedRequest { read("\(orders)/\(PercentEncoding.encode(id))") }

    /// Makes an order.
    func create(_ order: DeliveryOrder, _ fields: OrderFields) throws(CallFailure) -> RenderedRequest {
        let title = try fields.required("title")
        let equipment = fields.text("equipment").map { "Equipment: \($0)" }
        let texts = [fields.text("description"), equipment, fields.text("link")].compactMap { $0 }
        var body: JSONObject
        switch options.document {
        case .ticket:
            body = [
                "track_id": .string(order.idempotencyKey), "subject": .string(title),
                "message": .string(texts.isEmpty ? title : texts.joined(separator: "\n")),
            ]
            body["severity_code"] = fields.text("priority").map { .string(severity($0)) }
            body["type_code"] = fields.text("workType").map { .string($0) }
            if let socid = options.thirdparty { body["fk_soc"] = .integer(socid) }
            if let project = options.project { body["fk_project"] = .integer(project) }
        case .intervention:
            body = [
                "socid": .integer(options.thirdparty ?? 0), "fk_project": .integer(options.project ?? 0),
                "description": .string(([title] + texts).joined(separator: "\n")),
                "ref_client": .string(order.idempotencyKey),
            ]
        }
        return request("POST", orders, .object(body))
    }

    /// Validates an intervention: 304 when it is so already.
    func validate(_ id: String) -> RenderedRequest { validation(ofSegment: PercentEncoding.encode(id)) }

    /// What validates an intervention whose number is not known as yet.
    var laterValidation: RenderedRequest { validation(ofSegment: "‹number of the intervention›") }

    private func validation(ofSegment segment: String) -> RenderedRequest {
        request("POST", "/interventions/\(segment)/validate", ["notrigger": 0])
    }

    /// Changes a ticket.
    func update(_ id: String, _ fields: OrderFields) throws(CallFailure) -> RenderedRequest {
        var body = JSONObject()
        body["subject"] = fields.text("title").map { .string($0) }
        let texts = [fields.text("description"), fields.text("link")].compactMap { $0 }
        if !texts.isEmpty { body["message"] = .string(texts.joined(separator: "\n")) }
        body["severity_code"] = fields.text("priority").map { .string(severity($0)) }
        body["type_code"] = fields.text("workType").map { .string($0) }
        if body.isEmpty { throw CallFailure(reason: "field-missing", detail: "There is nothing to change.") }
        return request("PUT", "/tickets/\(PercentEncoding.encode(id))", .object(body))
    }

    /// Cancels a ticket; the member's name changed with version 18.
    func cancel(_ id: String) -> RenderedRequest {
        request("PUT", "/tickets/\(PercentEncoding.encode(id))", ["fk_statut": 9, "status": 9])
    }

    /// Writes a message on a ticket.
    func message(_ trackID: JSONValue, _ text: String, key: String) -> RenderedRequest {
        request("POST", "/tickets/newmessage", ["track_id": trackID, "message": .string("\(text)\n[\(key)]")])
    }

    private func severity(_ text: String) -> String { options.priorities[text] ?? text }

    // MARK: Stock

    /// Finds a product by its reference.
    func product(_ reference: String) throws(CallFailure) -> RenderedRequest {
        guard DolibarrOptions.isFilterable(reference), !reference.contains("/") else {
            let detail = "The product reference “\(reference)” cannot be put into an address of Dolibarr's API."
            throw CallFailure(reason: "field-invalid", detail: detail)
        }
        return read("/products/ref/\(PercentEncoding.encode(reference))")
    }

    /// Reads what there is of a product in every warehouse.
    func stock(_ product: Int64) -> RenderedRequest { read("/products/\(product)/stock") }

    /// Finds a movement by its code.
    func findMovement(key: String) -> RenderedRequest { filtered("/stockmovements", "inventorycode", key) }

    /// Books a movement.
    func move(_ product: JSONValue, _ warehouse: JSONValue, _ quantity: JSONValue, key: String) -> RenderedRequest {
        let isOut = (quantity.double ?? 0) < 0
        let body: JSONValue = [
            "product_id": product, "warehouse_id": warehouse, "qty": quantity, "type": isOut ? 2 : 3,
            "movementcode": .string(key), "movementlabel": .string("Plantwright \(key)"),
        ]
        return request("POST", "/stockmovements", body)
    }
}
