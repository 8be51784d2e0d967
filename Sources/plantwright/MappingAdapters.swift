import Alarms
import Assets
import ERP
import PostgreSQL
import Primitives
import Telemetry

/// Lets mappings on metrics take part in every batch.
struct MappingParticipant: BatchParticipant {
    let engine: MappingEngine

    func process(_ batch: StoredBatch, in transaction: Transaction) async throws -> @Sendable () -> Void {
        try await engine.observe(readings: batch.readings, plant: batch.plant, in: transaction)
    }

    func reset() async throws { engine.invalidate() }
}

extension AlarmTrigger {
    /// What mappings need to know of a raised alarm.
    init(_ alarm: RaisedAlarm) {
        self.init(
            alarmID: alarm.id,
            ruleID: alarm.rule.id,
            ruleKey: alarm.rule.key,
            ruleName: alarm.rule.name,
            severity: alarm.rule.severity.rawValue,
            raisedAt: alarm.raisedAt,
            receivedAt: alarm.receivedAt,
            deviceID: alarm.deviceID,
            assetID: alarm.assetID,
            values: alarm.reading.values
        )
    }
}

extension AlarmReturn {
    /// The alarms of a batch that readings ended, with those readings.
    static func all(of cleared: [ClearedAlarm], _ readings: [Reading]) -> [AlarmReturn] {
        struct Place: Hashable {
            var deviceID: Int32
            var time: Timestamp
        }
        let ends = cleared.filter { $0.reason == .condition }
        if ends.isEmpty { return [] }
        let places = Set(ends.map { Place(deviceID: $0.deviceID, time: $0.clearedAt) })
        var found: [Place: Reading] = [:]
        for reading in readings {
            let place = Place(deviceID: reading.deviceID, time: reading.timestamp)
            if places.contains(place) { found[place] = reading }
        }
        return ends.compactMap { end in
            found[Place(deviceID: end.deviceID, time: end.clearedAt)].map { reading in
                AlarmReturn(
                    alarmID: end.id,
                    ruleID: end.ruleID,
                    clearedAt: end.clearedAt,
                    receivedAt: reading.receivedAt,
                    values: reading.values
                )
            }
        }
    }
}

/// What dry runs of mappings read.
struct StoredHistory: DryRunHistory {
    let alarms: AlarmStore
    let readings: ReadingStore

    func alarms(
        ofRule ruleID: Int32,
        byEnd: Bool,
        from: Timestamp,
        to: Timestamp,
        _ body: ([PastAlarm]) async throws -> Void
    ) async throws {
        try await alarms.history(ofRule: ruleID, byEnd: byEnd, from: from, to: to) { portion in
            try await body(portion.map(PastAlarm.init))
        }
    }

    func readings(
        of device: Device,
        from: Timestamp,
        to: Timestamp,
        _ body: ([Reading]) async throws -> Void
    ) async throws {
        try await readings.stream(device: device, from: from, to: to, body)
    }
}

extension PastAlarm {
    /// What dry runs need to know of an alarm.
    init(_ alarm: Alarm) {
        self.init(
            id: alarm.id,
            deviceID: alarm.deviceID,
            assetID: alarm.assetID,
            severity: alarm.severity.rawValue,
            raisedAt: alarm.raisedAt,
            receivedAt: alarm.receivedAt,
            clearedAt: alarm.clearedAt
        )
    }
}
