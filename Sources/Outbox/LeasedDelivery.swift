import ERP
import ERPConnectors
import Foundation
import Primitives

/// A delivery as its dispatcher holds it.
struct LeasedDelivery: Sendable {
    var id: UUID
    /// Guards every write: whoever holds another token, or none, writes nothing.
    var token: UUID
    var connectorID: Int32
    var idempotencyKey: String
    var operation: ERPOperation
    var fields: JSONObject
    var item: String?
    var readingTimestamp: Timestamp
    /// Including this one.
    var attempts: Int
    var attemptStartedAt: Timestamp?
    /// Whether it was uncertain, not waiting, before it was leased.
    var wasUncertain: Bool
    /// Whether the start of its call was committed with the lease.
    var isBegun = false
    /// The ERP's identifier of the order that it is about, once that is found.
    var target: String?
    /// The file that it attaches, once that is drawn.
    var attachment: OrderAttachment?

    /// What the connector gets.
    var order: DeliveryOrder {
        DeliveryOrder(
            idempotencyKey: idempotencyKey,
            operation: operation,
            fields: fields,
            target: target,
            causedAt: readingTimestamp,
            attachment: attachment
        )
    }

    /// The title of the order that it makes: the first text among the usual fields.
    var title: String {
        let texts = ["title", "subject", "name", "description"].compactMap { fields[$0]?.string }
        return texts.first { !$0.isEmpty } ?? ""
    }

    /// The equipment that the order is for, if the fields name one.
    var equipment: String? { fields["equipment"]?.string.flatMap { $0.isEmpty ? nil : $0.storable } }

    /// What a stock operation is about.
    var stockItem: String? { item ?? fields["item"]?.string }

    /// The figure of a stock operation.
    var quantity: Double? {
        let quantity = fields["quantity"].flatMap { $0.double ?? $0.string.flatMap(Double.init) }
        return quantity.flatMap { $0.isFinite ? $0 : nil }
    }
}
