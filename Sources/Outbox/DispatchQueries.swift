import ERP
import ERPConnectors
import Foundation
import PostgreSQL
import Primitives

/// A connector that has due deliveries.
struct DueConnector: Hashable, Sendable {
    /// The row.
    var id: Int32
    /// How many calls may be under way, over all processes; nil when no admin set it.
    var concurrent: Int?
    /// Whether what other processes do counts: an admin set a limit.
    var isLimited = false
}

/// The dispatcher's statements that find and lease deliveries.
///
/// The time is always the caller's, so that tests decide on it. Rows to be changed are named by
/// `id = ANY(ARRAY(SELECT …))`: joined to what was selected, the planner, which cannot know how few there are, may read
/// the whole table for them.
enum DispatchQueries {
    /// The connectors that have due deliveries, deleted ones among them; neither paused ones nor those that rest.
    static func connectorsWithDueDeliveries(at now: Timestamp) -> Statement<DueConnector> {
        Statement(
            "outbox.delivery.due-connectors",
            """
            SELECT c.id, c.concurrent,
                c.per_minute IS NOT NULL OR c.per_hour IS NOT NULL OR c.concurrent IS NOT NULL
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
                concurrent: try row.optionalInt32(1).map(Int.init),
                isLimited: try row.bool(2)
            )
        }
    }

    /// Leases due deliveries, at most so many of each connector and within its limits: the worst alarms first, then
    /// the oldest.
    ///
    /// Whether a connector rests is asked again: an answer may have been written down since it was found to be ready.
    /// Of one lane only the oldest unfinished one can be leased. Calls that are sure to follow begin here: one commit
    /// less. Those of uncertain deliveries, and those about an order that must be found first, begin later. Limits hold
    /// when ``LimitQueries/lock(_:at:)`` came before in the same transaction.
    ///
    /// - Parameters:
    ///   - shares: how many calls of each connector this process could begin.
    ///   - ended: leased deliveries whose calls have ended, though that is not written down as yet.
    ///   - token: guards the leases.
    ///   - now: the time.
    ///   - until: when the leases end.
    /// - Returns: the statement.
    static func lease(
        _ shares: [CallAllotment],
        ended: [UUID],
        token: UUID,
        at now: Timestamp,
        until: Timestamp
    ) -> Statement<LeasedDelivery> {
        let (connectors, places) = (shares.map(\.connectorID), shares.map { Int32(clamping: $0.places) })
        return Statement(
            "outbox.delivery.lease",
            """
            WITH share AS MATERIALIZED (
                SELECT c.id AS connector_id, least(s.places,
                    c.per_minute - (SELECT coalesce(sum(u.calls), 0) FROM connector_calls u
                        WHERE u.connector_id = c.id AND u.minute = date_trunc('minute', \(now), 'UTC')),
                    c.per_hour - (SELECT coalesce(sum(u.calls), 0) FROM connector_calls u
                        WHERE u.connector_id = c.id AND u.minute > \(now) - interval '1 hour'),
                    c.concurrent - (SELECT count(*) FROM delivery d
                        WHERE d.connector_id = c.id AND d.state = 'leased' AND NOT d.id = ANY(\(ended)))) AS places
                FROM unnest(\(connectors), \(places)) AS s (connector_id, places)
                JOIN connector c ON c.id = s.connector_id LEFT JOIN connector_state k ON k.connector_id = c.id
                WHERE c.paused_at IS NULL AND (k.rests_until IS NULL OR k.rests_until <= \(now))
            ), due AS MATERIALIZED (
                SELECT candidate.* FROM share CROSS JOIN LATERAL (
                    SELECT d.id, d.state, d.state = 'waiting' AND d.operation NOT IN ('work-order.update',
                        'work-order.cancel', 'work-order.comment', 'work-order.attach') AS begins
                    FROM delivery d
                    WHERE d.connector_id = share.connector_id AND d.is_next AND d.state IN ('waiting', 'uncertain')
                        AND d.next_attempt_at <= \(now)
                        AND (d.lane IS NULL OR NOT EXISTS (
                            SELECT FROM delivery o
                            WHERE o.connector_id = d.connector_id AND o.lane = d.lane
                                AND o.state IN ('waiting', 'leased', 'uncertain')
                                AND (o.created_at, o.reading_ts, o.id) < (d.created_at, d.reading_ts, d.id)))
                    ORDER BY d.rank, d.created_at, d.id LIMIT greatest(0, share.places)
                    FOR NO KEY UPDATE OF d SKIP LOCKED) AS candidate
            ), leased AS (
                UPDATE delivery d SET state = 'leased', lease_token = \(token), lease_until = \(until),
                    attempts = d.attempts + 1,
                    attempt_started_at = CASE WHEN d.state = 'uncertain' THEN d.attempt_started_at
                        WHEN d.id = ANY(ARRAY(SELECT id FROM due WHERE begins)) THEN \(now) END
                WHERE d.id = ANY(ARRAY(SELECT id FROM due))
                RETURNING d.id, d.connector_id, d.idempotency_key, d.operation, d.fields, d.item, d.attempts,
                    d.attempt_started_at, d.reading_ts
            ), begun AS (
                INSERT INTO delivery_attempt (delivery_id, number, purpose, started_at)
                SELECT id, attempts, CASE operation WHEN 'work-order.create' THEN 'create' ELSE 'write' END, \(now)
                FROM leased JOIN due USING (id) WHERE begins
                ON CONFLICT (delivery_id, number)
                    DO UPDATE SET purpose = excluded.purpose, started_at = excluded.started_at
            ), counted AS (
                UPDATE connector_calls known SET calls = known.calls + begun.calls
                FROM (SELECT connector_id, count(*) AS calls FROM leased GROUP BY connector_id) AS begun
                WHERE known.connector_id = begun.connector_id AND known.minute = date_trunc('minute', \(now), 'UTC')
            )
            SELECT id, connector_id, idempotency_key, operation, fields, item, attempts, attempt_started_at,
                state = 'uncertain', reading_ts, begins FROM leased JOIN due USING (id)
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
            UPDATE delivery d SET state = CASE WHEN d.attempt_started_at IS NULL THEN 'waiting' ELSE 'uncertain' END,
                attempts = CASE WHEN d.attempt_started_at IS NULL THEN greatest(d.attempts - 1, 0) ELSE d.attempts END,
                reason = CASE WHEN d.attempt_started_at IS NULL THEN d.reason ELSE \(DeliveryReason.interrupted) END,
                detail = CASE WHEN d.attempt_started_at IS NULL THEN d.detail
                    ELSE 'The server ended during the call.' END,
                next_attempt_at = \(now), lease_token = NULL, lease_until = NULL
            WHERE d.id = ANY(ARRAY(
                SELECT id FROM delivery
                WHERE state = 'leased' AND lease_until <= \(now) AND NOT id = ANY(\(settling))
                LIMIT 1000 FOR UPDATE SKIP LOCKED))
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
                SELECT h.id FROM stuck s CROSS JOIN LATERAL (
                    SELECT d.id FROM delivery d
                    WHERE d.connector_id = s.connector_id AND d.lane = s.lane
                        AND d.state IN ('waiting', 'leased', 'uncertain')
                    ORDER BY d.created_at, d.reading_ts, d.id LIMIT 1
                ) AS h
            )
            UPDATE delivery SET is_next = true WHERE id = ANY(ARRAY(
                SELECT f.id FROM delivery f
                WHERE f.id = ANY(ARRAY(SELECT id FROM heads))
                    AND NOT EXISTS (SELECT FROM delivery t WHERE t.id = f.target_id
                        AND t.state IN ('held', 'waiting', 'leased', 'uncertain') OFFSET 0)
                FOR NO KEY UPDATE OF f SKIP LOCKED))
            """
        )
    }

    /// The ERP is back: what waits after failures is due, so that the worst and oldest go first.
    static func recall(_ connectorID: Int32, at now: Timestamp) -> Statement<Void> {
        Statement(
            "outbox.delivery.recall",
            """
            UPDATE delivery SET next_attempt_at = \(now) WHERE id = ANY(ARRAY(
                SELECT id FROM delivery
                WHERE connector_id = \(connectorID) AND is_next AND state = 'waiting' AND attempts > 0
                    AND next_attempt_at > \(now) AND reason IS DISTINCT FROM \(DeliveryReason.waitsForOrder)
                FOR NO KEY UPDATE SKIP LOCKED))
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
            AnyStatement(lease([], ended: [], token: delivery.token, at: time, until: time)),
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
