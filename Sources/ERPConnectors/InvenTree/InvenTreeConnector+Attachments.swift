import Primitives

/// Pictures of build orders: attachments, found again by their comment, which is the key.
extension InvenTreeConnector {
    func attach(
        _ order: DeliveryOrder,
        to target: String,
        _ trace: inout CallTrace
    ) async throws(CallFailure) -> CallOutcome {
        guard order.attachment != nil else {
            return .refused(reason: "no-picture", detail: "There is no picture to attach.")
        }
        // Nothing is unique about attachments: one that an earlier attempt made is searched for.
        if try await hasFile(order, target, &trace) { return .done(externalID: target) }
        return Self.outcome(await change(requests.attach(order, to: target), &trace), id: target)
    }

    func hasFile(
        _ order: DeliveryOrder,
        _ target: String,
        _ trace: inout CallTrace
    ) async throws(CallFailure) -> Bool {
        let rows = try await rows(requests.attachments(of: target, key: order.idempotencyKey), &trace)
        return rows.contains { $0["comment"]?.string?.contains(order.idempotencyKey) == true }
    }
}

extension InvenTreeRequests {
    /// Attaches a file to a build order, since 0.16.
    ///
    /// src/backend/InvenTree/common/serializers.py, `AttachmentSerializer`.
    func attach(_ order: DeliveryOrder, to id: String) -> RenderedRequest {
        let fields = [
            (name: "model_type", value: "build"), (name: "model_id", value: id),
            (name: "comment", value: "Plantwright \(order.idempotencyKey)"),
        ]
        return request("POST", "/api/attachment/").form(fields, file: "attachment", of: order)
    }

    /// Finds attachments of a build order by a key in their comment.
    func attachments(of id: String, key: String) -> RenderedRequest {
        read(
            "/api/attachment/",
            [
                (name: "model_type", value: "build"), (name: "model_id", value: id), (name: "search", value: key),
                (name: "limit", value: "5"),
            ]
        )
    }
}
