import Foundation
import Primitives

/// An order in the ERP, as our mirror knows it.
public struct WorkOrderRecord: Hashable, Sendable {
    /// The row.
    public var id: UUID
    /// The ERP's number.
    public var externalID: String
    /// What it is about.
    public var title: String
    /// Its state in the ERP's words; empty before the first check.
    public var status: String
    /// When we saw that it is done.
    public var doneAt: Timestamp?
    /// When we noted it.
    public var createdAt: Timestamp
    /// When it was checked last.
    public var checkedAt: Timestamp?
    /// Where it is.
    public var connector: NamedResource
    /// The device whose reading caused it.
    public var device: NamedResource?
    /// The asset of that device then.
    public var asset: NamedResource?
    /// The alarm that caused it.
    public var alarmID: UUID?
    /// The delivery that made it; nil when somebody made it in the ERP.
    public var deliveryID: UUID?
    /// Its page in the ERP.
    public var link: String?
    /// The connector's row.
    public var connectorID: Int32
    /// `plantwright` or `erp`.
    public var madeBy: String
    /// Where it stands.
    public var phase: OrderPhase
    /// The number that people there use, when it is not the identifier.
    public var number: String?
    /// Who is to do it.
    public var assignee: String?
    /// When it is to be done.
    public var dueAt: Timestamp?
    /// When work began.
    public var startedAt: Timestamp?
    /// When work ended.
    public var finishedAt: Timestamp?
    /// What it cost.
    public var cost: Double?
    /// ISO 4217.
    public var currency: String?
    /// What was found and done.
    public var outcome: String?
    /// The ERP's code of the cause or damage.
    public var failureCode: String?
    /// The equipment that it is for.
    public var equipment: String?

    /// The API's form.
    public var json: JSONValue {
        [
            "id": .string(id.text), "externalId": .string(externalID), "title": .string(title),
            "status": .string(status), "doneAt": .optional(doneAt), "createdAt": .string(createdAt.rfc3339),
            "checkedAt": .optional(checkedAt), "connector": connector.json, "device": device?.json ?? .null,
            "asset": asset?.json ?? .null, "alarmId": .optional(alarmID?.text),
            "deliveryId": .optional(deliveryID?.text), "link": .optional(link), "madeBy": .string(madeBy),
            "phase": .string(phase.rawValue), "number": .optional(number), "assignee": .optional(assignee),
            "dueAt": .optional(dueAt), "startedAt": .optional(startedAt), "finishedAt": .optional(finishedAt),
            "cost": .optional(cost), "currency": .optional(currency), "outcome": .optional(outcome),
            "failureCode": .optional(failureCode), "equipment": .optional(equipment),
        ]
    }
}
