import ERPConnectors
import Foundation
import PostgreSQL
import Primitives

/// An order of our mirror, as far as news about it must know it.
struct KnownOrder: Hashable, Sendable {
    var id: UUID
    var externalID: String
    var number: String?
    var phase: OrderPhase
    var changedAt: Timestamp?
}

/// What is written about an order.
struct OrderNews: Sendable {
    var state: OrderState
    /// The title there; nil when the question was for the state only.
    var title: String?
    /// The equipment there; nil when the question was for the state only.
    var equipment: String?
    /// When it changed, by the ERP's clock; nil when it does not say.
    var changedAt: Timestamp?

    var phase: OrderPhase { OrderPhase(state.phase) }
}

/// The statements that write what the ERP says about its orders.
enum OrderMirrorQueries {
    /// Writes what the ERP says about an order; without a next check, it was the last.
    static func note(
        _ id: UUID,
        _ news: OrderNews,
        at now: Timestamp,
        nextCheckAt: Timestamp?
    ) -> Statement<Void> {
        let state = news.state
        return Statement(
            "outbox.work-order.note",
            """
            UPDATE work_order SET status = \(state.text.storable), phase = \(news.phase),
                number = coalesce(\(state.number?.storable), number), assignee = \(state.assignee?.storable),
                due_at = \(state.dueAt), started_at = coalesce(\(state.startedAt), started_at),
                finished_at = \(state.finishedAt), cost = \(state.cost.flatMap { $0.isFinite ? $0 : nil }),
                currency = \(state.currency?.storable), outcome = \(state.outcome?.storable),
                failure_code = \(state.failureCode?.storable),
                title = coalesce(nullif(\(news.title?.storable), ''), title),
                equipment = coalesce(\(news.equipment?.storable), equipment),
                changed_at = greatest(changed_at, \(news.changedAt)), checked_at = \(now),
                done_at = CASE WHEN \(news.phase.isOver) THEN coalesce(done_at, \(now)) END,
                next_check_at = \(nextCheckAt)
            WHERE id = \(id)
            """
        )
    }

    /// The ERP no longer has an order.
    static func noteGone(_ id: UUID, status: String, at now: Timestamp) -> Statement<Void> {
        Statement(
            "outbox.work-order.gone",
            """
            UPDATE work_order SET status = \(status), phase = 'gone', checked_at = \(now), next_check_at = NULL
            WHERE id = \(id) AND done_at IS NULL
            """
        )
    }

    /// The orders of a connector that are known; locks them.
    static func known(_ connectorID: Int32, _ externalIDs: [String]) -> Statement<KnownOrder> {
        Statement(
            "outbox.work-order.known",
            """
            SELECT id, external_id, number, phase, changed_at FROM work_order
            WHERE connector_id = \(connectorID) AND external_id = ANY(\(externalIDs)) ORDER BY id FOR NO KEY UPDATE
            """
        ) { row throws(PostgresError) in
            KnownOrder(
                id: try row.uuid(0),
                externalID: try row.string(1),
                number: try row.optionalString(2),
                phase: try row.enumeration(3),
                changedAt: try row.optionalTimestamp(4)
            )
        }
    }

    /// Mirrors an order that somebody made in the ERP, if it is about an asset of ours; touches one row if it is.
    ///
    /// Those with a key of ours are left to their deliveries.
    static func addForeign(
        _ id: UUID,
        connectorID: Int32,
        _ change: OrderChange,
        at now: Timestamp
    ) -> Statement<Void> {
        Statement(
            "outbox.work-order.add-foreign",
            """
            INSERT INTO work_order (id, connector_id, asset_id, external_id, title, equipment, made_by, created_at,
                next_check_at)
            SELECT \(id), c.id, a.id, \(change.externalID.storable), \(change.title.storable),
                \(change.equipment?.storable), 'erp', \(now), \(now)
            FROM connector c JOIN asset a ON a.equipment ->> c.key = \(change.equipment)
            WHERE c.id = \(connectorID) AND NOT EXISTS (SELECT FROM delivery d WHERE d.connector_id = c.id
                AND d.idempotency_key = \(change.idempotencyKey))
            ORDER BY a.id LIMIT 1
            ON CONFLICT DO NOTHING
            """
        )
    }

    /// The alarms that an order is about: the one that caused it, and those that were attached to it.
    static func alarms(of id: UUID) -> Statement<UUID> {
        Statement(
            "outbox.work-order.alarms",
            """
            SELECT w.alarm_id FROM work_order w WHERE w.id = \(id) AND w.alarm_id IS NOT NULL
            UNION
            SELECT d.alarm_id FROM work_order w JOIN delivery d ON d.attached_to = w.delivery_id
            WHERE w.id = \(id) AND d.alarm_id IS NOT NULL
            """
        ) { row throws(PostgresError) in try row.uuid(0) }
    }

    static let all: [AnyStatement] = {
        let time = Timestamp(microseconds: 0)
        let id = LeasedDelivery.arbitrary.id
        let state = OrderState("", .open)
        let change = OrderChange(
            externalID: "",
            idempotencyKey: nil,
            title: "",
            equipment: nil,
            changedAt: time,
            state: state
        )
        return [
            AnyStatement(note(id, OrderNews(state: state), at: time, nextCheckAt: nil)),
            AnyStatement(noteGone(id, status: "", at: time)), AnyStatement(known(0, [])),
            AnyStatement(addForeign(id, connectorID: 0, change, at: time)), AnyStatement(alarms(of: id)),
        ]
    }()
}
