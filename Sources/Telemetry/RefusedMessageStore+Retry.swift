import Assets
import Decoders
import PostgreSQL
import Primitives

/// What came of retrying many refused messages.
public struct RetrySummary: Hashable, Sendable {
    /// How many were tried.
    public var retried = 0
    /// How many were accepted or went to quarantine, and are no longer listed.
    public var accepted = 0
    /// How many were refused again.
    public var rejected = 0
}

extension RefusedMessageStore {
    /// How many refused messages are retried in one transaction.
    private static let portion: Int64 = 200

    /// Tries a refused message again, with the decoder as it is now.
    ///
    /// Accepted, it is no longer listed; refused again, it stays with the new reason.
    ///
    /// - Returns: what became of it.
    /// - Throws: `ResourceFailure` when there is no such message; failures of the database.
    public func retry(id: Int64) async throws -> MessageFate {
        while true {
            guard let message = try await pool.first(RefusedListQueries.rejected(id: id)) else {
                throw ResourceFailure.notFound("rejected message \(id)")
            }
            do {
                return try await retry([message]).first ?? .accepted(ReadingCounts())
            } catch is KeptRows.SettledMeanwhile {
                continue
            }
        }
    }

    /// Tries all refused messages again, those of a source or a device if one is given, in the order in which they
    /// came.
    public func retryAll(source: Int32? = nil, device: Int32? = nil) async throws -> RetrySummary {
        var summary = RetrySummary()
        let newest = try await pool.first(RefusedListQueries.newestRejected()) ?? 0
        var last: Int64 = 0
        while true {
            let messages = try await pool.query(
                RefusedListQueries.rejected(
                    after: last,
                    upTo: newest,
                    source: source,
                    device: device,
                    limit: Self.portion
                )
            )
            guard let end = messages.last else { return summary }
            do {
                for fate in try await retry(messages) {
                    summary.retried += 1
                    if case .rejected = fate { summary.rejected += 1 } else { summary.accepted += 1 }
                }
                last = end.id
            } catch is KeptRows.SettledMeanwhile {
                // Somebody else settled one of them: see what is left.
                continue
            }
        }
    }

    /// Forgets a refused message.
    ///
    /// - Throws: `ResourceFailure` when there is no such message.
    public func dismissRejected(id: Int64) async throws {
        guard try await pool.execute(RefusedListQueries.dismissRejected(ids: [id])) > 0 else {
            throw ResourceFailure.notFound("rejected message \(id)")
        }
    }

    /// Writes messages again; rows of those that are accepted go in the same transaction.
    private func retry(_ messages: [RejectedMessage]) async throws -> [MessageFate] {
        let whole = messages.filter { !$0.isCut }
        var fates = try await writer.writeAgain(whole.map(message)).makeIterator()
        var result: [MessageFate] = []
        for message in messages {
            let fate = message.isCut ? .rejected(Self.cut) : fates.next() ?? .rejected(Self.cut)
            if case .rejected(let rejection) = fate {
                try await pool.execute(
                    RefusedListQueries.refuseAgain(
                        id: message.id,
                        source: writer.sources?.sourceID(ofTopic: message.topic),
                        device: message.deviceID,
                        reason: rejection.reason.rawValue,
                        detail: rejection.detail
                    )
                )
            }
            result.append(fate)
        }
        return result
    }

    private func message(_ rejected: RejectedMessage) -> TelemetryMessage {
        var message = TelemetryMessage(
            sender: sender(of: rejected),
            topic: rejected.topic,
            payload: rejected.payload,
            receivedAt: rejected.receivedAt,
            keepsRejected: false
        )
        message.kept = .rejected(rejected.id)
        return message
    }

    /// The source that would take the message now; for a part of a message the source that it came through.
    private func sender(of rejected: RejectedMessage) -> TelemetryMessage.Sender {
        if let identifier = TelemetryMessage.identifier(inTopic: rejected.topic), rejected.sourceID == nil {
            return .identifier(identifier)
        }
        let source = writer.sources?.sourceID(ofTopic: rejected.topic) ?? rejected.sourceID
        return .source(
            SourceRoute(
                sourceID: rejected.identifier == nil ? source : rejected.sourceID ?? source,
                only: rejected.identifier,
                isReplay: true
            )
        )
    }

    private static let cut = Rejection(
        .tooLarge,
        "Only the first \(RefusedMessages.maximumPayload) bytes of this message were kept; it cannot be retried."
    )
}

extension RejectedMessage {
    /// Whether the message was longer than what is kept.
    fileprivate var isCut: Bool { payload.count >= RefusedMessages.maximumPayload }
}
