import Foundation
import PostgreSQL
import Primitives

/// The poller's statements on `work_order`.
enum OrderStatusQueries {
    /// The connectors that have orders to check.
    static func connectorsWithDueOrders(at now: Timestamp) -> Statement<Int32> {
        Statement(
            "outbox.work-order.due-connectors",
            """
            SELECT c.id FROM connector c LEFT JOIN connector_state s ON s.connector_id = c.id
            WHERE c.deleted_at IS NULL AND c.paused_at IS NULL AND (s.rests_until IS NULL OR s.rests_until <= \(now))
                AND EXISTS (SELECT FROM work_order w WHERE w.connector_id = c.id
                AND w.done_at IS NULL AND w.next_check_at <= \(now))
            ORDER BY c.id
            """
        ) { row throws(PostgresError) in try row.int32(0) }
    }

    /// Claims due orders, at most so many of each connector, by moving their next check away.
    static func claim(_ shares: [CallAllotment], at now: Timestamp, until: Timestamp) -> Statement<ClaimedOrder> {
        let connectors = shares.map(\.connectorID)
        let places = shares.map { Int32($0.places) }
        return Statement(
            "outbox.work-order.claim",
            """
            UPDATE work_order w SET next_check_at = \(until) WHERE w.id = ANY(ARRAY(
                SELECT candidate.id
                FROM unnest(\(connectors), \(places)) AS share (connector_id, places)
                CROSS JOIN LATERAL (
                    SELECT d.id FROM work_order d
                    WHERE d.connector_id = share.connector_id AND d.done_at IS NULL AND d.next_check_at <= \(now)
                    ORDER BY d.next_check_at LIMIT share.places FOR UPDATE OF d SKIP LOCKED
                ) AS candidate))
            RETURNING w.id, w.connector_id, w.external_id, w.number, w.phase, w.created_at
            """
        ) { row throws(PostgresError) in
            ClaimedOrder(
                connectorID: try row.int32(1),
                order: KnownOrder(
                    id: try row.uuid(0),
                    externalID: try row.string(2),
                    number: try row.optionalString(3),
                    phase: try row.enumeration(4)
                ),
                createdAt: try row.timestamp(5)
            )
        }
    }

    /// Puts a check off.
    static func postpone(_ id: UUID, until: Timestamp) -> Statement<Void> {
        Statement(
            "outbox.work-order.postpone",
            "UPDATE work_order SET next_check_at = \(until) WHERE id = \(id) AND done_at IS NULL"
        )
    }

    /// Makes the open orders of a connector due, those first that were not checked for longest.
    static func hurry(_ connectorID: Int32, at now: Timestamp) -> Statement<Void> {
        Statement(
            "outbox.work-order.hurry",
            """
            UPDATE work_order SET next_check_at = \(now) WHERE id = ANY(ARRAY(
                SELECT id FROM work_order
                WHERE connector_id = \(connectorID) AND done_at IS NULL AND next_check_at > \(now)
                ORDER BY checked_at NULLS FIRST LIMIT 500 FOR NO KEY UPDATE SKIP LOCKED))
            """
        )
    }

    static let all: [AnyStatement] = {
        let time = Timestamp(microseconds: 0)
        let id = LeasedDelivery.arbitrary.id
        return [
            AnyStatement(connectorsWithDueOrders(at: time)), AnyStatement(claim([], at: time, until: time)),
            AnyStatement(postpone(id, until: time)), AnyStatement(hurry(0, at: time)),
        ]
    }()
}
