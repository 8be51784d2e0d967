import Assets
import ERPConnectors
import Primitives

/// The mappings that act, indexed by what makes them act, with what was delivered last.
struct MappingSet: Sendable {
    /// A mapping and a device.
    struct Unit: Hashable, Sendable {
        var mappingID: Int32
        var deviceID: Int32
    }

    /// The last value that made a delivery.
    struct Mark: Hashable, Sendable {
        var value: Double
        var timestamp: Timestamp
    }

    private(set) var byRule: [Int32: [MappingDocument]] = [:]
    private(set) var byProfile: [Int32: [MappingDocument]] = [:]
    private var revisions: [Int32: Int32] = [:]
    var marks: [Unit: Mark] = [:]

    init(_ documents: [MappingDocument], states: [MappingState]) {
        for document in documents {
            revisions[document.mapping.id] = document.revision
            switch document.mapping.definition.trigger {
            case .rule(let id): byRule[id, default: []].append(document)
            case .metric(let trigger): byProfile[trigger.profileID, default: []].append(document)
            }
        }
        for state in states {
            marks[Unit(mappingID: state.mappingID, deviceID: state.deviceID)] = Mark(
                value: state.value,
                timestamp: state.timestamp
            )
        }
    }

    /// Takes over what a committed batch delivered, as far as the mappings are still the same.
    mutating func advance(_ steps: [MetricStep]) {
        for step in steps where revisions[step.document.mapping.id] == step.document.revision {
            marks[step.unit] = Mark(value: step.value, timestamp: step.reading.timestamp)
        }
    }

    /// The readings that make metric mappings act, in order.
    func steps(_ readings: [Reading], plant: PlantSnapshot) -> [MetricStep] {
        if byProfile.isEmpty { return [] }
        var steps: [MetricStep] = []
        var fresh: [Unit: Mark] = [:]
        for reading in readings {
            guard let device = plant.devices[reading.deviceID], let documents = byProfile[device.profileID] else {
                continue
            }
            for document in documents {
                guard let trigger = document.mapping.definition.metric,
                    let metric = plant.profile(of: device)?.metric(trigger.metric),
                    let value = reading.values[metric.ordinal]
                else { continue }
                let age = reading.receivedAt.seconds(since: reading.timestamp)
                if age > document.mapping.definition.maxAge.seconds { continue }
                let unit = Unit(mappingID: document.mapping.id, deviceID: device.id)
                guard trigger.fires(value, at: reading.timestamp, after: fresh[unit] ?? marks[unit]) else { continue }
                fresh[unit] = Mark(value: value, timestamp: reading.timestamp)
                steps.append(MetricStep(document: document, device: device, reading: reading, value: value))
            }
        }
        return steps
    }
}

/// A reading that makes a metric mapping act.
struct MetricStep: Sendable {
    var document: MappingDocument
    var device: Device
    var reading: Reading
    var value: Double

    var unit: MappingSet.Unit { MappingSet.Unit(mappingID: document.mapping.id, deviceID: device.id) }
}

extension MetricTrigger {
    /// Whether a value makes a delivery after the last one.
    ///
    /// Event time counts; late values never do.
    func fires(_ value: Double, at timestamp: Timestamp, after last: MappingSet.Mark?) -> Bool {
        guard let last else { return true }
        guard timestamp > last.timestamp,
            timestamp.microseconds - last.timestamp.microseconds >= minInterval.milliseconds * 1_000
        else { return false }
        guard let minChange else { return value != last.value }
        // A change of exactly the least one must not be lost to rounding.
        let slack = max(abs(value), abs(last.value), 1) * 1e-12
        return abs(value - last.value) + slack >= minChange
    }
}

extension ISODuration {
    /// The length in seconds.
    var seconds: Double { Double(milliseconds) / 1_000 }
}
