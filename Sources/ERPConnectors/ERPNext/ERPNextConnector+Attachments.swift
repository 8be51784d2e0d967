import Primitives

/// Pictures of orders: documents of the type File, found again by their name, which holds the key.
extension ERPNextConnector {
    func attach(_ order: DeliveryOrder, to target: String, _ trace: inout CallTrace) async -> CallOutcome {
        do throws(CallFailure) {
            _ = try order.requiredAttachment()
            // Names are not unique: one that an earlier attempt made is searched for.
            if try await hasFile(order, target, &trace) { return .done(externalID: target) }
        } catch {
            return Self.isFinal(error) || error.reason == "no-picture" ? error.refused : error.transient
        }
        return Self.outcome(await change(requests.attach(order, to: target), &trace), id: target)
    }

    func hasFile(
        _ order: DeliveryOrder,
        _ target: String,
        _ trace: inout CallTrace
    ) async throws(CallFailure) -> Bool {
        !(try await rows(requests.files(order, of: target), &trace)).isEmpty
    }
}

extension ERPNextRequests {
    /// Attaches a private file: whoever may read the order may read it.
    ///
    /// frappe/client.py, `attach_file`.
    func attach(_ order: DeliveryOrder, to name: String) -> RenderedRequest {
        call(
            "frappe.client.attach_file",
            [
                "filename": .string(order.fileName), "filedata": .string(order.shownFile),
                "doctype": .string(options.document.rawValue), "docname": .string(name), "decode_base64": 1,
                "is_private": 1,
            ]
        ).carrying(order.attachment, inPlaceOf: order.shownFile)
    }

    /// Finds the file; a site adds letters to a name that is taken.
    func files(_ order: DeliveryOrder, of name: String) -> RenderedRequest {
        let filters: [[JSONValue]] = [
            ["attached_to_doctype", "=", .string(options.document.rawValue)], ["attached_to_name", "=", .string(name)],
            ["file_name", "like", .string("plantwright-\(order.idempotencyKey)%")],
        ]
        return list("File", filters, fields: ["name", "file_name"])
    }
}
