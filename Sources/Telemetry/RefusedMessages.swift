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
            var rows = BinaryCopyEncoder()
            for message in quarantined {
                rows.beginRow(columns: 4)
                if case .identifier(let text) = message.sender { rows.append(text) } else { rows.append("") }
                append(message, to: &rows)
            }
            try await transaction.copyIn(
                table: "quarantined_message",
                columns: ["identifier", "topic", "payload", "received_at"],
                rows: rows
            )
        }
        if !rejected.isEmpty {
            var rows = BinaryCopyEncoder()
            for entry in rejected {
                rows.beginRow(columns: 6)
                rows.append(entry.device)
                rows.append(entry.rejection.reason.rawValue)
                rows.append(entry.rejection.detail)
                append(entry.message, to: &rows)
            }
            try await transaction.copyIn(
                table: "rejected_message",
                columns: ["device_id", "reason", "detail", "topic", "payload", "received_at"],
                rows: rows
            )
        }
    }

    private func append(_ message: TelemetryMessage, to rows: inout BinaryCopyEncoder) {
        rows.append(message.topic)
        rows.append(Array(message.payload.prefix(Self.maximumPayload)))
        rows.append(message.receivedAt)
    }
}
