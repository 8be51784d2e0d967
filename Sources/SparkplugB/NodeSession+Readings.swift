import Primitives

extension NodeSession {
    /// Turns a payload's metrics into readings, one per source time.
    ///
    /// - Returns: how many metrics no birth defined.
    @discardableResult
    func read(
        _ payload: SparkplugPayload,
        of device: String?,
        with table: MetricTable?,
        into outcome: inout NodeOutcome
    ) -> Int {
        var unknown = 0
        var places: [UInt64?: Int] = [:]
        let first = outcome.readings.count
        for metric in payload.metrics where !metric.isTransient {
            guard let definition = table?.definition(of: metric), let type = metric.dataType ?? definition.dataType
            else {
                unknown += 1
                continue
            }
            guard !Self.isControl(definition.name) else { continue }
            guard let value = metric.value(as: type) else {
                outcome.unreadableMetrics += 1
                continue
            }
            if value == .opaque { continue }
            let time = metric.time ?? payload.time
            let place = places[time] ?? outcome.readings.count
            if place == outcome.readings.count {
                places[time] = place
                outcome.readings.append(
                    NodeReading(device: device, timestamp: time.flatMap(Timestamp.init(sparkplug:)), fields: [])
                )
            }
            outcome.readings[place].fields.append(NodeField(name: definition.name, value: value))
            if metric.isHistorical { outcome.readings[place].isHistorical = true }
            if let quality = metric.quality, quality != 192 { outcome.readings[place].isDegraded = true }
        }
        outcome.unreadableMetrics += unknown
        // Rules see readings in the order of their times; a payload need not be in that order.
        outcome.readings[first...].sort { ($0.timestamp?.microseconds ?? .max) < ($1.timestamp?.microseconds ?? .max) }
        return unknown
    }

    /// Remembers what counts as current; history does not.
    mutating func note(_ payload: SparkplugPayload, of device: String?) {
        change(device) { subject in
            for metric in payload.metrics where !metric.isHistorical && !metric.isTransient {
                guard let definition = subject.table?.definition(of: metric),
                    let type = metric.dataType ?? definition.dataType,
                    let value = metric.value(as: type), value != .opaque
                else { continue }
                subject.values[definition.name] = value
            }
        }
    }

    /// Whether a metric is part of the protocol and measures nothing.
    public static func isControl(_ name: String) -> Bool {
        name == SparkplugPayload.birthDeathName || name.hasPrefix("Node Control/") || name.hasPrefix("Device Control/")
    }
}

extension Timestamp {
    /// Milliseconds since 1970-01-01 UTC, as Sparkplug tells times.
    ///
    /// - Returns: nil beyond the year 9999.
    public init?(sparkplug milliseconds: UInt64) {
        guard milliseconds < 253_402_300_800_000 else { return nil }
        self.init(milliseconds: Int64(milliseconds))
    }
}
