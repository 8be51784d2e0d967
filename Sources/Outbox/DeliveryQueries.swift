import Foundation
import PostgreSQL
import Primitives

/// The statements that read and retry deliveries.
///
/// A list is read in two steps: the identifiers of a page, each kind of list by the index that suits it, then the rows.
enum DeliveryQueries {
    /// A place in a list, and what is filtered.
    static func page(_ filter: DeliveryFilter, after cursor: OutboxCursor?, limit: Int) -> Statement<UUID> {
        switch filter.state {
        case .pending:
            page(
                "outbox.delivery.page-pending",
                "d.state IN ('held', 'waiting', 'leased', 'uncertain')",
                filter,
                cursor,
                limit
            )
        case .dead: page("outbox.delivery.page-dead", "d.state = 'dead'", filter, cursor, limit)
        case .held: page("outbox.delivery.page-held", "d.state = 'held'", filter, cursor, limit)
        case .delivered: page("outbox.delivery.page-delivered", "d.state = 'delivered'", filter, cursor, limit)
        case .superseded: page("outbox.delivery.page-superseded", "d.state = 'superseded'", filter, cursor, limit)
        case .dismissed: page("outbox.delivery.page-dismissed", "d.state = 'dismissed'", filter, cursor, limit)
        case nil: page("outbox.delivery.page-any", "true", filter, cursor, limit)
        }
    }

    private static func page(
        _ name: String,
        _ state: SQL.Part,
        _ filter: DeliveryFilter,
        _ cursor: OutboxCursor?,
        _ limit: Int
    ) -> Statement<UUID> {
        Statement(
            name,
            """
            SELECT d.id FROM delivery d JOIN connector c ON c.id = d.connector_id
            WHERE \(state)
                AND (\(cursor?.createdAt) IS NULL OR (d.created_at, d.id) < (\(cursor?.createdAt), \(cursor?.id)))
                AND (\(filter.connector) IS NULL OR c.key = \(filter.connector))
                AND (\(filter.device) IS NULL OR d.device_id = (SELECT v.id FROM device v WHERE v.key = \(filter.device)))
                AND (\(filter.alarmID) IS NULL OR d.alarm_id = \(filter.alarmID))
                AND (\(filter.operation) IS NULL OR d.operation = \(filter.operation))
            ORDER BY d.created_at DESC, d.id DESC LIMIT \(Int64(limit))
            """
        ) { row throws(PostgresError) in try row.uuid(0) }
    }

    /// Whole rows, newest first.
    static func rows(_ ids: [UUID]) -> Statement<DeliveryRecord> {
        Statement(
            "outbox.delivery.rows",
            """
            SELECT d.id, d.idempotency_key, m.key, m.name, d.mapping_revision, c.key, c.name, d.operation, d.state,
                d.reason, d.detail, d.attempts, d.created_at,
                CASE WHEN d.finished_at IS NULL THEN d.next_attempt_at END, d.finished_at, d.external_id, d.alarm_id,
                v.key, v.name, a.key, a.name, d.fields, d.reading_ts, d.reading_received_at, d.note, d.target_id,
                d.attached_to, d.target
            FROM delivery d JOIN mapping m ON m.id = d.mapping_id JOIN connector c ON c.id = d.connector_id
                LEFT JOIN device v ON v.id = d.device_id LEFT JOIN asset a ON a.id = d.asset_id
            WHERE d.id = ANY(\(ids)) ORDER BY d.created_at DESC, d.id DESC
            """
        ) { row throws(PostgresError) in
            DeliveryRecord(
                id: try row.uuid(0),
                idempotencyKey: try row.string(1),
                mapping: try row.resource(2, 3),
                mappingRevision: try row.int32(4),
                connector: try row.resource(5, 6),
                operation: try row.string(7),
                state: try row.enumeration(8),
                reason: try row.optionalString(9),
                detail: try row.optionalString(10),
                attempts: Int(try row.int32(11)),
                createdAt: try row.timestamp(12),
                nextAttemptAt: try row.optionalTimestamp(13),
                finishedAt: try row.optionalTimestamp(14),
                externalID: try row.optionalString(15),
                alarmID: try row.optionalUUID(16),
                device: try row.optionalResource(17, 18),
                asset: try row.optionalResource(19, 20),
                fields: try row.json(21).object ?? JSONObject(),
                readingTimestamp: try row.timestamp(22),
                readingReceivedAt: try row.timestamp(23),
                note: try row.optionalString(24),
                targetID: try row.optionalUUID(25),
                attachedTo: try row.optionalUUID(26),
                target: try row.optionalString(27)
            )
        }
    }

    /// The delivery of the picture that goes to an order.
    static func picture(ofOrder id: UUID) -> Statement<UUID> {
        Statement(
            "outbox.delivery.picture",
            """
            SELECT id FROM delivery WHERE target_id = \(id) AND operation = 'work-order.attach'
            ORDER BY created_at, id LIMIT 1
            """
        ) { row throws(PostgresError) in try row.uuid(0) }
    }

    /// The newest deliveries of each of some alarms; a picture is no order of its own.
    static func ofAlarms(_ alarms: [UUID], limit: Int) -> Statement<AlarmDelivery> {
        Statement(
            "outbox.delivery.of-alarms",
            """
            SELECT a.id, d.id, d.state, d.external_id
            FROM unnest(\(alarms)) AS a (id) CROSS JOIN LATERAL (
                SELECT o.id, o.state, o.external_id, o.created_at FROM delivery o
                WHERE o.alarm_id = a.id AND o.operation <> 'work-order.attach'
                ORDER BY o.created_at DESC, o.id DESC LIMIT \(Int64(limit))) AS d
            ORDER BY d.created_at DESC, d.id DESC
            """
        ) { row throws(PostgresError) in
            AlarmDelivery(
                alarmID: try row.uuid(0),
                id: try row.uuid(1),
                state: try row.enumeration(2),
                externalID: try row.optionalString(3)
            )
        }
    }

    /// The calls of a delivery, in order.
    static func timeline(_ id: UUID) -> Statement<AttemptRecord> {
        Statement(
            "outbox.delivery.timeline",
            """
            SELECT number, purpose, started_at, ended_at, outcome, request, status, response, exchanges, note
            FROM delivery_attempt WHERE delivery_id = \(id) ORDER BY number
            """
        ) { row throws(PostgresError) in
            AttemptRecord(
                number: Int(try row.int32(0)),
                purpose: try row.enumeration(1),
                startedAt: try row.timestamp(2),
                endedAt: try row.optionalTimestamp(3),
                outcome: try row.optionalString(4),
                request: try row.optionalString(5),
                status: try row.optionalInt32(6).map(Int.init),
                response: try row.optionalString(7),
                earlier: try row.optionalJSON(8)?.array ?? [],
                note: try row.optionalString(9)
            )
        }
    }

    /// Tells the dispatchers, once the transaction is committed.
    static func notify() -> Statement<Void> {
        Statement("outbox.notify", "SELECT pg_notify(\(Dispatcher.channel), '')")
    }

    static func counts() -> Statement<OutboxCounts> {
        Statement(
            "outbox.counts",
            """
            SELECT (SELECT count(*) FROM delivery WHERE state IN ('held', 'waiting', 'leased', 'uncertain')),
                (SELECT count(*) FROM delivery WHERE state = 'dead'),
                (SELECT count(*) FROM work_order WHERE phase IN ('open', 'in-progress'))
            """
        ) { row throws(PostgresError) in
            OutboxCounts(waiting: try row.int(0), dead: try row.int(1), openOrders: try row.int(2))
        }
    }

    static let all: [AnyStatement] = {
        let id = LeasedDelivery.arbitrary.id
        return [
            AnyStatement(rows([])), AnyStatement(picture(ofOrder: id)), AnyStatement(ofAlarms([], limit: 1)),
            AnyStatement(timeline(id)),
            AnyStatement(notify()), AnyStatement(counts()),
        ]
            + ([nil] + DeliveryFilterState.allCases).map {
                AnyStatement(page(DeliveryFilter(state: $0), after: nil, limit: 1))
            }
    }()
}

extension ResultRow {
    /// Reads a key and a name.
    func resource(_ key: Int, _ name: Int) throws(PostgresError) -> NamedResource {
        NamedResource(key: try string(key), name: try string(name))
    }

    /// Reads a key and a name that may be NULL.
    func optionalResource(_ key: Int, _ name: Int) throws(PostgresError) -> NamedResource? {
        guard let keyText = try optionalString(key), let nameText = try optionalString(name) else { return nil }
        return NamedResource(key: keyText, name: nameText)
    }
}
