import Assets
import Decoders
import PostgreSQL
import Primitives

/// What a draft of a source makes of one payload; nothing is stored.
public struct SourcePreview: Sendable {
    /// A value of the payload, and what the source makes of it.
    public struct Value: Sendable {
        /// The field's path.
        public var path: String
        /// The payload's value.
        public var value: FieldValue
        /// The metric it goes to.
        public var metric: String?
        /// The metric's value; nil when there is none or the metric is not known yet.
        public var metricValue: FieldValue?
        /// Why the metric cannot have the value.
        public var problem: String?
    }

    /// One reading of the payload.
    public struct Reading: Sendable {
        /// The device's name on the wire; nil when it cannot be told.
        public var identifier: String?
        /// The device, when it is known.
        public var device: String?
        /// Its profile.
        public var profile: String?
        /// Source time; nil when the payload has none.
        public var timestamp: Timestamp?
        /// The values.
        public var values: [Value]
    }

    /// Most readings that are shown.
    public static let maximumReadings = 100
    /// Most values of a reading that are shown.
    public static let maximumValues = 500

    /// The readings, the first ``maximumReadings``.
    public private(set) var readings: [Reading] = []
    /// Why the payload would be refused; readings are shown nevertheless as far as they could be read.
    public private(set) var problem: Rejection?

    private let plant: PlantSnapshot
    private let definition: SourceDefinition

    /// Decodes a payload with a draft.
    ///
    /// - Parameters:
    ///   - definition: the draft.
    ///   - store: knows the decoders that keep state.
    ///   - plant: the devices and profiles.
    ///   - message: the message, its payload as it came.
    public init(_ definition: SourceDefinition, in store: SourceStore, plant: PlantSnapshot, message: SourceMessage) {
        self.plant = plant
        self.definition = definition
        let ready = store.ready(definition)
        var message = message
        do throws(DecodeFailure) {
            message.payload = try definition.compression.expand(message.payload)
            let samples =
                if let decoder = ready.decoder {
                    try decoder.decode(message.payload, topic: message.topic, receivedAt: message.receivedAt)
                } else {
                    try ready.stateful?.preview(message) ?? []
                }
            for sample in samples.prefix(Self.maximumReadings) { add(sample, message, ready) }
            if samples.isEmpty { problem = Rejection(.noValues, "There is no reading in the payload.") }
        } catch {
            problem = Rejection(error)
        }
    }

    private mutating func add(_ sample: Sample, _ message: SourceMessage, _ ready: ReadySource) {
        var reading = Reading(timestamp: sample.timestamp, values: [])
        do throws(DecodeFailure) {
            reading.identifier = try ready.identifier(of: sample, topic: message.topic)
        } catch {
            problem = problem ?? Rejection(error)
        }
        if let time = sample.timestamp {
            do throws(Rejection) {
                try SourceTime.check(time, receivedAt: message.receivedAt, pointer: sample.pointer)
            } catch {
                problem = problem ?? error
            }
        }
        let device = reading.identifier.flatMap { plant.device(identifier: $0) }
        let profile = device.flatMap { plant.profile(of: $0) }
        reading.device = device?.key
        reading.profile = profile?.key
        let map = profile.map { FieldMap(definition.fields, profile: $0) }
        for field in sample.fields.prefix(Self.maximumValues) {
            let targets = map?.targets(of: field.name) ?? []
            for target in targets { reading.values.append(value(of: field, for: target)) }
            if targets.isEmpty {
                let metric = map == nil ? definition.metric(ofPath: field.name) : nil
                reading.values.append(Value(path: field.name, value: field.value, metric: metric))
            }
        }
        if let profile, !reading.values.contains(where: { $0.metricValue != nil || $0.problem != nil }) {
            let detail = "None of the payload's values goes to a metric of the profile “\(profile.key)”."
            problem = problem ?? Rejection(.noValues, detail, pointer: sample.pointer)
        }
        readings.append(reading)
    }

    private mutating func value(of field: Field, for target: FieldTarget) -> Value {
        var value = Value(path: field.name, value: field.value, metric: target.metric.key)
        do throws(FieldTarget.Misfit) {
            let result = try target.value(for: field.value)
            value.metricValue = result == .absent ? nil : result
        } catch {
            value.problem = error.detail
            problem = problem ?? Rejection(.wrongType, "“\(field.name)”: \(error.detail)")
        }
        return value
    }

    /// The API's form.
    public var json: JSONValue {
        let readings = readings.map { reading -> JSONValue in
            [
                "identifier": .optional(reading.identifier), "device": .optional(reading.device),
                "profile": .optional(reading.profile), "ts": .optional(reading.timestamp),
                "fields": .array(
                    reading.values.map { value in
                        [
                            "path": .string(value.path), "value": value.value.json, "metric": .optional(value.metric),
                            "metricValue": value.metricValue?.json ?? .null, "problem": .optional(value.problem),
                        ]
                    }
                ),
            ]
        }
        let problem: JSONValue =
            self.problem.map { problem in
                [
                    "code": .string(problem.reason.rawValue), "detail": .string(problem.detail),
                    "pointer": .string(problem.pointer),
                ]
            } ?? .null
        return ["readings": .array(readings), "problem": problem]
    }
}

extension SourceDefinition {
    /// The metric that a path of the payload is meant for.
    fileprivate func metric(ofPath path: String) -> String? {
        fields.first { field in
            switch field.place {
            case .path(let known): known == path
            case .coordinates(let latitude, let longitude): latitude == path || longitude == path
            }
        }?.metric
    }
}
