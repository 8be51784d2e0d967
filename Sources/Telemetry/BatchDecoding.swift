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

    init(plant: PlantSnapshot, states: StateTexts) {
        self.plant = plant
        self.states = states
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
            guard let device = device(of: message) else {
                refused.quarantine(message)
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
        }
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
            let reading = Reading(
                deviceID: device.id,
                timestamp: decoded.timestamp ?? message.receivedAt,
                receivedAt: message.receivedAt,
                quality: decoded.timestamp == nil ? 1 : 0,
                values: decoded.values
            )
            if decoded.timestamp == nil {
                plan.addWithoutIdentity(reading, message: fates.count, counts: &counts)
            } else {
                plan.add(reading, message: fates.count, counts: &counts)
            }
        }
        return counts
    }

    /// Adds what the store said about a message's rows.
    mutating func add(_ counts: ReadingCounts, toMessage message: Int) {
        guard case .accepted(var known) = fates[message] else { return }
        known += counts
        fates[message] = .accepted(known)
    }
}
