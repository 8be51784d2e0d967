import Assets
import ERPConnectors
import Expressions
import Foundation
import Primitives
import Secrets

/// A row of the outbox that is about to be written.
struct DeliveryDraft: Sendable {
    var id: UUID
    var idempotencyKey: String
    var mapping: Mapping
    var alarmID: UUID?
    var deviceID: Int32
    var assetID: Int32?
    var readingTimestamp: Timestamp
    var readingReceivedAt: Timestamp
    var fields: JSONObject
    /// What a stock operation is about.
    var item: String?
    /// Why it is dead from the start; nil when it waits.
    var failure: String?
}

/// The cause of a delivery, from which its fields and key are computed.
struct DeliveryCause: Sendable {
    var device: Device
    var plant: PlantSnapshot
    var values: MetricValues
    var timestamp: Timestamp
    var receivedAt: Timestamp
    var alarm: AlarmTrigger?
    /// The value of a metric trigger.
    var value: Double?

    /// The delivery's key: of (mapping, rule, device, raisedAt), or of (mapping, device, metric, source time).
    func idempotencyKey(_ document: MappingDocument) -> String {
        let time = String(timestamp.milliseconds)
        if let alarm { return DeliveryKey.make(parts: [document.key, alarm.ruleKey, device.key, time]) }
        let metric = document.mapping.definition.metric?.metric ?? ""
        return DeliveryKey.make(parts: [document.key, device.key, metric, time])
    }

    /// What the field templates are computed from.
    func names(connector: String, idempotencyKey: String, link: String) -> MappingValues {
        var names = MappingValues(reading: values)
        let asset = plant.asset(of: device)
        names[.deviceKey] = device.key
        names[.deviceName] = device.name
        names[.assetKey] = asset?.key
        names[.assetName] = asset?.name
        names[.assetEquipment] = plant.equipment(of: device, connector: connector)
        names[.readingTimestamp] = timestamp.rfc3339
        names[.link] = link
        names[.idempotencyKey] = idempotencyKey
        if let alarm {
            names[.alarmID] = alarm.alarmID.uuidString.lowercased()
            names[.alarmSeverity] = alarm.severity
            names[.alarmRaisedAt] = alarm.raisedAt.rfc3339
            names[.ruleKey] = alarm.ruleKey
            names[.ruleName] = alarm.ruleName
        }
        return names
    }
}

/// The two fields that a stock operation has by itself: `item` (default: the device's key) and `quantity` (default: the
/// trigger's value).
enum StockFields {
    static let types = [
        MappingFieldType(name: "item", type: .text), MappingFieldType(name: "quantity", type: .number),
    ]

    /// Adds what is missing.
    static func complete(_ fields: inout JSONObject, _ cause: DeliveryCause) {
        if fields["item"] == nil { fields["item"] = .string(cause.device.key) }
        if fields["quantity"] == nil, let value = cause.value { fields["quantity"] = .number(value) }
    }

    /// What the operation is about; nil when the fields do not tell.
    static func item(_ fields: JSONObject) -> String? {
        JSONPath("item")?.identifier(in: .object(fields))
    }

    /// The stock figure; nil when the fields do not tell.
    static func quantity(_ fields: JSONObject) -> Double? { fields["quantity"]?.double }
}

/// Makes deliveries of mappings and causes.
struct DeliveryMaker: Sendable {
    let states: StateTexts
    let identifiers: IdentifierSource
    /// The address of the evidence page of a delivery.
    let link: @Sendable (UUID) -> String

    /// Computes a delivery; a template that fails makes it dead.
    func delivery(
        _ document: MappingDocument,
        _ fields: Result<CompiledFields, InvalidInput>,
        _ cause: DeliveryCause
    )
        -> DeliveryDraft
    {
        let mapping = document.mapping
        let id = identifiers.next()
        let key = cause.idempotencyKey(document)
        let names = cause.names(connector: document.connectorKey, idempotencyKey: key, link: link(id))
        var (values, issues) = Self.evaluate(fields, names)
        var item: String?
        if mapping.definition.operation == .stockSet {
            StockFields.complete(&values, cause)
            item = StockFields.item(values)
            issues += Self.stockIssues(values)
        }
        let failure = issues.isEmpty ? nil : issues.map { "\($0.pointer): \($0.detail)" }.joined(separator: " ")
        return DeliveryDraft(
            id: id,
            idempotencyKey: key,
            mapping: mapping,
            alarmID: cause.alarm?.alarmID,
            deviceID: cause.device.id,
            assetID: cause.alarm?.assetID ?? cause.device.assetID,
            readingTimestamp: cause.timestamp,
            readingReceivedAt: cause.receivedAt,
            fields: values,
            item: item,
            failure: failure
        )
    }

    static func evaluate(
        _ fields: Result<CompiledFields, InvalidInput>,
        _ names: MappingValues
    ) -> (fields: JSONObject, issues: [InputIssue]) {
        switch fields {
        case .success(let compiled): compiled.evaluate(names)
        case .failure(let error): ([:], error.issues)
        }
    }

    static func stockIssues(_ fields: JSONObject) -> [InputIssue] {
        var issues: [InputIssue] = []
        if StockFields.item(fields) == nil {
            issues.append(
                InputIssue(
                    pointer: "/fields/item",
                    code: "no-value",
                    detail: "The item must be a text of 1 to \(JSONPath.maximumIdentifierLength) characters."
                )
            )
        }
        if StockFields.quantity(fields) == nil {
            issues.append(
                InputIssue(pointer: "/fields/quantity", code: "no-value", detail: "The quantity must be a number.")
            )
        }
        return issues
    }
}
