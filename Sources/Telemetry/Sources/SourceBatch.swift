import Assets
import Decoders
import PostgreSQL
import Primitives

/// What a source's message holds for the store.
struct SourceContents {
    /// Readings of known devices, in the message's order.
    struct DeviceReading {
        var deviceID: Int32
        /// Source time; nil when the payload has none.
        var timestamp: Timestamp?
        /// What the decoder says of all values; 0 is good.
        var quality: Int16
        var values: MetricValues
    }

    var readings: [DeviceReading] = []
    /// Names on the wire that belong to no device, each once.
    var unknown: [String] = []
    /// Fields that are no metric.
    var ignoredKeys = 0
    var trace = MessageTrace.Contents()
}

/// A message of a source that was refused, with the device when it is known.
struct SourceRefusal: Error {
    var rejection: Rejection
    var deviceID: Int32?
}

/// Decodes the messages of one batch that come from sources.
///
/// A message is taken whole or not at all: one value that does not fit refuses it. Devices that are unknown refuse
/// nothing; their samples wait in quarantine.
final class SourceBatch {
    private let snapshot: SourceSnapshot
    private let plant: PlantSnapshot
    private let states: StateTexts
    private let database: any PostgresSession
    private var stateful: [Int32: any StatefulDecoding] = [:]

    init(snapshot: SourceSnapshot, plant: PlantSnapshot, states: StateTexts, database: any PostgresSession) {
        self.snapshot = snapshot
        self.plant = plant
        self.states = states
        self.database = database
    }

    /// The route of a message by the sources that are in force now: a new message goes by its topic.
    func current(_ route: SourceRoute, topic: String) -> SourceRoute {
        if route.isReplay { return route }
        return SourceRoute(sourceID: snapshot.source(ofTopic: topic)?.source.id, only: route.only)
    }

    /// Decodes one message.
    ///
    /// - Parameters:
    ///   - message: the message.
    ///   - route: its source.
    ///   - register: gives codes to state texts that are new.
    /// - Returns: the contents, or why the message is refused.
    /// - Throws: failures of the database.
    func decode(
        _ message: TelemetryMessage,
        _ route: SourceRoute,
        register: ([String]) async throws -> Void
    ) async throws -> Result<SourceContents, SourceRefusal> {
        let ready = route.sourceID.map { snapshot.sources[$0] } ?? snapshot.source(ofTopic: message.topic)
        guard let ready else { return .failure(SourceRefusal(rejection: .noSource)) }
        let samples: [Sample]
        do {
            samples = try await self.samples(of: message, route, from: ready)
        } catch let failure as DecodeFailure {
            return .failure(SourceRefusal(rejection: Rejection(failure), deviceID: deviceByTopic(message, ready)))
        }
        do {
            let (contents, texts) = try map(samples, of: message, route, from: ready)
            if texts.isEmpty { return .success(contents) }
            guard states.count + texts.count <= StateTexts.limit else {
                throw SourceRefusal(
                    rejection: Rejection(
                        .tooManyStates,
                        "There are more than \(StateTexts.limit) different state texts."
                    )
                )
            }
            try await register(texts.sorted())
            return .success(try map(samples, of: message, route, from: ready).contents)
        } catch let refusal as SourceRefusal {
            return .failure(refusal)
        }
    }

    /// Writes what decoders with state have changed; the returned closures are called after COMMIT.
    func write(in transaction: Transaction) async throws -> [@Sendable () -> Void] {
        var apply: [@Sendable () -> Void] = []
        for id in stateful.keys.sorted() {
            // On a copy, because a transaction may be tried a second time.
            guard var decoding = stateful[id] else { continue }
            apply.append(try await decoding.write(in: transaction))
        }
        return apply
    }

    /// How many messages did not come of which numbers tell, by device.
    var sequenceGapsByDevice: [Int32: Int64] {
        var result: [Int32: Int64] = [:]
        for decoding in stateful.values {
            for (identifier, count) in decoding.sequenceGaps {
                if let target = plant.target(identifier: identifier) { result[target.deviceID, default: 0] += count }
            }
        }
        return result
    }

    private func samples(
        of message: TelemetryMessage,
        _ route: SourceRoute,
        from ready: ReadySource
    ) async throws -> [Sample] {
        let payload = try ready.source.definition.compression.expand(message.payload)
        if let decoder = ready.decoder {
            return try decoder.decode(payload, topic: message.topic, receivedAt: message.receivedAt)
        }
        guard let decoder = ready.stateful else { return [] }
        var decoding =
            if let begun = stateful[ready.source.id] {
                begun
            } else {
                try await decoder.begin(in: database)
            }
        defer { stateful[ready.source.id] = decoding }
        return try decoding.decode(
            SourceMessage(
                topic: message.topic,
                payload: payload,
                receivedAt: message.receivedAt,
                isReplay: route.isReplay
            )
        )
    }

    /// The device of a message that cannot be decoded, when the topic alone names it.
    private func deviceByTopic(_ message: TelemetryMessage, _ ready: ReadySource) -> Int32? {
        guard let name = try? ready.template?.identifier(of: Sample(), topic: message.topic) else { return nil }
        return plant.device(identifier: name)?.id
    }

    private func map(
        _ samples: [Sample],
        of message: TelemetryMessage,
        _ route: SourceRoute,
        from ready: ReadySource
    ) throws(SourceRefusal) -> (contents: SourceContents, unknownTexts: Set<String>) {
        var contents = SourceContents()
        var texts: Set<String> = []
        var seen: Set<String> = []
        var unknown: Set<String> = []
        var knownSamples = 0
        for sample in samples {
            let name: String
            do throws(DecodeFailure) {
                name = try ready.identifier(of: sample, topic: message.topic)
            } catch {
                throw SourceRefusal(rejection: Rejection(error))
            }
            if let only = route.only, name != only { continue }
            if seen.insert(name).inserted, seen.count <= MessageTrace.limit { contents.trace.identifiers.append(name) }
            guard let device = plant.device(identifier: name), let profile = plant.profile(of: device) else {
                if unknown.insert(name).inserted { contents.unknown.append(name) }
                continue
            }
            knownSamples += 1
            do throws(Rejection) {
                if let time = sample.timestamp {
                    try SourceTime.check(time, receivedAt: message.receivedAt, pointer: sample.pointer)
                }
                let outcome = try snapshot.map(of: ready.source, profile: profile).apply(sample, states: states)
                contents.ignoredKeys += outcome.ignored
                texts.formUnion(outcome.unknownTexts)
                if outcome.known > 0 {
                    contents.readings.append(
                        .init(
                            deviceID: device.id,
                            timestamp: sample.timestamp,
                            quality: sample.quality,
                            values: outcome.values
                        )
                    )
                }
            } catch {
                throw SourceRefusal(rejection: error, deviceID: device.id)
            }
        }
        contents.trace.unknown = Array(contents.unknown.prefix(MessageTrace.limit))
        contents.trace.readings = contents.readings.count
        if contents.readings.isEmpty, contents.unknown.isEmpty, ready.stateful == nil, route.only == nil {
            throw Self.noValues(samples, knownSamples, deviceByTopic(message, ready))
        }
        return (contents, texts)
    }

    private static func noValues(_ samples: [Sample], _ known: Int, _ device: Int32?) -> SourceRefusal {
        let names = samples.first?.fields.prefix(8).map { "“\($0.name)”" }.joined(separator: ", ") ?? ""
        let detail =
            known == 0 || names.isEmpty
            ? "There is no reading in the payload."
            : "None of the payload's values goes to a metric of the device's profile; it has \(names)."
        return SourceRefusal(rejection: Rejection(.noValues, detail), deviceID: device)
    }
}

/// The range of source times that are accepted: 2000-01-01 to one hour after receipt.
enum SourceTime {
    /// How far a source time may lie ahead, in seconds.
    static let maximumLead = 3_600.0

    static func check(_ time: Timestamp, receivedAt: Timestamp, pointer: String) throws(Rejection) {
        if time < .earliestAccepted {
            throw Rejection(
                .badTime,
                "The time is \(time.rfc3339), before 2000-01-01. Does the source's “timeFormat” fit?",
                pointer: pointer
            )
        }
        if time.seconds(since: receivedAt) > maximumLead {
            throw Rejection(
                .badTime,
                "The time is \(time.rfc3339), more than an hour in the future. Is the device's clock right, and does "
                    + "the source's “timeFormat” fit?",
                pointer: pointer
            )
        }
    }
}
