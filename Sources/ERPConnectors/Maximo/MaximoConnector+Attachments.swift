import Foundation
import Primitives

/// Pictures of work orders: attached documents, found again by the key in their file name.
extension MaximoConnector {
    func attachment(_ order: DeliveryOrder) throws(CallFailure) -> OrderPlan {
        let key = order.idempotencyKey
        let target = order.target
        return OrderPlan(
            questions: [try orderQuestion(order)],
            steps: [
                PlanStep(
                    request: { answers in service.attach(order, to: answers["order"], as: options.documentType) },
                    read: { MaximoService.change($0).about(target) }
                )
            ],
            lookUp: PlanLookUp(
                request: { answers in
                    service.get("os/mxapiwodetail/\(answers["order"])/doclinks", [("lean", "1")])
                },
                read: { document in
                    guard let members = MaximoService.members(document) else { return .unclear(Self.noList) }
                    return members.contains { Self.isNamed(key, $0) } ? .found(target) : .absent
                },
                needsAnswers: true
            )
        )
    }

    /// Whether a document's name holds a key; Maximo may add a number to the name of its file.
    private static func isNamed(_ key: String, _ row: JSONValue) -> Bool {
        ["fileName", "title"].contains { row["describedBy"]?[$0]?.string?.lowercased().contains(key) == true }
    }
}

extension MaximoService {
    /// Uploads a file as it is.
    ///
    /// ibm-maximo-dev.github.io/maximo-restapi-documentation/attachment/attachment: what describes it stands in header
    /// fields, in base 64 where there may be letters beyond ASCII. The kind of address that `x-document-meta` can begin
    /// with has names of the installation's own and is left out, as that page advises.
    func attach(_ order: DeliveryOrder, to resource: String, as type: String) -> RenderedRequest {
        let title = FormField("", "", "", maximumLength: 100).fit(order.attachment?.title ?? "Chart of the readings")
        return RenderedRequest(
            method: "POST",
            url: "\(root)/os/mxapiwodetail/\(resource)/doclinks?lean=1",
            headers: [
                ("Accept", "application/json"), ("slug", order.fileName), ("x-document-meta", type),
                ("x-document-encdescription", Data(title.utf8).base64EncodedString()),
            ],
            body: nil
        ).file(of: order)
    }
}
