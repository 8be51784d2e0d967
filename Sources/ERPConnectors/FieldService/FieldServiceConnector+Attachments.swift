import Primitives

extension FieldServiceConnector {
    /// A note with a file; its identifier is made of the key, so that there is one.
    ///
    /// learn.microsoft.com/power-apps/developer/data-platform/attachment-annotation-files: `documentbody` in base 64,
    /// set together with `filename` and `mimetype`, 5 MB unless an admin allows more.
    func attachment(_ order: DeliveryOrder) throws(CallFailure) -> OrderPlan {
        let target = try Self.row(order)
        let id = DataverseIdentifier.of(key: order.idempotencyKey)
        let attachment = order.attachment
        let request = service.send(
            "PATCH",
            "annotations(\(id))",
            headers: [("If-None-Match", "*")],
            [
                "subject": .string("Plantwright \(order.idempotencyKey)"),
                "notetext": .string(attachment?.title ?? "Chart of the readings"), "isdocument": true,
                "filename": .string(order.fileName), "mimetype": .string(attachment?.mediaType ?? "image/png"),
                "documentbody": .string(order.shownFile),
                "objectid_msdyn_workorder@odata.bind": .string("/" + target),
            ]
        ).carrying(attachment, inPlaceOf: order.shownFile)
        return OrderPlan(
            steps: [
                PlanStep(
                    request: { _ in request },
                    // The note is ours; what the delivery is about is the order.
                    read: { DataverseAnswer.creation($0, id: "annotationid", is: id).about(order.target) }
                )
            ],
            lookUp: PlanLookUp(
                request: rowLookUp("annotations", "annotationid", id).request,
                read: { document in
                    document["annotationid"]?.string?.lowercased() == id
                        ? .found(order.target)
                        : .unclear(CallFailure(reason: "not-a-row", detail: "The ERP's answer holds no row."))
                },
                missingIs404: true
            )
        )
    }
}
