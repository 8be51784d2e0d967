import Foundation
import PostgreSQL
import Primitives

/// What settling a delivery writes about the ERP's documents and figures.
///
/// Alarm, device and asset come from the delivery's row as it is now: what they point at may be gone since the lease.
enum MirrorQueries {
    /// Notes new orders, unless they are known: some ERPs answer a repeated key with the order they have.
    ///
    /// One that the ERP's list of changes showed first, as if somebody else had made it, becomes ours.
    static func addWorkOrders(
        _ orders: [MadeOrder],
        createdAt: Timestamp,
        nextCheckAt: Timestamp
    ) -> Statement<Void> {
        Statement(
            "outbox.work-order.add",
            """
            INSERT INTO work_order AS known (id, delivery_id, connector_id, alarm_id, device_id, asset_id, external_id,
                title, equipment, created_at, next_check_at)
            SELECT DISTINCT ON (d.connector_id, m.external_id) m.id, d.id, d.connector_id, d.alarm_id, d.device_id,
                d.asset_id, m.external_id, m.title, m.equipment, \(createdAt), \(nextCheckAt)
            FROM unnest(\(orders.map(\.id)), \(orders.map(\.delivery.id)), \(orders.map(\.externalID.storable)),
                \(orders.map(\.delivery.title.storable)), \(orders.map(\.delivery.equipment)))
                AS m (id, delivery_id, external_id, title, equipment)
            JOIN delivery d ON d.id = m.delivery_id
            ORDER BY d.connector_id, m.external_id, d.created_at
            ON CONFLICT (connector_id, external_id) DO UPDATE SET delivery_id = excluded.delivery_id,
                made_by = 'plantwright', alarm_id = excluded.alarm_id, device_id = excluded.device_id,
                asset_id = excluded.asset_id
            WHERE known.delivery_id IS NULL
            """
        )
    }

    /// Notes a stock figure, unless a newer reading's is known.
    static func setStock(_ quantity: Double, of delivery: LeasedDelivery, at now: Timestamp) -> Statement<Void> {
        Statement(
            "outbox.inventory.set",
            """
            INSERT INTO inventory_record AS known (connector_id, item, quantity, device_id, asset_id, reading_ts,
                delivery_id, updated_at)
            SELECT d.connector_id, \(delivery.stockItem?.storable), \(quantity), d.device_id, d.asset_id, d.reading_ts,
                d.id, \(now)
            FROM delivery d WHERE d.id = \(delivery.id) AND \(delivery.stockItem?.storable) IS NOT NULL
            ON CONFLICT (connector_id, item) DO UPDATE SET quantity = excluded.quantity,
                device_id = excluded.device_id, asset_id = excluded.asset_id, reading_ts = excluded.reading_ts,
                delivery_id = excluded.delivery_id, updated_at = excluded.updated_at
            WHERE known.reading_ts <= excluded.reading_ts
            """
        )
    }

    /// Moves a stock figure by what was consumed or received; one that is not known stays so.
    ///
    /// - Parameters:
    ///   - difference: what is added; negative for what was consumed.
    ///   - delivery: the delivery that booked it.
    ///   - now: the time.
    /// - Returns: the statement.
    static func moveStock(by difference: Double, of delivery: LeasedDelivery, at now: Timestamp) -> Statement<Void> {
        Statement(
            "outbox.inventory.move",
            """
            UPDATE inventory_record known SET quantity = known.quantity + \(difference), device_id = d.device_id,
                asset_id = d.asset_id, reading_ts = greatest(known.reading_ts, d.reading_ts), delivery_id = d.id,
                updated_at = \(now)
            FROM delivery d
            WHERE d.id = \(delivery.id) AND known.connector_id = d.connector_id
                AND known.item = \(delivery.stockItem?.storable)
            """
        )
    }

    static let all: [AnyStatement] = {
        let time = Timestamp(microseconds: 0)
        let delivery = LeasedDelivery.arbitrary
        return [
            AnyStatement(addWorkOrders([], createdAt: time, nextCheckAt: time)),
            AnyStatement(setStock(0, of: delivery, at: time)), AnyStatement(moveStock(by: 0, of: delivery, at: time)),
        ]
    }()
}

/// An order that a delivery has made.
struct MadeOrder: Sendable {
    /// The row to be.
    var id: UUID
    var delivery: LeasedDelivery
    var externalID: String
}
