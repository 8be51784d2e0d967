import Assets
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

    /// The two readers of one profile's payloads.
    private struct ProfileDecoder {
        var scanner: NativeScanner
        let decoder: NativeDecoder
    }

    init(plant: PlantSnapshot, states: StateTexts) {
        self.plant = plant
        self.states = states
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
            guard let target = target(of: message) else {
                refused.quarantine(message)
                fates.append(.quarantined)
                continue
            }
            if !scan(message, target, codes) { try await decodeCarefully(message, target, register) }
        }
    }

    private func target(of message: TelemetryMessage) -> IngestTarget? {
        switch message.sender {
        case .identifier(let identifier): plant.target(identifier: identifier)
        case .device(let id): plant.target(device: id)
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
            refused.reject(message, device: target.deviceID, error)
            fates.append(.rejected(error))
            rejectedByDevice[target.deviceID, default: 0] += 1
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

    /// Takes over what was found in a message.
    private mutating func add(from message: TelemetryMessage, _ target: IngestTarget) {
        for decoded in found {
            rows.append(
                Row(
                    reading: Reading(
                        deviceID: target.deviceID,
                        timestamp: decoded.timestamp ?? message.receivedAt,
                        receivedAt: message.receivedAt,
                        quality: decoded.timestamp == nil ? 1 : 0,
                        values: decoded.values
                    ),
                    message: fates.count,
                    isTimed: decoded.timestamp != nil
                )
            )
        }
        found.removeAll(keepingCapacity: true)
        fates.append(.accepted(ReadingCounts()))
    }
}
