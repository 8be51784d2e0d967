import PostgreSQL
import Primitives

/// The statements that list messages that were not accepted.
enum RefusedListQueries {
    static func quarantine(before: Int64?, limit: Int64) -> Statement<QuarantinedSender> {
        Statement(
            "telemetry.quarantine.list",
            """
            SELECT identifier, count(*), max(id), min(received_at), max(received_at),
                (array_agg(topic ORDER BY id DESC))[1], (array_agg(payload ORDER BY id DESC))[1],
                (array_agg(source_id ORDER BY id DESC))[1]
            FROM quarantined_message GROUP BY identifier
            HAVING \(before)::bigint IS NULL OR max(id) < \(before)::bigint
            ORDER BY max(id) DESC LIMIT \(limit)
            """
        ) { row throws(PostgresError) in
            QuarantinedSender(
                identifier: try row.string(0),
                messages: try row.int64(1),
                newestID: try row.int64(2),
                firstSeen: try row.timestamp(3),
                lastSeen: try row.timestamp(4),
                topic: try row.string(5),
                payload: try row.bytes(6),
                sourceID: try row.optionalInt32(7)
            )
        }
    }

    static func kept(identifier: String, limit: Int64) -> Statement<KeptMessage> {
        Statement(
            "telemetry.quarantine.kept",
            """
            SELECT id, source_id, topic, payload, received_at FROM quarantined_message
            WHERE identifier = \(identifier) ORDER BY id LIMIT \(limit)
            """
        ) { row throws(PostgresError) in
            KeptMessage(
                id: try row.int64(0),
                sourceID: try row.optionalInt32(1),
                topic: try row.string(2),
                payload: try row.bytes(3),
                receivedAt: try row.timestamp(4)
            )
        }
    }

    /// Who has messages in quarantine.
    static func quarantinedIdentifiers() -> Statement<String> {
        Statement("telemetry.quarantine.identifiers", "SELECT DISTINCT identifier FROM quarantined_message") {
            row throws(PostgresError) in try row.string(0)
        }
    }

    static func dismiss(identifier: String, upTo id: Int64) -> Statement<Void> {
        Statement(
            "telemetry.quarantine.dismiss",
            "DELETE FROM quarantined_message WHERE identifier = \(identifier) AND id <= \(id)"
        )
    }

    static func dismissKept(ids: [Int64]) -> Statement<Void> {
        Statement("telemetry.quarantine.settle", "DELETE FROM quarantined_message WHERE id = ANY(\(ids))")
    }

    @Sendable static func decodeRejected(_ row: ResultRow) throws(PostgresError) -> RejectedMessage {
        RejectedMessage(
            id: try row.int64(0),
            deviceID: try row.optionalInt32(1),
            sourceID: try row.optionalInt32(2),
            identifier: try row.optionalString(3),
            topic: try row.string(4),
            payload: try row.bytes(5),
            receivedAt: try row.timestamp(6),
            reason: try row.string(7),
            detail: try row.string(8)
        )
    }

    static func rejected(before: Int64?, limit: Int64) -> Statement<RejectedMessage> {
        Statement(
            "telemetry.rejected.list",
            """
            SELECT id, device_id, source_id, identifier, topic, payload, received_at, reason, detail
            FROM rejected_message
            WHERE \(before)::bigint IS NULL OR id < \(before)::bigint ORDER BY id DESC LIMIT \(limit)
            """,
            row: decodeRejected
        )
    }

    static func rejected(id: Int64) -> Statement<RejectedMessage> {
        Statement(
            "telemetry.rejected.find",
            """
            SELECT id, device_id, source_id, identifier, topic, payload, received_at, reason, detail
            FROM rejected_message WHERE id = \(id)
            """,
            row: decodeRejected
        )
    }

    /// Refused messages in the order in which they came, of a source or a device if one is given.
    static func rejected(
        after id: Int64,
        upTo last: Int64,
        source: Int32?,
        device: Int32?,
        limit: Int64
    ) -> Statement<RejectedMessage> {
        Statement(
            "telemetry.rejected.replay",
            """
            SELECT id, device_id, source_id, identifier, topic, payload, received_at, reason, detail
            FROM rejected_message
            WHERE id > \(id) AND id <= \(last) AND (\(source)::integer IS NULL OR source_id = \(source)::integer)
                AND (\(device)::integer IS NULL OR device_id = \(device)::integer)
            ORDER BY id LIMIT \(limit)
            """,
            row: decodeRejected
        )
    }

    static func newestRejected() -> Statement<Int64> {
        Statement(
            "telemetry.rejected.newest",
            "SELECT coalesce(max(id), 0) FROM rejected_message"
        ) { row throws(PostgresError) in try row.int64(0) }
    }

    static func dismissRejected(ids: [Int64]) -> Statement<Void> {
        Statement("telemetry.rejected.dismiss", "DELETE FROM rejected_message WHERE id = ANY(\(ids))")
    }

    /// Notes why a message was refused again.
    static func refuseAgain(
        id: Int64,
        source: Int32?,
        device: Int32?,
        reason: String,
        detail: String
    ) -> Statement<Void> {
        Statement(
            "telemetry.rejected.refuse-again",
            """
            UPDATE rejected_message SET reason = \(reason), detail = \(detail),
                source_id = coalesce(\(source)::integer, source_id), device_id = coalesce(\(device)::integer, device_id)
            WHERE id = \(id)
            """
        )
    }

    /// Every statement, for the test that prepares them.
    static let statements: [AnyStatement] = [
        AnyStatement(quarantine(before: nil, limit: 1)), AnyStatement(quarantinedIdentifiers()),
        AnyStatement(kept(identifier: "", limit: 1)),
        AnyStatement(dismiss(identifier: "", upTo: 0)), AnyStatement(rejected(before: nil, limit: 1)),
        AnyStatement(rejected(id: 0)),
        AnyStatement(rejected(after: 0, upTo: 0, source: nil, device: nil, limit: 1)),
        AnyStatement(newestRejected()), AnyStatement(dismissRejected(ids: [])),
        AnyStatement(dismissKept(ids: [])),
        AnyStatement(refuseAgain(id: 0, source: nil, device: nil, reason: "", detail: "")),
    ]
}
