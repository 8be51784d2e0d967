import Assets
import Decoders
import Primitives

/// Turns the messages of one batch into readings, the refused messages and one fate per message.
struct BatchDecoding {
    /// A reading and where it came from.
    struct Row {
        var reading: Reading
        /// The message's place in the batch.
        var message: Int
        /// Whether the payload told its time; without one it has no identity.
        var isTimed: Bool
    }

    let plant: PlantSnapshot
    let states: StateTexts
    /// What the messages say, in their order.
    private(set) var rows: [Row] = []
    private(set) var refused = RefusedMessages()
    /// What is known of each message before the store is asked.
    private(set) var fates: [MessageFate] = []
    private(set) var ignoredKeys = 0
    /// How many messages of each device were refused.
    private(set) var rejectedByDevice: [Int32: Int32] = [:]
    private var decoders: [Int32: ProfileDecoder] = [:]
    private var found: [NativeDecoder.DecodedReading] = []
    private let sources: SourceBatch?

    /// The two readers of one profile's payloads.
    private struct ProfileDecoder {
        var scanner: NativeScanner
        let decoder: NativeDecoder
    }

    init(plant: PlantSnapshot, states: StateTexts, sources: SourceBatch? = nil) {
        self.plant = plant
        self.states = states
        self.sources = sources
    }

    /// Decodes messages in order.
    ///
    /// `register` gives codes to state texts that are new.
    mutating func decode(
        _ messages: [TelemetryMessage],
        register: ([String]) async throws -> Void
    ) async throws {
        fates.reserveCapacity(messages.count)
        rows.reserveCapacity(messages.count)
        let codes = states.codes
        for message in messages {
            let target: IngestTarget?
            switch message.sender {
            case .identifier(let identifier):
                target = plant.target(identifier: identifier)
                if target == nil { refused.quarantine(message, identifier: identifier) }
            case .device(let id): target = plant.target(device: id)
            case .source(let known):
                let route = sources?.current(known, topic: message.topic) ?? known
                var message = message
                message.sender = .source(route)
                let result = try await sources?.decode(message, route, register: register)
                take(result ?? .failure(SourceRefusal(rejection: .noSource)), from: message)
                continue
            }
            guard let target else {
                fates.append(.quarantined)
                continue
            }
            if !scan(message, target, codes) { try await decodeCarefully(message, target, register) }
        }
    }

    /// Tries the hot path.
    private mutating func scan(_ message: TelemetryMessage, _ target: IngestTarget, _ codes: [String: Int32]) -> Bool {
        if decoders[target.profileID] == nil {
            guard let profile = plant.profiles[target.profileID] else { return false }
            decoders[target.profileID] = ProfileDecoder(
                scanner: NativeScanner(profile: profile, stateCodes: codes),
                decoder: NativeDecoder(profile: profile, states: states)
            )
        }
        guard
            let ignored = decoders[target.profileID]?.scanner.scan(
                message.payload,
                receivedAt: message.receivedAt,
                into: &found
            )
        else { return false }
        ignoredKeys += ignored
        add(from: message, target)
        return true
    }

    /// Decodes what the hot path left over.
    private mutating func decodeCarefully(
        _ message: TelemetryMessage,
        _ target: IngestTarget,
        _ register: ([String]) async throws -> Void
    ) async throws {
        var failure: (any Error)?
        do throws(Rejection) {
            var result = try decode(message, target)
            if !result.unknownTexts.isEmpty {
                if states.count + result.unknownTexts.count > StateTexts.limit {
                    throw Rejection(
                        .tooManyStates,
                        "There are more than \(StateTexts.limit) different state texts."
                    )
                }
                do { try await register(Array(result.unknownTexts)) } catch { failure = error }
                if failure == nil { result = try decode(message, target) }
            }
            ignoredKeys += result.ignoredKeys
            found = result.readings
            add(from: message, target)
        } catch {
            reject(message, device: target.deviceID, error)
        }
        if let failure { throw failure }
    }

    private func decode(
        _ message: TelemetryMessage,
        _ target: IngestTarget
    ) throws(Rejection) -> NativeDecoder.Result {
        guard let decoder = decoders[target.profileID]?.decoder else {
            throw Rejection(.badShape, "The device has no profile.")
        }
        return try decoder.decode(message.payload, receivedAt: message.receivedAt)
    }

    private mutating func reject(_ message: TelemetryMessage, device: Int32?, _ rejection: Rejection) {
        refused.reject(message, device: device, rejection)
        fates.append(.rejected(rejection))
        if let device { rejectedByDevice[device, default: 0] += 1 }
    }

    /// Takes what a source's message holds: readings into the plan, unknown devices into quarantine.
    private mutating func take(_ result: Result<SourceContents, SourceRefusal>, from message: TelemetryMessage) {
        switch result {
        case .failure(let refusal): reject(message, device: refusal.deviceID, refusal.rejection)
        case .success(let contents):
            message.trace?.note(contents.trace)
            for name in contents.unknown { refused.quarantine(message, identifier: name) }
            ignoredKeys += contents.ignoredKeys
            for found in contents.readings {
                add(found.timestamp, found.values, of: found.deviceID, quality: found.quality, from: message)
            }
            let isUnknown = contents.readings.isEmpty && !contents.unknown.isEmpty
            fates.append(isUnknown ? .quarantined : .accepted(ReadingCounts()))
        }
    }

    /// Takes over what was found in a message.
    private mutating func add(from message: TelemetryMessage, _ target: IngestTarget) {
        for decoded in found { add(decoded.timestamp, decoded.values, of: target.deviceID, from: message) }
        found.removeAll(keepingCapacity: true)
        fates.append(.accepted(ReadingCounts()))
    }

    private mutating func add(
        _ timestamp: Timestamp?,
        _ values: MetricValues,
        of device: Int32,
        quality: Int16 = 0,
        from message: TelemetryMessage
    ) {
        rows.append(
            Row(
                reading: Reading(
                    deviceID: device,
                    timestamp: timestamp ?? message.receivedAt,
                    receivedAt: message.receivedAt,
                    quality: quality | (timestamp == nil ? 1 : 0),
                    values: values
                ),
                message: fates.count,
                isTimed: timestamp != nil
            )
        )
    }
}
