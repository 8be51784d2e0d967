import Decoders
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

    private struct Quarantined {
        var identifier: String
        var message: TelemetryMessage
    }

    private var quarantined: [Quarantined] = []
    private var rejected: [Rejected] = []

    /// How many messages there are.
    var count: Int { quarantined.count + rejected.count }

    /// Keeps a message for a device that is unknown; with several of those it is kept once for each.
    mutating func quarantine(_ message: TelemetryMessage, identifier: String) {
        if case .device = message.sender { return }
        quarantined.append(Quarantined(identifier: identifier, message: message))
    }

    mutating func reject(_ message: TelemetryMessage, device: Int32?, _ rejection: Rejection) {
        if message.keepsRejected { rejected.append(Rejected(device: device, message: message, rejection: rejection)) }
    }

    func insert(in transaction: Transaction) async throws {
        if !quarantined.isEmpty {
            var rows = BinaryCopyEncoder()
            for entry in quarantined {
                rows.beginRow(columns: 5)
                rows.append(entry.identifier)
                rows.append(entry.message.route?.sourceID)
                append(entry.message, to: &rows)
            }
            try await transaction.copyIn(
                table: "quarantined_message",
                columns: ["identifier", "source_id", "topic", "payload", "received_at"],
                rows: rows
            )
        }
        if !rejected.isEmpty {
            var rows = BinaryCopyEncoder()
            for entry in rejected {
                rows.beginRow(columns: 8)
                rows.append(entry.device)
                rows.append(entry.message.route?.sourceID)
                rows.append(entry.message.onlyIdentifier)
                rows.append(entry.rejection.reason.rawValue)
                rows.append(entry.rejection.detail)
                append(entry.message, to: &rows)
            }
            try await transaction.copyIn(
                table: "rejected_message",
                columns: [
                    "device_id", "source_id", "identifier", "reason", "detail", "topic", "payload", "received_at",
                ],
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

extension TelemetryMessage {
    /// How a source decodes it; nil for the native format.
    fileprivate var route: SourceRoute? {
        if case .source(let route) = sender { route } else { nil }
    }

    /// The one device that is meant, when it is not all that the message is about.
    fileprivate var onlyIdentifier: String? { route?.only }
}
