import PostgreSQL
import Primitives

/// Messages of one batch that go to quarantine or to the rejected messages.
struct RefusedMessages: Sendable {
    /// How many of each kind are kept: the newest.
    static let limit: Int64 = 10_000
    /// After how many refused messages the tables are pruned.
    static let pruningStep = 1_000
    /// How much of a refused payload is kept, in bytes.
    static let maximumPayload = 65_536

    private struct Rejected {
        var device: Int32?
        var message: TelemetryMessage
        var rejection: Rejection
    }

    private var quarantined: [TelemetryMessage] = []
    private var rejected: [Rejected] = []

    /// How many messages there are.
    var count: Int { quarantined.count + rejected.count }

    mutating func quarantine(_ message: TelemetryMessage) {
        if message.keepsRejected { quarantined.append(message) }
    }

    mutating func reject(_ message: TelemetryMessage, device: Int32?, _ rejection: Rejection) {
        if message.keepsRejected { rejected.append(Rejected(device: device, message: message, rejection: rejection)) }
    }

    func insert(in transaction: Transaction) async throws {
        if !quarantined.isEmpty {
            let identifiers = quarantined.map { message in
                if case .identifier(let text) = message.sender { text } else { "" }
            }
            _ = try await transaction.execute(
                RefusedMessageQueries.quarantine(
                    identifiers: identifiers, topics: quarantined.map(\.topic),
                    payloads: quarantined.map { Array($0.payload.prefix(Self.maximumPayload)) },
                    receivedAt: quarantined.map(\.receivedAt)))
        }
        if !rejected.isEmpty {
            _ = try await transaction.execute(
                RefusedMessageQueries.reject(
                    devices: rejected.map(\.device), topics: rejected.map(\.message.topic),
                    payloads: rejected.map { Array($0.message.payload.prefix(Self.maximumPayload)) },
                    receivedAt: rejected.map(\.message.receivedAt),
                    reasons: rejected.map(\.rejection.reason.rawValue), details: rejected.map(\.rejection.detail)))
        }
    }
}
