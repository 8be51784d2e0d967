import ERP
import ERPConnectors
import Foundation
import PostgreSQL
import Primitives

/// The dispatcher's statements on deliveries.
///
/// The time is always the caller's, so that tests decide on it.
enum DispatchQueries {
    /// The connectors that have due deliveries, deleted ones among them.
    static func connectorsWithDueDeliveries(at now: Timestamp) -> Statement<Int32> {
        Statement(
            "outbox.delivery.due-connectors",
            """
            SELECT c.id FROM connector c
            WHERE EXISTS (SELECT FROM delivery d WHERE d.connector_id = c.id
                AND d.state IN ('waiting', 'uncertain') AND d.next_attempt_at <= \(now))
            ORDER BY c.id
            """
        ) { row throws(PostgresError) in try row.int32(0) }
    }

    /// Leases due deliveries, at most so many of each connector.
    ///
    /// Of those about one item only the oldest unfinished one can be leased, so that an older figure never overwrites a
    /// newer one.
    ///
    /// The common table expression fences the limit: joined directly, the planner might update more rows than it.
    static func lease(
        _ shares: [CallAllotment],
        token: UUID,
        at now: Timestamp,
        until: Timestamp
    ) -> Statement<LeasedDelivery> {
        let connectors = shares.map(\.connectorID)
        let places = shares.map { Int32($0.places) }
        return Statement(
            "outbox.delivery.lease",
            """
            WITH due AS MATERIALIZED (
                SELECT candidate.id, candidate.state
                FROM unnest(\(connectors), \(places)) AS share (connector_id, places)
                CROSS JOIN LATERAL (
                    SELECT d.id, d.state FROM delivery d
                    WHERE d.connector_id = share.connector_id AND d.state IN ('waiting', 'uncertain')
                        AND d.next_attempt_at <= \(now)
                        AND (d.item IS NULL OR NOT EXISTS (
                            SELECT FROM delivery o
                            WHERE o.connector_id = d.connector_id AND o.item = d.item
                                AND o.state IN ('waiting', 'leased', 'uncertain')
                                AND (o.created_at, o.reading_ts, o.id) < (d.created_at, d.reading_ts, d.id)))
                    ORDER BY d.next_attempt_at, d.created_at LIMIT share.places
                    FOR UPDATE OF d SKIP LOCKED
                ) AS candidate
            )
            UPDATE delivery d SET state = 'leased', lease_token = \(token), lease_until = \(until),
                attempts = d.attempts + 1,
                attempt_started_at = CASE WHEN due.state = 'uncertain' THEN d.attempt_started_at END
            FROM due WHERE d.id = due.id
            RETURNING d.id, d.connector_id, d.idempotency_key, d.operation, d.fields, d.item, d.attempts,
                d.attempt_started_at, due.state = 'uncertain', d.reading_ts
            """
        ) { row throws(PostgresError) in
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
                wasUncertain: try row.bool(8)
            )
        }
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
                AND d.state IN ('waiting', 'uncertain')
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

    /// Writes the state that a delivery takes; touches one row if the lease still holds.
    static func settle(_ delivery: LeasedDelivery, _ verdict: DeliveryVerdict, at now: Timestamp) -> Statement<Void> {
        let end = SettledRow(verdict, at: now)
        return Statement(
            "outbox.delivery.settle",
            """
            UPDATE delivery SET state = \(end.state), reason = \(end.reason), detail = \(end.detail),
                next_attempt_at = coalesce(\(end.nextAttemptAt), next_attempt_at), finished_at = \(end.finishedAt),
                attempt_started_at = CASE WHEN \(end.keepsStart) THEN attempt_started_at END,
                external_id = \(end.externalID), lease_token = NULL, lease_until = NULL
            WHERE id = \(delivery.id) AND state = 'leased' AND lease_token = \(delivery.token)
            """
        )
    }

    /// Writes how a call ended into the time line.
    static func end(_ delivery: LeasedDelivery, _ report: AttemptEnd) -> Statement<Void> {
        Statement(
            "outbox.delivery.end",
            """
            UPDATE delivery_attempt SET ended_at = \(report.endedAt), outcome = \(report.outcome),
                request = \(report.record.request.storable), status = \(report.record.status.map { Int32(clamping: $0) }),
                response = \(report.record.response?.storable)
            WHERE delivery_id = \(delivery.id) AND number = \(Int32(clamping: delivery.attempts))
            """
        )
    }

    static func pendingCount() -> Statement<Int64> {
        Statement(
            "outbox.delivery.pending-count",
            "SELECT count(*) FROM delivery WHERE state IN ('waiting', 'leased', 'uncertain')"
        ) { row throws(PostgresError) in try row.int64(0) }
    }

    static let all: [AnyStatement] = {
        let time = Timestamp(microseconds: 0)
        let delivery = LeasedDelivery.arbitrary
        let report = AttemptEnd(outcome: "", endedAt: time, trace: CallTrace())
        return [
            AnyStatement(connectorsWithDueDeliveries(at: time)),
            AnyStatement(lease([], token: delivery.token, at: time, until: time)),
            AnyStatement(reclaim(at: time, except: [])), AnyStatement(abandon(connectors: [], at: time)),
            AnyStatement(begin(delivery, purpose: .create, at: time, until: time)),
            AnyStatement(settle(delivery, .delivered(externalID: nil), at: time)),
            AnyStatement(end(delivery, report)), AnyStatement(pendingCount()),
        ]
    }()
}

/// A verdict as the columns of `delivery`.
private struct SettledRow {
    var state: DeliveryState
    var reason: String?
    var detail: String?
    var nextAttemptAt: Timestamp?
    var finishedAt: Timestamp?
    var externalID: String?
    /// Whether a call may still have reached the ERP.
    var keepsStart = true

    init(_ verdict: DeliveryVerdict, at now: Timestamp) {
        state = verdict.state
        switch verdict {
        case .delivered(let externalID):
            self.externalID = externalID?.storable
            finishedAt = now
        case .dead(let reason, let detail, let mayHaveHappened):
            (self.reason, self.detail, finishedAt) = (reason.storable, detail.storable, now)
            keepsStart = mayHaveHappened
        case .waiting(let next, let reason, let detail):
            (self.reason, self.detail, nextAttemptAt) = (reason.storable, detail.storable, next)
            keepsStart = false
        case .uncertain(let next, let reason, let detail):
            (self.reason, self.detail, nextAttemptAt) = (reason.storable, detail.storable, next)
        }
    }
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
