import Assets
import ERPConnectors
import Foundation
import Primitives

/// The order in the ERP that a delivery is about.
struct OrderTarget: Hashable, Sendable {
    /// The delivery that makes the order; nil when a person made it in the ERP.
    var deliveryID: UUID?
    /// The ERP's identifier, when no delivery of ours made it.
    var externalID: String?
}

/// A row of the outbox that is about to be written.
struct DeliveryDraft: Sendable {
    /// How it begins.
    enum Beginning: Hashable, Sendable {
        case waiting
        /// A person must release it.
        case held
        /// Its fields cannot be computed.
        case dead(detail: String)
        /// It will not be sent.
        case superseded(SuppressionReason, detail: String)
    }

    var id: UUID
    var idempotencyKey: String
    var mapping: Mapping
    var operation: ERPOperation
    var alarmID: UUID?
    var deviceID: Int32
    var assetID: Int32?
    var readingTimestamp: Timestamp
    var readingReceivedAt: Timestamp
    var fields: JSONObject
    /// What a stock operation is about.
    var item: String?
    var beginning = Beginning.waiting
    /// The order that it is about.
    var target: OrderTarget?
    /// Whether it was an order and became a remark on ``target``.
    var isAttached = false
}

/// Why a cause leads to no call.
enum SuppressionReason: String, CaseIterable, Sendable {
    /// The mapping's condition does not hold.
    case condition
    /// It happened too long before it reached us.
    case maxAge = "max-age"
    /// There were enough of them.
    case limit
    /// There is no order that it could be about.
    case noOrder = "no-order"
    /// It is not a recurrence.
    case notRecurred = "not-recurred"
    /// It is less than a step.
    case step
}

/// Makes deliveries of mappings and causes.
struct DeliveryMaker: Sendable {
    let identifiers: IdentifierSource
    /// The address of the evidence page of a delivery.
    let link: @Sendable (UUID) -> String

    /// Computes a delivery; a template that fails makes it dead.
    ///
    /// It is nil when the condition does not hold; `checksCondition` says whether that is still to be asked.
    func delivery(
        _ document: MappingDocument,
        _ compiled: Result<CompiledMapping, InvalidInput>,
        _ cause: DeliveryCause,
        checksCondition: Bool
    ) -> DeliveryDraft? {
        let mapping = document.mapping
        let operation = mapping.definition.operation
        let id = identifiers.next()
        let computed = Self.compute(document, compiled, cause, checksCondition: checksCondition, link: link(id))
        guard let (values, issues) = computed else { return nil }
        var draft = DeliveryDraft(
            id: id,
            idempotencyKey: cause.idempotencyKey(document),
            mapping: mapping,
            operation: operation,
            alarmID: cause.alarm?.alarmID,
            deviceID: cause.device.id,
            assetID: cause.assetID,
            readingTimestamp: cause.timestamp,
            readingReceivedAt: cause.receivedAt,
            fields: values,
            item: OperationDefaults.item(values, operation)
        )
        if !issues.isEmpty {
            draft.beginning = .dead(detail: issues.map { "\($0.pointer): \($0.detail)" }.joined(separator: " "))
        } else if mapping.definition.options.needsApproval {
            draft.beginning = .held
        }
        return draft
    }

    /// Computes the fields of a delivery, and what is wrong with them; nil when the condition does not hold.
    static func compute(
        _ document: MappingDocument,
        _ compiled: Result<CompiledMapping, InvalidInput>,
        _ cause: DeliveryCause,
        checksCondition: Bool,
        link: @autoclosure () -> String
    ) -> (fields: JSONObject, issues: [InputIssue])? {
        switch compiled {
        case .failure(let error): return ([:], error.issues)
        case .success(let compiled):
            let names = cause.names(document, compiled, link: link())
            if checksCondition, !compiled.holds(names) { return nil }
            let operation = document.mapping.definition.operation
            var (fields, issues) = compiled.fields.evaluate(names)
            OperationDefaults.complete(&fields, operation, cause)
            issues += OperationDefaults.issues(fields, operation)
            return (fields, issues)
        }
    }
}

extension DeliveryDraft {
    /// Turns an order into a remark on another one.
    mutating func attach(to target: OrderTarget) {
        fields = Self.remark(of: fields)
        operation = .workOrderComment
        self.target = target
        isAttached = true
    }

    /// The fields of a remark that stands for an order.
    static func remark(of fields: JSONObject) -> JSONObject {
        let texts = ["title", "description", "link"].compactMap { fields[$0]?.string }.filter { !$0.isEmpty }
        var text = ""
        for part in texts where !text.contains(part) { text += text.isEmpty ? part : "\n" + part }
        if text.isEmpty { text = fields.members.compactMap { $0.value.string }.joined(separator: "\n") }
        return ["text": .string(text)]
    }
}
