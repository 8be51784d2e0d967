import Foundation
import PostgreSQL
import Primitives

/// What is known of the order that a delivery is about.
struct TargetFacts: Hashable, Sendable {
    /// The ERP's identifier, where no delivery of ours made the order.
    var given: String?
    /// The delivery that makes it.
    var maker: UUID?
    /// Where that stands.
    var makerState: DeliveryState?
    /// The ERP's identifier, once that has made it.
    var made: String?
    /// Where the order stands, as our mirror knows it.
    var phase: OrderPhase?
}

/// The statements about orders that other deliveries are about.
enum TargetQueries {
    /// The order of a delivery: as its mapping says, else the one that was made of the same alarm.
    static func facts(_ id: UUID) -> Statement<TargetFacts> {
        Statement(
            "outbox.target.facts",
            """
            SELECT d.target, t.id, t.state, t.external_id, w.phase
            FROM delivery d
            LEFT JOIN delivery t ON t.id = coalesce(d.target_id,
                (SELECT c.id FROM delivery c WHERE d.target IS NULL AND c.alarm_id = d.alarm_id
                    AND c.connector_id = d.connector_id AND c.operation = 'work-order.create'
                    ORDER BY c.state IN ('superseded', 'dead', 'dismissed'), c.created_at, c.id LIMIT 1),
                (SELECT c.attached_to FROM delivery c WHERE d.target IS NULL AND c.alarm_id = d.alarm_id
                    AND c.connector_id = d.connector_id AND c.attached_to IS NOT NULL AND c.id <> d.id
                    ORDER BY c.created_at, c.id LIMIT 1))
            LEFT JOIN work_order w ON w.connector_id = d.connector_id
                AND w.external_id = coalesce(d.target, t.external_id)
            WHERE d.id = \(id)
            """
        ) { row throws(PostgresError) in
            TargetFacts(
                given: try row.optionalString(0),
                maker: try row.optionalUUID(1),
                makerState: try row.optionalEnumeration(2),
                made: try row.optionalString(3),
                phase: try row.optionalEnumeration(4)
            )
        }
    }

    /// Lets a delivery wait for the one that makes its order; touches one row if the lease still holds.
    ///
    /// The end of that one wakes it; the time is for the case that it does not.
    static func wait(_ delivery: LeasedDelivery, for maker: UUID, until: Timestamp) -> Statement<Void> {
        Statement(
            "outbox.target.wait",
            """
            UPDATE delivery SET target_id = \(maker), is_next = false, attempts = greatest(attempts - 1, 0),
                state = CASE WHEN \(delivery.wasUncertain) THEN 'uncertain' ELSE 'waiting' END,
                reason = \(DeliveryReason.waitsForOrder), detail = 'The order that this is about is not made yet.',
                next_attempt_at = \(until), lease_token = NULL, lease_until = NULL
            WHERE id = \(delivery.id) AND state = 'leased' AND lease_token = \(delivery.token)
            """
        )
    }

    static let all: [AnyStatement] = [
        AnyStatement(facts(LeasedDelivery.arbitrary.id)),
        AnyStatement(
            wait(.arbitrary, for: LeasedDelivery.arbitrary.id, until: Timestamp(microseconds: 0))
        ),
    ]
}
