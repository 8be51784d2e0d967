import Primitives

/// Pictures of orders: files in the order's folder, whose name holds the key; a repeat writes the same file again.
extension DolibarrConnector {
    func attach(
        _ order: DeliveryOrder,
        to target: String,
        _ trace: inout CallTrace
    ) async throws(CallFailure) -> CallOutcome {
        _ = try order.requiredAttachment()
        guard let document = try await ask(requests.order(target), &trace) else {
            return .refused(reason: "order-gone", detail: "The ERP no longer has it.")
        }
        // Folders go by the reference, which an intervention gets when it is validated.
        guard let reference = document["ref"]?.string.nonEmpty else {
            throw CallFailure(reason: "no-reference", detail: "Dolibarr does not tell the order's reference.")
        }
        let request = requests.upload(order, toRef: reference)
        return Self.outcome(await change(request, isRepeatable: true, &trace), id: target)
    }
}

extension DolibarrRequests {
    /// Writes a file into the folder of an order.
    ///
    /// htdocs/api/class/api_documents.class.php, `POST /documents/upload`.
    func upload(_ order: DeliveryOrder, toRef reference: String) -> RenderedRequest {
        let part: JSONValue = options.document == .ticket ? "ticket" : "ficheinter"
        return request(
            "POST",
            "/documents/upload",
            [
                "filename": .string(order.fileName), "modulepart": part, "ref": .string(reference),
                "filecontent": .string(order.shownFile), "fileencoding": "base64", "overwriteifexists": 1,
                "createdirifnotexists": 1,
            ]
        ).carrying(order.attachment, inPlaceOf: order.shownFile)
    }
}
