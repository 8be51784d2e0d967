import Primitives

/// Pictures of orders: `ir.attachment`, found again by its name, which holds the key.
extension TrytonConnector {
    func attach(_ order: DeliveryOrder, _ trace: inout CallTrace) async throws(TrytonFailure) -> CallOutcome {
        if order.attachment == nil { throw .permanent("no-picture", "There is no picture to attach.") }
        let (record, context, _) = try await target(order, &trace)
        // Names are not unique: one that an earlier attempt made is searched for.
        let search = TrytonRequests.search(attachmentOf: record.name, named: order.fileName)
        if try await !records(search, context, &trace).isEmpty { return .done(externalID: record.name) }
        switch await client.change(requests.attachment(order, to: record.name, context), &trace) {
        case .done: return .done(externalID: record.name)
        case .refused(let failure): return failure.refused
        case .transient(let failure): return failure.transient
        case .uncertain(let failure): return failure.uncertain
        }
    }

    func lookUpAttachment(
        _ order: DeliveryOrder,
        _ trace: inout CallTrace
    ) async throws(TrytonFailure) -> LookUpOutcome {
        let place = try await place(&trace)
        guard let name = order.target, let record = TrytonRecord(name, options.orderModel) else { return .notFound }
        let search = TrytonRequests.search(attachmentOf: record.name, named: order.fileName)
        let found = try await records(search, requests.context(company: place.company), &trace)
        return found.isEmpty ? .notFound : .found(externalID: record.name)
    }
}

extension TrytonRequests {
    /// Attaches a file to a record; bytes go as `{"__class__": "bytes", "base64": …}` (trytond/protocols/jsonrpc.py).
    func attachment(_ order: DeliveryOrder, to record: String, _ context: JSONObject) -> RenderedRequest {
        var values: JSONObject = [
            "name": .string(order.fileName), "type": "data", "resource": .string(record),
            "data": ["__class__": "bytes", "base64": .string(order.shownFile)],
        ]
        if let title = order.attachment?.title { values["description"] = .string(title) }
        return call("ir.attachment.create", [[.object(values)]], context)
            .carrying(order.attachment, inPlaceOf: order.shownFile)
    }

    /// Finds an attachment of a record by its name.
    static func search(attachmentOf record: String, named name: String) -> TrytonSearch {
        let domain: [JSONValue] = [["resource", "=", .string(record)], ["name", "=", .string(name)]]
        return TrytonSearch("ir.attachment", domain, ["id"], limit: 1)
    }
}
