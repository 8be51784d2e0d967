import Primitives

/// Pictures of notifications: attachments, found again by the key in their file name.
extension SAPConnector {
    func attach(_ order: DeliveryOrder, _ trace: inout CallTrace) async throws(CallFailure) -> CallOutcome {
        _ = try order.requiredAttachment()
        let number = try Self.notification(order)
        // The service takes files for keys that no object has.
        if case .failure(let refusal) = await entity(readNotification(number), &trace) { return refusal.outcome }
        // A second file of the same name is one more: one that an earlier attempt made is searched for.
        switch await hasFile(order, number, &trace) {
        case .failure(let refusal): return refusal.outcome
        case .success(true): return .done(externalID: number)
        case .success(false): break
        }
        switch await change(requests.attach(order, toNotification: number), .attachment, &trace) {
        case .failure(let refusal): return refusal.outcome
        case .success: return .done(externalID: number)
        }
    }

    func lookUpAttachment(_ order: DeliveryOrder, _ trace: inout CallTrace) async throws(CallFailure) -> LookUpOutcome {
        let number = try Self.notification(order)
        switch await hasFile(order, number, &trace) {
        case .failure(let refusal): return refusal.failure.failedLookUp
        case .success(let isThere): return isThere ? .found(externalID: number) : .notFound
        }
    }

    private func hasFile(
        _ order: DeliveryOrder,
        _ number: String,
        _ trace: inout CallTrace
    ) async -> Result<Bool, SAPRefusal> {
        let key = order.idempotencyKey.lowercased()
        switch await list(requests.attachments(ofNotification: number), &trace) {
        case .success(let files):
            return .success(files.contains { $0.text("FileName")?.lowercased().contains(key) == true })
        // Neither an object without files nor a service that is not there has this one.
        case .failure(let refusal): return refusal.kind == .missing ? .success(false) : .failure(refusal)
        }
    }
}

extension SAPRequests {
    /// Uploads a file as it is; what it belongs to stands in header fields.
    func attach(_ order: DeliveryOrder, toNotification number: String) -> RenderedRequest {
        let headers = [
            (name: "Slug", value: order.fileName), (name: "BusinessObjectTypeName", value: options.attachmentObject),
            (name: "LinkedSAPObjectKey", value: Self.objectKey(number)),
        ]
        return create(.attachment, "AttachmentContentSet", headers: headers).file(of: order)
    }

    /// Asks for what is attached to a notification; of this question the object is a parameter.
    func attachments(ofNotification number: String) -> RenderedRequest {
        read(
            .attachment,
            "GetAllOriginals",
            [
                ("BusinessObjectTypeName", ODataLiteral.text(options.attachmentObject)),
                ("LinkedSAPObjectKey", ODataLiteral.text(Self.objectKey(number))),
            ]
        )
    }

    /// The key as the database has it: numbers with their leading zeros.
    static func objectKey(_ number: String) -> String {
        guard !number.isEmpty, number.count < 12, number.allSatisfy({ $0.isASCII && $0.isNumber }) else {
            return number
        }
        return String(repeating: "0", count: 12 - number.count) + number
    }
}
