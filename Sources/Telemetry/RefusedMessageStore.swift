import Assets
import PostgreSQL
import Primitives

/// Messages of one unknown identifier.
public struct QuarantinedSender: Sendable {
    /// The name on the wire.
    public var identifier: String
    /// How many messages are kept.
    public var messages: Int64
    /// The newest kept message's number; the list's cursor.
    public var newestID: Int64
    /// When the oldest kept message came.
    public var firstSeen: Timestamp
    /// When the newest came.
    public var lastSeen: Timestamp
    /// The newest message's topic.
    public var topic: String
    /// The newest message's payload.
    public var payload: [UInt8]
    /// The source that the newest message came through; nil for the native format.
    public var sourceID: Int32?

    /// The API's form, with the key of the source.
    public func json(source: String?) -> JSONValue {
        [
            "source": .optional(source),
            "identifier": .string(identifier), "messages": .integer(messages), "firstSeen": .string(firstSeen.rfc3339),
            "lastSeen": .string(lastSeen.rfc3339), "topic": .string(topic),
            "payload": .string(String(decoding: payload.prefix(4_096), as: UTF8.self)),
        ]
    }
}

/// A message that waits in quarantine.
struct KeptMessage: Sendable {
    var id: Int64
    var sourceID: Int32?
    var topic: String
    var payload: [UInt8]
    var receivedAt: Timestamp
}

/// A message that was refused.
public struct RejectedMessage: Sendable {
    /// Its number; the list's cursor.
    public var id: Int64
    /// Its device, when known.
    public var deviceID: Int32?
    /// The source it came through, when it is no native message.
    public var sourceID: Int32?
    /// The one device whose part of the message was refused; nil for the whole message.
    public var identifier: String?
    /// Its topic.
    public var topic: String
    /// Its payload, the first 64 KiB.
    public var payload: [UInt8]
    /// When it came.
    public var receivedAt: Timestamp
    /// Stable reason.
    public var reason: String
    /// The reason in a sentence.
    public var detail: String

    /// The API's form, with the key of the source.
    public func json(_ plant: PlantSnapshot, source: String?) -> JSONValue {
        [
            "id": .integer(id), "device": .optional(deviceID.flatMap { plant.devices[$0]?.key }),
            "source": .optional(source), "topic": .string(topic),
            "payload": .string(String(decoding: payload.prefix(4_096), as: UTF8.self)),
            "receivedAt": .string(receivedAt.rfc3339), "reason": .string(reason), "detail": .string(detail),
        ]
    }
}

/// Lists and settles messages that were not accepted.
public struct RefusedMessageStore: Sendable {
    let pool: PostgresPool
    let writer: IngestWriter

    /// Makes a store; adopted messages go through `writer`.
    public init(pool: PostgresPool, writer: IngestWriter) {
        self.pool = pool
        self.writer = writer
    }

    /// Unknown senders, the most recent first.
    public func quarantine(before: Int64?, limit: Int) async throws -> [QuarantinedSender] {
        try await pool.query(RefusedListQueries.quarantine(before: before, limit: Int64(limit)))
    }

    /// Refused messages, the most recent first.
    public func rejected(before: Int64?, limit: Int) async throws -> [RejectedMessage] {
        try await pool.query(RefusedListQueries.rejected(before: before, limit: Int64(limit)))
    }

    /// Forgets the kept messages of an identifier.
    ///
    /// - Returns: how many there were.
    public func dismiss(identifier: String) async throws -> Int {
        try await pool.execute(RefusedListQueries.dismiss(identifier: identifier, upTo: Int64.max))
    }

    /// How many kept messages are replayed in one transaction.
    private static let portion: Int64 = 500

    /// Replays what is kept of identifiers that now belong to a device, whoever made the device.
    public func replayAdopted(in plant: PlantSnapshot) async throws {
        for identifier in try await pool.query(RefusedListQueries.quarantinedIdentifiers())
        where plant.device(identifier: identifier) != nil {
            _ = try await replay(identifier: identifier)
        }
    }

    /// Replays the kept messages of an identifier that now belongs to a device, then forgets them.
    ///
    /// - Returns: their fates, in the order in which they had come.
    public func replay(identifier: String) async throws -> [MessageFate] {
        var fates: [MessageFate] = []
        while true {
            let kept = try await pool.query(RefusedListQueries.kept(identifier: identifier, limit: Self.portion))
            if kept.isEmpty { return fates }
            do {
                let portion = try await writer.writeAgain(kept.map { $0.message(of: identifier) })
                fates += portion
                // The device is gone and the messages are kept anew.
                if portion.contains(.quarantined) { return fates }
            } catch is KeptRows.SettledMeanwhile {
                // Somebody else replays at the same time: see what is left.
                continue
            }
        }
    }
}

extension KeptMessage {
    fileprivate func message(of identifier: String) -> TelemetryMessage {
        var message = TelemetryMessage(
            sender: sender(of: identifier),
            topic: topic,
            payload: payload,
            receivedAt: receivedAt
        )
        message.kept = .quarantined(id)
        return message
    }

    /// Who is meant when the message is replayed for a device: only that one, since the others have had their part.
    fileprivate func sender(of identifier: String) -> TelemetryMessage.Sender {
        guard let sourceID else { return .identifier(identifier) }
        return .source(SourceRoute(sourceID: sourceID, only: identifier, isReplay: true))
    }
}
