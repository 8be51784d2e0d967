import Primitives

/// Pictures of maintenance requests: document attachments, found again by their description.
extension SupplyChainConnector {
    /// Names of the entity are those of the metadata: `MaintenanceRequestDocumentAttachments`, whose key is company, request,
    /// document type, description and time; the time is the system's own, so that nothing of ours is unique.
    func attachment(_ order: DeliveryOrder) -> OrderPlan {
        let target = order.target ?? ""
        let description = "Plantwright \(order.idempotencyKey)"
        let body: JSONObject = [
            "dataAreaId": .string(options.company), "RequestId": .string(target),
            "DocumentAttachmentTypeCode": .string(options.documentType), "AttachmentDescription": .string(description),
            "OriginalFileName": .string(order.fileName), "FileType": "png",
            "Notes": .string(order.attachment?.title ?? "Chart of the readings"),
            "Attachment": .string(order.shownFile),
        ]
        let request = service.send("POST", Self.attachments, query: [Self.everywhere], body)
            .carrying(order.attachment, inPlaceOf: order.shownFile)
        let filter = [
            "dataAreaId eq \(ODataService.literal(options.company))", "RequestId eq \(ODataService.literal(target))",
            "AttachmentDescription eq \(ODataService.literal(description))",
        ]
        // Without the selection every picture of the request would be read.
        let find = service.get(
            Self.attachments,
            [
                Self.everywhere, ("$filter", filter.joined(separator: " and ")),
                ("$select", "RequestId,AttachmentDescription"), ("$top", "2"),
            ]
        )
        return OrderPlan(
            questions: [requestQuestion(target)],
            steps: [PlanStep(request: { _ in request }, read: { DataverseAnswer.change($0).about(target) })],
            lookUp: PlanLookUp(
                request: { _ in find },
                read: { document in
                    DataverseAnswer.found(document, id: "RequestId") { row in
                        row["AttachmentDescription"]?.string == description
                    }
                }
            )
        )
    }

    private static let attachments = "MaintenanceRequestDocumentAttachments"

    /// Whether the request is there.
    private func requestQuestion(_ number: String) -> PlanQuestion {
        let request = service.get(row(number), [Self.everywhere, ("$select", "RequestId")])
        return PlanQuestion(
            placeholders: [:],
            request: { _ in request },
            read: { document in document["RequestId"] == nil ? nil : [:] },
            missing: CallFailure(reason: "not-found", detail: "The ERP's answer holds no request.")
        )
    }
}
