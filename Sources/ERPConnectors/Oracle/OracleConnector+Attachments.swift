import Primitives

/// Pictures of work orders: attachments, found again by the key in their file name.
extension OracleConnector {
    /// 25c/fasrp/op-maintenanceworkorders-workorderid-child-attachments-post.html and 24a/faims, “How You Add Attachments
    /// on Maintenance Work Order Through Rest Service”: contents in base 64.
    func attachment(_ order: DeliveryOrder) -> OrderPlan {
        let key = order.idempotencyKey
        let target = order.target
        let title = FormField("", "", "", maximumLength: 80).fit(order.attachment?.title ?? "Chart of the readings")
        let body: JSONObject = [
            "DatatypeCode": "FILE", "CategoryName": .string(options.attachmentCategory),
            "FileName": .string(order.fileName), "Title": .string(title), "Description": .string("Plantwright \(key)"),
            "UploadedFileContentType": .string(order.attachment?.mediaType ?? "image/png"),
            "FileContents": .string(order.shownFile),
        ]
        return OrderPlan(
            questions: [orderQuestion(order)],
            steps: [
                PlanStep(
                    request: { answers in
                        service.send("POST", Self.attachments(answers), body)
                            .carrying(order.attachment, inPlaceOf: order.shownFile)
                    },
                    read: { OracleService.change($0).about(target) }
                )
            ],
            lookUp: PlanLookUp(
                request: { answers in
                    service.rows(Self.attachments(answers), ["FileName", "Description"], [], limit: 500)
                },
                read: { document in
                    guard let rows = OracleService.items(document) else { return .unclear(OracleService.noList) }
                    let isThere = rows.contains { row in
                        ["FileName", "Description"].contains { row[$0]?.string?.contains(key) == true }
                    }
                    return isThere ? .found(target) : .absent
                },
                needsAnswers: true
            )
        )
    }

    private static func attachments(_ answers: PlanAnswers) -> String {
        "maintenanceWorkOrders/\(answers["order"])/child/attachments"
    }
}
