import Assets
import Primitives

/// Turns the messages of one batch into a ``BatchPlan``, the refused messages and one fate per message.
struct BatchDecoding {
    let plant: PlantSnapshot
    let states: StateTexts
    private(set) var plan: BatchPlan
    private(set) var refused = RefusedMessages()
    private(set) var fates: [MessageFate] = []
    private(set) var ignoredKeys = 0
    private var decoders: [Int32: NativeDecoder] = [:]
    private let sources: SourceBatch?

    init(plant: PlantSnapshot, states: StateTexts, sources: SourceBatch? = nil) {
        self.plant = plant
        self.states = states
        self.sources = sources
        plan = BatchPlan(capacity: 2_048)
    }

    /// Decodes messages in order.
    ///
    /// `register` gives codes to state texts that are new.
    mutating func decode(
        _ messages: [TelemetryMessage],
        register: ([String]) async throws -> Void
    ) async throws {
        fates.reserveCapacity(messages.count)
        for message in messages {
            if case .source(let route) = message.sender {
                let result = try await sources?.decode(message, route, register: register)
                take(result ?? .failure(SourceRefusal(rejection: .noSource)), from: message, route)
                continue
            }
            guard let device = device(of: message) else {
                refused.quarantine(message, identifier: identifier(of: message))
                fates.append(.quarantined)
                continue
            }
            do throws(Rejection) {
                var result = try decoder(for: device).decode(message.payload, receivedAt: message.receivedAt)
                if !result.unknownTexts.isEmpty {
                    if states.count + result.unknownTexts.count > StateTexts.limit {
                        throw Rejection(
                            .tooManyStates,
                            "There are more than \(StateTexts.limit) different state texts."
                        )
                    }
                    let texts = Array(result.unknownTexts)
                    do { try await register(texts) } catch { registrationFailure = error }
                    if registrationFailure == nil {
                        result = try decoder(for: device).decode(message.payload, receivedAt: message.receivedAt)
                    }
                }
                fates.append(.accepted(add(result, from: message, device: device)))
            } catch {
                refused.reject(message, device: device.id, error)
                fates.append(.rejected(error))
            }
            if let registrationFailure { throw registrationFailure }
        }
    }

    /// A failure of the database while state texts were registered; ends the decoding.
    private var registrationFailure: (any Error)?

    private func device(of message: TelemetryMessage) -> Device? {
        switch message.sender {
        case .identifier(let identifier): plant.device(identifier: identifier)
        case .device(let id): plant.devices[id]
        case .source: nil
        }
    }

    /// Takes what a source's message holds: readings into the plan, unknown devices into quarantine.
    private mutating func take(
        _ result: Result<SourceContents, SourceRefusal>,
        from message: TelemetryMessage,
        _ route: SourceRoute
    ) {
        switch result {
        case .failure(let refusal):
            refused.reject(message, device: refusal.deviceID, refusal.rejection)
            fates.append(.rejected(refusal.rejection))
        case .success(let contents):
            message.trace?.note(contents.trace)
            for name in contents.unknown { refused.quarantine(message, identifier: name) }
            ignoredKeys += contents.ignoredKeys
            var counts = ReadingCounts()
            for found in contents.readings {
                add(found.timestamp, found.values, of: found.deviceID, from: message, counts: &counts)
            }
            let isUnknown = contents.readings.isEmpty && !contents.unknown.isEmpty
            fates.append(isUnknown ? .quarantined : .accepted(counts))
        }
    }

    private func identifier(of message: TelemetryMessage) -> String {
        if case .identifier(let text) = message.sender { text } else { "" }
    }

    private mutating func decoder(for device: Device) throws(Rejection) -> NativeDecoder {
        if let decoder = decoders[device.profileID] { return decoder }
        guard let profile = plant.profile(of: device) else {
            throw Rejection(.badShape, "The device has no profile.")
        }
        let decoder = NativeDecoder(profile: profile, states: states)
        decoders[device.profileID] = decoder
        return decoder
    }

    private mutating func add(
        _ result: NativeDecoder.Result,
        from message: TelemetryMessage,
        device: Device
    ) -> ReadingCounts {
        var counts = ReadingCounts()
        ignoredKeys += result.ignoredKeys
        for decoded in result.readings {
            add(decoded.timestamp, decoded.values, of: device.id, from: message, counts: &counts)
        }
        return counts
    }

    private mutating func add(
        _ timestamp: Timestamp?,
        _ values: MetricValues,
        of device: Int32,
        from message: TelemetryMessage,
        counts: inout ReadingCounts
    ) {
        let reading = Reading(
            deviceID: device,
            timestamp: timestamp ?? message.receivedAt,
            receivedAt: message.receivedAt,
            quality: timestamp == nil ? 1 : 0,
            values: values
        )
        if timestamp == nil {
            plan.addWithoutIdentity(reading, message: fates.count, counts: &counts)
        } else {
            plan.add(reading, message: fates.count, counts: &counts)
        }
    }

    /// Adds what the store said about a message's rows.
    mutating func add(_ counts: ReadingCounts, toMessage message: Int) {
        guard case .accepted(var known) = fates[message] else { return }
        known += counts
        fates[message] = .accepted(known)
    }
}
