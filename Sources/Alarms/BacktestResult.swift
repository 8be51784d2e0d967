import Assets
import Primitives

/// What a rule would have done.
public struct BacktestResult: Hashable, Sendable {
    /// An alarm that would have been raised.
    public struct Occurrence: Hashable, Sendable {
        /// The device.
        public var deviceID: Int32
        /// Source time of the reading that would have raised it.
        public var raisedAt: Timestamp
        /// Source time of the reading that would have cleared it; nil when it was open at the end.
        public var clearedAt: Timestamp?
    }

    /// Counts of one device.
    public struct DeviceCounts: Hashable, Sendable {
        /// Readings evaluated.
        public var readings = 0
        /// Alarms that would have been raised.
        public var alarms = 0
    }

    /// The first alarms, up to the limit.
    public private(set) var occurrences: [Occurrence] = []
    /// Counts by device; a device without readings is absent.
    public private(set) var devices: [Int32: DeviceCounts] = [:]

    /// Readings evaluated.
    public var readings: Int { devices.values.reduce(0) { $0 + $1.readings } }
    /// All alarms, those beyond the limit included.
    public var alarms: Int { devices.values.reduce(0) { $0 + $1.alarms } }
    /// Whether there are more alarms than are listed.
    public var isTruncated: Bool { alarms > occurrences.count }

    mutating func scan(_ device: Int32) {
        devices[device, default: DeviceCounts()].readings += 1
    }

    /// Notes an alarm.
    ///
    /// - Returns: its place in the list; nil beyond the limit.
    mutating func raise(_ device: Int32, at time: Timestamp, limit: Int) -> Int? {
        devices[device, default: DeviceCounts()].alarms += 1
        guard occurrences.count < limit else { return nil }
        occurrences.append(Occurrence(deviceID: device, raisedAt: time))
        return occurrences.count - 1
    }

    mutating func clear(_ index: Int, at time: Timestamp) {
        occurrences[index].clearedAt = time
    }

    /// The API's form.
    public func json(in plant: PlantSnapshot) -> JSONValue {
        let sorted = occurrences.sorted { ($0.raisedAt, $0.deviceID) < ($1.raisedAt, $1.deviceID) }
        let perDevice = devices.sorted { plant.devices[$0.key]?.key ?? "" < plant.devices[$1.key]?.key ?? "" }
        return [
            "readings": .integer(Int64(readings)),
            "alarmCount": .integer(Int64(alarms)),
            "truncated": .bool(isTruncated),
            "alarms": .array(
                sorted.map { occurrence in
                    [
                        "device": .optional(plant.devices[occurrence.deviceID]?.key),
                        "raisedAt": .string(occurrence.raisedAt.rfc3339),
                        "clearedAt": .optional(occurrence.clearedAt),
                        "durationSeconds": .optional(occurrence.clearedAt?.seconds(since: occurrence.raisedAt)),
                    ]
                }
            ),
            "devices": .array(
                perDevice.map { id, counts in
                    [
                        "device": .optional(plant.devices[id]?.key), "readings": .integer(Int64(counts.readings)),
                        "alarms": .integer(Int64(counts.alarms)),
                    ]
                }
            ),
        ]
    }
}
