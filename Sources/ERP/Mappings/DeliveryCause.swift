import Assets
import Foundation
import Primitives
import Secrets

/// Where causes come from: one reference in place of a device's many parts, for causes are made and copied by millions.
final class CauseOrigin: Sendable {
    let device: Device
    let plant: PlantSnapshot

    init(_ device: Device, in plant: PlantSnapshot) {
        self.device = device
        self.plant = plant
    }
}

/// The cause of a delivery, from which its fields and key are computed.
struct DeliveryCause: Sendable {
    var origin: CauseOrigin
    var values: MetricValues
    var timestamp: Timestamp
    var receivedAt: Timestamp
    var alarm: AlarmTrigger?
    /// The value of a metric trigger.
    var value: Double?
    /// The window that a metric was booked for, if it is.
    var window: MeterWindow?

    var device: Device { origin.device }
    var plant: PlantSnapshot { origin.plant }

    /// The asset that it is about: the one that the device had when the alarm was raised.
    var assetID: Int32? { alarm.map(\.assetID) ?? device.assetID }

    /// The delivery's key: of (mapping, rule, device, raisedAt), or of (mapping, device, metric, source time), or of
    /// (mapping, device, metric, window).
    func idempotencyKey(_ document: MappingDocument) -> String {
        if let alarm {
            let parts = [document.key, alarm.ruleKey, device.key, String(alarm.raisedAt.milliseconds)]
            return DeliveryKey.make(parts: alarm.clearedAt == nil ? parts : parts + [AlarmEvent.returned.rawValue])
        }
        let metric = document.mapping.definition.metric?.metric ?? ""
        guard let window else {
            return DeliveryKey.make(parts: [document.key, device.key, metric, String(timestamp.milliseconds)])
        }
        // The length tells the first hour of a day from the day, when the window of a mapping was changed.
        let length = (window.end.microseconds - window.start.microseconds) / 1_000
        return DeliveryKey.make(
            parts: [document.key, device.key, metric, String(window.start.milliseconds), String(length)]
        )
    }

    /// What the expressions of a mapping are computed from, as far as they use it.
    func names(
        _ document: MappingDocument,
        _ compiled: CompiledMapping,
        link: @autoclosure () -> String
    ) -> MappingValues {
        var names = MappingValues(reading: values)
        if let value { names.set(windowValue: value) }
        for name in compiled.usedNames {
            names[name] = name == .link ? link() : text(name, document)
        }
        compiled.translate(&names)
        return names
    }

    private func text(_ name: MappingName, _ document: MappingDocument) -> String? {
        switch name {
        case .deviceKey: device.key
        case .deviceName: device.name
        case .assetKey: plant.asset(of: device)?.key
        case .assetName: plant.asset(of: device)?.name
        case .assetEquipment: plant.equipment(of: device, connector: document.connectorKey)
        case .readingTimestamp: timestamp.rfc3339
        case .idempotencyKey: idempotencyKey(document)
        case .alarmID: alarm?.alarmID.uuidString.lowercased()
        case .alarmSeverity: alarm?.severity
        case .alarmRaisedAt: alarm?.raisedAt.rfc3339
        case .alarmClearedAt: alarm?.clearedAt?.rfc3339
        case .ruleKey: alarm?.ruleKey
        case .ruleName: alarm?.ruleName
        case .windowStart: window?.start.rfc3339
        case .windowEnd: window?.end.rfc3339
        case .windowValue, .link: nil
        }
    }
}
