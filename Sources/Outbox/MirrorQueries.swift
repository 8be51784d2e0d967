import Foundation
import PostgreSQL
import Primitives

/// What settling a delivery writes about the ERP's documents and figures.
///
/// Alarm, device and asset come from the delivery's row as it is now: what they point at may be gone since the lease.
enum MirrorQueries {
    /// Notes a new order, unless it is known: some ERPs answer a repeated key with the order they have.
    static func addWorkOrder(
        _ id: UUID,
        of delivery: LeasedDelivery,
        externalID: String,
        createdAt: Timestamp,
        nextCheckAt: Timestamp
    ) -> Statement<Void> {
        Statement(
            "outbox.work-order.add",
            """
            INSERT INTO work_order (id, delivery_id, connector_id, alarm_id, device_id, asset_id, external_id, title,
                created_at, next_check_at)
            SELECT \(id), d.id, d.connector_id, d.alarm_id, d.device_id, d.asset_id, \(externalID.storable),
                \(delivery.title.storable), \(createdAt), \(nextCheckAt)
            FROM delivery d WHERE d.id = \(delivery.id)
            ON CONFLICT DO NOTHING
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

    static let all: [AnyStatement] = {
        let time = Timestamp(microseconds: 0)
        let delivery = LeasedDelivery.arbitrary
        return [
            AnyStatement(
                addWorkOrder(delivery.id, of: delivery, externalID: "", createdAt: time, nextCheckAt: time)
            ),
            AnyStatement(setStock(0, of: delivery, at: time)),
        ]
    }()
}
