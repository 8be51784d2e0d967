import Foundation
import PostgreSQL
import Primitives

/// What people do with deliveries.
public enum DeliveryActKind: String, CaseIterable, Sendable {
    /// Released a held one.
    case approved
    /// Ended a held one.
    case rejected
    /// Changed the fields of a dead one.
    case edited
    /// Made a dead one due again.
    case retried
    /// Wants nothing done about a dead one.
    case dismissed
    /// Let the later orders of its asset go before one that keeps failing.
    case steppedAside = "stepped-aside"
}

/// Something that a person did with a delivery.
public struct DeliveryAct: Hashable, Sendable {
    /// When.
    public var at: Timestamp
    /// What.
    public var act: DeliveryActKind
    /// Who.
    public var by: String
    /// What they noted.
    public var note: String?

    /// The API's form.
    public var json: JSONValue {
        [
            "at": .string(at.rfc3339), "act": .string(act.rawValue), "by": .string(by), "note": .optional(note),
        ]
    }
}

/// What decides whether a delivery can be retried.
struct RetryFacts: Hashable, Sendable {
    var state: DeliveryState
    var reason: String?
    var attempts: Int
    var mayHaveHappened: Bool
    var isConnectorDeleted: Bool
    var hasNewerFigure: Bool
    /// Whether a person has changed its fields.
    var isEdited: Bool
}

/// The statements by which people act on deliveries.
enum DeliveryActQueries {
    /// What decides whether a delivery can be retried; locks it.
    static func retryFacts(_ id: UUID) -> Statement<RetryFacts> {
        Statement(
            "outbox.delivery.retry-facts",
            """
            SELECT d.state, d.reason, d.attempts, d.attempt_started_at IS NOT NULL, c.deleted_at IS NOT NULL,
                d.operation = 'stock.set' AND EXISTS (
                    SELECT FROM delivery n WHERE n.connector_id = d.connector_id AND n.item = d.item
                        AND n.operation = d.operation AND n.state NOT IN ('dead', 'dismissed')
                        AND n.reading_ts > d.reading_ts),
                EXISTS (SELECT FROM delivery_act e WHERE e.delivery_id = d.id AND e.act = 'edited')
            FROM delivery d JOIN connector c ON c.id = d.connector_id
            WHERE d.id = \(id) FOR UPDATE OF d
            """
        ) { row throws(PostgresError) in
            RetryFacts(
                state: try row.enumeration(0),
                reason: try row.optionalString(1),
                attempts: Int(try row.int32(2)),
                mayHaveHappened: try row.bool(3),
                isConnectorDeleted: try row.bool(4),
                hasNewerFigure: try row.bool(5),
                isEdited: try row.bool(6)
            )
        }
    }

    /// Makes a dead delivery due.
    static func retry(_ id: UUID, as state: DeliveryState, at now: Timestamp) -> Statement<Void> {
        Statement(
            "outbox.delivery.retry",
            """
            UPDATE delivery SET state = \(state), next_attempt_at = \(now), finished_at = NULL, reason = NULL,
                detail = NULL, attempt_started_at = CASE WHEN \(state == .uncertain) THEN attempt_started_at END
            WHERE id = \(id) AND state = 'dead'
            """
        )
    }

    /// Makes all dead deliveries of a filter due that could be retried one by one; returns how many.
    static func retryAll(_ filter: RetryFilter, by name: String, at now: Timestamp) -> Statement<Int64> {
        Statement(
            "outbox.delivery.retry-all",
            """
            WITH again AS (
                UPDATE delivery d SET next_attempt_at = \(now), finished_at = NULL, reason = NULL, detail = NULL,
                    state = CASE WHEN d.attempt_started_at IS NULL THEN 'waiting' ELSE 'uncertain' END
                FROM connector c
                WHERE d.state = 'dead' AND c.id = d.connector_id AND c.deleted_at IS NULL
                    AND (\(filter.connector) IS NULL OR c.key = \(filter.connector))
                    AND (\(filter.reason) IS NULL OR d.reason = \(filter.reason))
                    AND (\(filter.operation) IS NULL OR d.operation = \(filter.operation))
                    AND d.reason IS DISTINCT FROM \(DeliveryReason.rejected)
                    AND (d.attempts > 0 OR d.reason = \(DeliveryReason.connectorDeleted)
                        OR EXISTS (SELECT FROM delivery_act e WHERE e.delivery_id = d.id AND e.act = 'edited'))
                    AND NOT (d.operation = 'stock.set' AND EXISTS (
                        SELECT FROM delivery n WHERE n.connector_id = d.connector_id AND n.item = d.item
                            AND n.operation = d.operation AND n.state NOT IN ('dead', 'dismissed')
                            AND n.reading_ts > d.reading_ts))
                RETURNING d.id
            ), noted AS (
                INSERT INTO delivery_act (delivery_id, at, act, by_name)
                SELECT id, \(now), 'retried', \(name) FROM again ON CONFLICT DO NOTHING
            )
            SELECT count(*) FROM again
            """
        ) { row throws(PostgresError) in try row.int64(0) }
    }

    /// Lets a held delivery go; touches one row if it was held.
    static func approve(_ id: UUID, at now: Timestamp) -> Statement<Void> {
        Statement(
            "outbox.delivery.approve",
            """
            UPDATE delivery SET state = 'waiting', next_attempt_at = greatest(next_attempt_at, \(now)), reason = NULL,
                detail = NULL
            WHERE id = \(id) AND state = 'held'
            """
        )
    }

    /// Ends a delivery in a state; touches one row if it was in the other.
    static func end(
        _ id: UUID,
        from: DeliveryState,
        as state: DeliveryState,
        reason: String?,
        detail: String?,
        at now: Timestamp
    ) -> Statement<Void> {
        Statement(
            "outbox.delivery.end-by-person",
            """
            UPDATE delivery SET state = \(state), finished_at = \(now), reason = coalesce(\(reason), reason),
                detail = coalesce(\(detail?.storable), detail)
            WHERE id = \(id) AND state = \(from)
            """
        )
    }

    /// Takes an order out of its asset's lane; touches one row if it was in it and is under way.
    static func stepAside(_ id: UUID) -> Statement<Void> {
        Statement(
            "outbox.delivery.step-aside",
            """
            UPDATE delivery SET lane = NULL, is_next = true
            WHERE id = \(id) AND state IN ('waiting', 'leased', 'uncertain') AND lane LIKE 'asset/%'
            """
        )
    }

    /// How many wait behind a delivery in its lane, and which goes first in it.
    static func lane(of id: UUID) -> Statement<LanePlace> {
        Statement(
            "outbox.delivery.lane",
            """
            SELECT (SELECT count(*) FROM delivery o WHERE o.connector_id = d.connector_id AND o.lane = d.lane
                    AND o.state IN ('waiting', 'leased', 'uncertain')
                    AND (o.created_at, o.reading_ts, o.id) > (d.created_at, d.reading_ts, d.id)),
                (SELECT o.id FROM delivery o WHERE o.connector_id = d.connector_id AND o.lane = d.lane
                    AND o.state IN ('waiting', 'leased', 'uncertain')
                    ORDER BY o.created_at, o.reading_ts, o.id LIMIT 1),
                d.lane LIKE 'asset/%'
            FROM delivery d
            WHERE d.id = \(id) AND d.lane IS NOT NULL AND d.state IN ('waiting', 'leased', 'uncertain')
            """
        ) { row throws(PostgresError) in
            LanePlace(
                behind: try row.int(0),
                first: try row.optionalUUID(1),
                isOfAsset: try row.bool(2)
            )
        }
    }

    /// Changes the fields of a dead delivery; touches one row if it was dead.
    static func edit(_ id: UUID, fields: JSONObject, item: String?) -> Statement<Void> {
        Statement(
            "outbox.delivery.edit",
            """
            UPDATE delivery SET fields = \(JSONValue.object(fields)),
                item = CASE WHEN operation LIKE 'stock.%' THEN \(item?.storable) ELSE item END
            WHERE id = \(id) AND state = 'dead'
            """
        )
    }

    static func state(_ id: UUID) -> Statement<DeliveryState> {
        Statement("outbox.delivery.state", "SELECT state FROM delivery WHERE id = \(id) FOR UPDATE") {
            row throws(PostgresError) in try row.enumeration(0)
        }
    }

    /// Notes what a person did.
    static func note(_ act: DeliveryAct, on id: UUID) -> Statement<Void> {
        Statement(
            "outbox.act.note",
            """
            INSERT INTO delivery_act (delivery_id, at, act, by_name, note)
            VALUES (\(id), \(act.at), \(act.act), \(act.by.storable), \(act.note?.storable))
            ON CONFLICT (delivery_id, at, act) DO UPDATE SET by_name = excluded.by_name, note = excluded.note
            """
        )
    }

    /// What people did, in order.
    static func acts(_ id: UUID) -> Statement<DeliveryAct> {
        Statement(
            "outbox.act.list",
            "SELECT at, act, by_name, note FROM delivery_act WHERE delivery_id = \(id) ORDER BY at, act"
        ) { row throws(PostgresError) in
            DeliveryAct(
                at: try row.timestamp(0),
                act: try row.enumeration(1),
                by: try row.string(2),
                note: try row.optionalString(3)
            )
        }
    }

    static let all: [AnyStatement] = {
        let time = Timestamp(microseconds: 0)
        let id = LeasedDelivery.arbitrary.id
        return [
            AnyStatement(retryFacts(id)), AnyStatement(retry(id, as: .waiting, at: time)),
            AnyStatement(retryAll(RetryFilter(), by: "", at: time)), AnyStatement(approve(id, at: time)),
            AnyStatement(end(id, from: .held, as: .dead, reason: nil, detail: nil, at: time)),
            AnyStatement(stepAside(id)), AnyStatement(lane(of: id)), AnyStatement(edit(id, fields: [:], item: nil)),
            AnyStatement(state(id)), AnyStatement(acts(id)),
            AnyStatement(note(DeliveryAct(at: time, act: .approved, by: ""), on: id)),
        ]
    }()
}
