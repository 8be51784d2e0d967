import Assets
import Primitives

/// The mappings that act, indexed by what makes them act, with what each remembers of its devices.
struct MappingSet: Sendable {
    /// A mapping and a device.
    struct Unit: Hashable, Sendable {
        var mappingID: Int32
        var deviceID: Int32
    }

    /// What a batch changes: computed without touching the marks it started from.
    struct MetricBatch: Sendable {
        /// The last mark of every unit that has a new one, with the revision of the mapping that it was made by.
        var marks: [Unit: (mark: MetricMark, document: MappingDocument)] = [:]
        /// What deliveries are to be made of, in order.
        var causes: [(course: MetricCourse, cause: DeliveryCause)] = []
    }

    private(set) var byRule: [Int32: [MappingDocument]] = [:]
    private(set) var byProfile: [Int32: [MappingDocument]] = [:]
    private var revisions: [Int32: Int32] = [:]
    private var marks: [Unit: MetricMark] = [:]

    init(_ documents: [MappingDocument], states: [MappingState]) {
        var metrics: [Int32: String] = [:]
        for document in documents {
            revisions[document.mapping.id] = document.revision
            switch document.mapping.definition.trigger {
            case .rule(let trigger): byRule[trigger.ruleID, default: []].append(document)
            case .metric(let trigger):
                byProfile[trigger.profileID, default: []].append(document)
                metrics[document.mapping.id] = trigger.metric
            }
        }
        for state in states {
            guard let metric = metrics[state.mappingID] else { continue }
            marks[Unit(mappingID: state.mappingID, deviceID: state.deviceID)] = MetricMark(
                value: state.value,
                timestamp: state.timestamp,
                state: state.state,
                metric: metric
            )
        }
    }

    /// Takes over what a committed batch remembers.
    ///
    /// - Returns: whether the mappings are still the same; if not, what is in the database must be read again.
    mutating func advance(_ batch: MetricBatch) -> Bool {
        for (unit, entry) in batch.marks {
            guard revisions[unit.mappingID] == entry.document.revision else { return false }
            marks[unit] = entry.mark
        }
        return true
    }

    /// What readings lead to, in order.
    func steps(
        _ readings: [Reading],
        plant: PlantSnapshot,
        compiled: (MappingDocument, Profile?) -> Result<CompiledMapping, InvalidInput>
    ) -> MetricBatch {
        var batch = MetricBatch()
        if byProfile.isEmpty { return batch }
        var courses: [Unit: MetricCourse] = [:]
        for reading in readings {
            guard let device = plant.devices[reading.deviceID], let documents = byProfile[device.profileID] else {
                continue
            }
            for document in documents {
                let unit = Unit(mappingID: document.mapping.id, deviceID: device.id)
                if courses[unit] == nil {
                    courses[unit] = MetricCourse(document, device, plant, compiled(document, plant.profile(of: device)))
                }
                guard let course = courses[unit] else { continue }
                let step = course.take(reading, after: batch.marks[unit]?.mark ?? marks[unit])
                if let mark = step.mark { batch.marks[unit] = (mark, document) }
                if let cause = step.cause { batch.causes.append((course, cause)) }
            }
        }
        return batch
    }
}
