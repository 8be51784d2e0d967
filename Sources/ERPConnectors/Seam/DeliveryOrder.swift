import Primitives

/// What the outbox asks a connector to do: one delivery, as far as the ERP is concerned.
public struct DeliveryOrder: Hashable, Sendable {
    /// Names the cause in the ERP; the same in every attempt; 16 characters of `[a-z0-9-]` at most.
    public var idempotencyKey: String
    /// What to do.
    public var operation: ERPOperation
    /// The mapping's computed fields.
    public var fields: JSONObject
    /// The ERP's identifier of the order that the operation is about; nil unless ``ERPOperation/needsTarget``.
    public var target: String?
    /// Source time of the reading that caused it; the same in every attempt.
    public var causedAt: Timestamp
    /// The file of ``ERPOperation/workOrderAttach``; look-ups and previews do without.
    public var attachment: OrderAttachment?

    /// Makes an order.
    public init(
        idempotencyKey: String,
        operation: ERPOperation,
        fields: JSONObject,
        target: String? = nil,
        causedAt: Timestamp = Timestamp(microseconds: 0),
        attachment: OrderAttachment? = nil
    ) {
        self.idempotencyKey = idempotencyKey
        self.operation = operation
        self.fields = fields
        self.target = target
        self.causedAt = causedAt
        self.attachment = attachment
    }
}
