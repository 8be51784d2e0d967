import ERP
import ERPConnectors
import Foundation
import PostgreSQL
import Primitives

/// A connector that has due deliveries, with the limits that an admin set.
struct DueConnector: Hashable, Sendable {
    /// The row.
    var id: Int32
    /// How many calls may begin in a minute of the clock.
    var perMinute: Int?
    /// How many calls may begin in 60 minutes.
    var perHour: Int?
    /// How many calls may be under way, over all processes.
    var concurrent: Int?

    /// Whether what other processes do counts.
    var isLimited: Bool { perMinute != nil || perHour != nil || concurrent != nil }
}

/// The dispatcher's statements that find and lease deliveries.
///
/// The time is always the caller's, so that tests decide on it.
enum DispatchQueries {
    /// The connectors that have due deliveries, deleted ones among them; neither paused ones nor those that rest.
    static func connectorsWithDueDeliveries(at now: Timestamp) -> Statement<DueConnector> {
        Statement(
            "outbox.delivery.due-connectors",
            """
            SELECT c.id, c.per_minute, c.per_hour, c.concurrent
            FROM connector c LEFT JOIN connector_state s ON s.connector_id = c.id
            WHERE (c.deleted_at IS NOT NULL
                    OR c.paused_at IS NULL AND (s.rests_until IS NULL OR s.rests_until <= \(now)))
                AND EXISTS (SELECT FROM delivery d WHERE d.connector_id = c.id AND d.is_next
                    AND d.state IN ('waiting', 'uncertain') AND d.next_attempt_at <= \(now))
            ORDER BY c.id
            """
        ) { row throws(PostgresError) in
            DueConnector(
                id: try row.int32(0),
                perMinute: try row.optionalInt32(1).map(Int.init),
                perHour: try row.optionalInt32(2).map(Int.init),
                concurrent: try row.optionalInt32(3).map(Int.init)
            )
        }
    }

    /// Leases due deliveries, at most so many of each connector: the worst alarms first, then the oldest.
    ///
    /// Of one lane only the oldest unfinished one can be leased. Calls that are sure to follow begin here: one commit
    /// less. Those of uncertain deliveries, and those about an order that must be found first, begin later.
    ///
    /// The common table expression fences the limit: joined directly, the planner might update more rows than it.
    static func lease(
        _ shares: [CallAllotment],
        token: UUID,
        at now: Timestamp,
        until: Timestamp
    ) -> Statement<LeasedDelivery> {
        let connectors = shares.map(\.connectorID)
        let places = shares.map { Int32(clamping: $0.places) }
        return Statement(
            "outbox.delivery.lease",
            """
            WITH due AS MATERIALIZED (
                SELECT candidate.id, candidate.state, candidate.begins
                FROM unnest(\(connectors), \(places)) AS share (connector_id, places)
                CROSS JOIN LATERAL (
                    SELECT d.id, d.state, d.state = 'waiting' AND d.operation NOT IN (
                        'work-order.update', 'work-order.cancel', 'work-order.comment') AS begins
                    FROM delivery d
                    WHERE d.connector_id = share.connector_id AND d.is_next AND d.state IN ('waiting', 'uncertain')
                        AND d.next_attempt_at <= \(now)
                        AND (d.lane IS NULL OR NOT EXISTS (
                            SELECT FROM delivery o
                            WHERE o.connector_id = d.connector_id AND o.lane = d.lane
                                AND o.state IN ('waiting', 'leased', 'uncertain')
                                AND (o.created_at, o.reading_ts, o.id) < (d.created_at, d.reading_ts, d.id)))
                    ORDER BY d.rank, d.created_at, d.id LIMIT share.places
                    FOR NO KEY UPDATE OF d SKIP LOCKED
                ) AS candidate
            ), leased AS (
                UPDATE delivery d SET state = 'leased', lease_token = \(token), lease_until = \(until),
                    attempts = d.attempts + 1,
                    attempt_started_at = CASE WHEN due.state = 'uncertain' THEN d.attempt_started_at
                        WHEN due.begins THEN \(now) END
                FROM due WHERE d.id = due.id
                RETURNING d.id, d.connector_id, d.idempotency_key, d.operation, d.fields, d.item, d.attempts,
                    d.attempt_started_at, due.state = 'uncertain' AS was_uncertain, d.reading_ts, due.begins
            ), begun AS (
                INSERT INTO delivery_attempt (delivery_id, number, purpose, started_at)
                SELECT id, attempts, CASE operation WHEN 'work-order.create' THEN 'create' ELSE 'write' END, \(now)
                FROM leased WHERE begins
                ON CONFLICT (delivery_id, number)
                    DO UPDATE SET purpose = excluded.purpose, started_at = excluded.started_at
            )
            SELECT id, connector_id, idempotency_key, operation, fields, item, attempts, attempt_started_at,
                was_uncertain, reading_ts, begins
            FROM leased
            """
        ) { row throws(PostgresError) in try decode(row, token) }
    }

    private static func decode(_ row: ResultRow, _ token: UUID) throws(PostgresError) -> LeasedDelivery {
        LeasedDelivery(
            id: try row.uuid(0),
            token: token,
            connectorID: try row.int32(1),
            idempotencyKey: try row.string(2),
            operation: try row.enumeration(3),
            fields: try row.json(4).object ?? JSONObject(),
            item: try row.optionalString(5),
            readingTimestamp: try row.timestamp(9),
            attempts: Int(try row.int32(6)),
            attemptStartedAt: try row.optionalTimestamp(7),
            wasUncertain: try row.bool(8),
            isBegun: try row.bool(10)
        )
    }

    /// Takes expired leases back.
    ///
    /// Whether a call had begun stands in the row itself, since the row's newest version is
    /// what a locking statement sees; a row of `delivery_attempt` committed a moment ago might be missed.
    static func reclaim(at now: Timestamp, except settling: [UUID]) -> Statement<Void> {
        Statement(
            "outbox.delivery.reclaim",
            """
            WITH expired AS MATERIALIZED (
                SELECT id FROM delivery
                WHERE state = 'leased' AND lease_until <= \(now) AND NOT id = ANY(\(settling))
                LIMIT 1000 FOR UPDATE SKIP LOCKED
            )
            UPDATE delivery d SET state = CASE WHEN d.attempt_started_at IS NULL THEN 'waiting' ELSE 'uncertain' END,
                attempts = CASE WHEN d.attempt_started_at IS NULL THEN greatest(d.attempts - 1, 0) ELSE d.attempts END,
                reason = CASE WHEN d.attempt_started_at IS NULL THEN d.reason ELSE \(DeliveryReason.interrupted) END,
                detail = CASE WHEN d.attempt_started_at IS NULL THEN d.detail
                    ELSE 'The server ended during the call.' END,
                next_attempt_at = \(now), lease_token = NULL, lease_until = NULL
            FROM expired WHERE d.id = expired.id
            """
        )
    }

    /// Ends the pending deliveries of deleted connectors; returns the connector's key for each.
    static func abandon(connectors: [Int32], at now: Timestamp) -> Statement<String> {
        Statement(
            "outbox.delivery.abandon",
            """
            UPDATE delivery d SET state = 'dead', reason = \(DeliveryReason.connectorDeleted),
                detail = 'The connector was deleted before the ERP had it.', finished_at = \(now)
            FROM connector c
            WHERE c.id = d.connector_id AND c.id = ANY(\(connectors)) AND c.deleted_at IS NOT NULL
                AND d.state IN ('held', 'waiting', 'uncertain')
            RETURNING c.key
            """
        ) { row throws(PostgresError) in try row.string(0) }
    }

    /// Notes that a call is about to be made and renews the lease; touches one row if the lease still holds.
    static func begin(
        _ delivery: LeasedDelivery,
        purpose: CallPurpose,
        at now: Timestamp,
        until: Timestamp
    ) -> Statement<Void> {
        Statement(
            "outbox.delivery.begin",
            """
            WITH begun AS (
                UPDATE delivery SET lease_until = \(until),
                    attempt_started_at = CASE WHEN \(purpose == .lookUp) THEN attempt_started_at ELSE \(now) END
                WHERE id = \(delivery.id) AND state = 'leased' AND lease_token = \(delivery.token)
                RETURNING id, attempts
            )
            INSERT INTO delivery_attempt (delivery_id, number, purpose, started_at)
            SELECT id, attempts, \(purpose), \(now) FROM begun
            ON CONFLICT (delivery_id, number) DO UPDATE SET purpose = excluded.purpose, started_at = excluded.started_at
            """
        )
    }

    /// Lets those go whose turn it is and who were not told: two transactions that did not see each other.
    static func sweep() -> Statement<Void> {
        Statement(
            "outbox.delivery.sweep",
            """
            WITH stuck AS MATERIALIZED (
                SELECT connector_id, lane FROM delivery
                WHERE state IN ('waiting', 'leased', 'uncertain') AND lane IS NOT NULL
                GROUP BY connector_id, lane HAVING NOT bool_or(is_next OR state = 'leased')
            ), heads AS MATERIALIZED (
                SELECT h.id, h.target_id FROM stuck s CROSS JOIN LATERAL (
                    SELECT d.id, d.target_id FROM delivery d
                    WHERE d.connector_id = s.connector_id AND d.lane = s.lane
                        AND d.state IN ('waiting', 'leased', 'uncertain')
                    ORDER BY d.created_at, d.reading_ts, d.id LIMIT 1
                ) AS h
            )
            UPDATE delivery SET is_next = true WHERE id IN (
                SELECT f.id FROM heads h JOIN delivery f ON f.id = h.id
                WHERE NOT EXISTS (SELECT FROM delivery t WHERE t.id = h.target_id
                    AND t.state IN ('held', 'waiting', 'leased', 'uncertain'))
                FOR NO KEY UPDATE OF f SKIP LOCKED)
            """
        )
    }

    /// The ERP is back: what waits after failures is due, so that the worst and oldest go first.
    static func recall(_ connectorID: Int32, at now: Timestamp) -> Statement<Void> {
        Statement(
            "outbox.delivery.recall",
            """
            UPDATE delivery SET next_attempt_at = \(now) WHERE id IN (
                SELECT id FROM delivery
                WHERE connector_id = \(connectorID) AND is_next AND state = 'waiting' AND attempts > 0
                    AND next_attempt_at > \(now) AND reason IS DISTINCT FROM \(DeliveryReason.waitsForOrder)
                FOR NO KEY UPDATE SKIP LOCKED)
            """
        )
    }

    static func pendingCount() -> Statement<Int64> {
        Statement(
            "outbox.delivery.pending-count",
            "SELECT count(*) FROM delivery WHERE state IN ('held', 'waiting', 'leased', 'uncertain')"
        ) { row throws(PostgresError) in try row.int64(0) }
    }

    static let all: [AnyStatement] = {
        let time = Timestamp(microseconds: 0)
        let delivery = LeasedDelivery.arbitrary
        return [
            AnyStatement(connectorsWithDueDeliveries(at: time)),
            AnyStatement(lease([], token: delivery.token, at: time, until: time)),
            AnyStatement(reclaim(at: time, except: [])), AnyStatement(abandon(connectors: [], at: time)),
            AnyStatement(begin(delivery, purpose: .create, at: time, until: time)), AnyStatement(sweep()),
            AnyStatement(recall(0, at: time)), AnyStatement(pendingCount()),
        ]
    }()
}

extension LeasedDelivery {
    /// Values for checks of statements.
    static let arbitrary = LeasedDelivery(
        id: UUID(uuid: (0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)),
        token: UUID(uuid: (0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)),
        connectorID: 0,
        idempotencyKey: "",
        operation: .workOrderCreate,
        fields: JSONObject(),
        item: nil,
        readingTimestamp: Timestamp(microseconds: 0),
        attempts: 0,
        attemptStartedAt: nil,
        wasUncertain: false
    )
}

extension String {
    /// The text as PostgreSQL can keep it: without NUL, of bounded length.
    var storable: String {
        String(prefix(16_384)).replacing("\0", with: "\u{FFFD}")
    }
}
