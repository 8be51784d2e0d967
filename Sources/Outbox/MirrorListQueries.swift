import Foundation
import PostgreSQL
import Primitives

/// The statements that read our mirror of the ERP's orders and stock figures.
enum MirrorListQueries {
    /// The orders of a page.
    ///
    /// An order that is gone in the ERP is not open, though nobody has done it.
    static func workOrderPage(_ filter: WorkOrderFilter, after cursor: OutboxCursor?, limit: Int) -> Statement<UUID> {
        Statement(
            "outbox.work-order.page",
            """
            SELECT w.id FROM work_order w
            WHERE (\(filter.isOpen) IS NULL OR (w.phase IN ('open', 'in-progress')) = \(filter.isOpen))
                AND (\(cursor?.createdAt) IS NULL OR (w.created_at, w.id) < (\(cursor?.createdAt), \(cursor?.id)))
                AND (\(filter.device) IS NULL OR w.device_id = (SELECT v.id FROM device v WHERE v.key = \(filter.device)))
                AND (\(filter.alarmID) IS NULL OR w.alarm_id = \(filter.alarmID))
                AND (\(filter.assetIDs) IS NULL OR w.asset_id = ANY(\(filter.assetIDs)))
                AND (\(filter.from) IS NULL OR w.created_at >= \(filter.from))
                AND (\(filter.to) IS NULL OR w.created_at < \(filter.to))
            ORDER BY w.created_at DESC, w.id DESC LIMIT \(Int64(limit))
            """
        ) { row throws(PostgresError) in try row.uuid(0) }
    }

    /// Whole orders, newest first.
    static func workOrders(_ ids: [UUID]) -> Statement<WorkOrderRecord> {
        Statement(
            "outbox.work-order.rows",
            """
            SELECT w.id, w.external_id, w.title, w.status, w.done_at, w.created_at, w.checked_at, c.key, c.name, v.key,
                v.name, a.key, a.name, w.alarm_id, w.delivery_id, c.options ->> 'link', w.connector_id, w.made_by,
                w.phase, w.number, w.assignee, w.due_at, w.started_at, w.finished_at, w.cost, w.currency, w.outcome,
                w.failure_code, w.equipment
            FROM work_order w JOIN connector c ON c.id = w.connector_id LEFT JOIN device v ON v.id = w.device_id
                LEFT JOIN asset a ON a.id = w.asset_id
            WHERE w.id = ANY(\(ids)) ORDER BY w.created_at DESC, w.id DESC
            """
        ) { row throws(PostgresError) in
            let externalID = try row.string(1)
            return WorkOrderRecord(
                id: try row.uuid(0),
                externalID: externalID,
                title: try row.string(2),
                status: try row.string(3),
                doneAt: try row.optionalTimestamp(4),
                createdAt: try row.timestamp(5),
                checkedAt: try row.optionalTimestamp(6),
                connector: try row.resource(7, 8),
                device: try row.optionalResource(9, 10),
                asset: try row.optionalResource(11, 12),
                alarmID: try row.optionalUUID(13),
                deliveryID: try row.optionalUUID(14),
                link: OrderLink.make(template: try row.optionalString(15), externalID: externalID),
                connectorID: try row.int32(16),
                madeBy: try row.string(17),
                phase: try row.enumeration(18),
                number: try row.optionalString(19),
                assignee: try row.optionalString(20),
                dueAt: try row.optionalTimestamp(21),
                startedAt: try row.optionalTimestamp(22),
                finishedAt: try row.optionalTimestamp(23),
                cost: try row.optionalDouble(24),
                currency: try row.optionalString(25),
                outcome: try row.optionalString(26),
                failureCode: try row.optionalString(27),
                equipment: try row.optionalString(28)
            )
        }
    }

    /// The columns of `decodeInventory`.
    private static let inventoryColumns: SQL.Part = """
        i.connector_id, c.key, c.name, i.item, i.quantity, v.key, v.name, a.key, a.name, i.reading_ts, i.updated_at,
        e.name, e.unit, d.fields ->> 'unit', d.fields ->> 'location'
        """
    private static let inventoryJoins: SQL.Part = """
        JOIN connector c ON c.id = i.connector_id JOIN delivery d ON d.id = i.delivery_id
        LEFT JOIN device v ON v.id = i.device_id LEFT JOIN asset a ON a.id = i.asset_id
        LEFT JOIN erp_item e ON e.connector_id = i.connector_id AND e.reference = i.item
        """

    /// Stock figures by connector and item.
    static func inventory(
        connector: String?,
        device: String?,
        after cursor: InventoryCursor?,
        limit: Int
    ) -> Statement<InventoryRecord> {
        Statement(
            "outbox.inventory.page",
            """
            SELECT \(inventoryColumns) FROM inventory_record i \(inventoryJoins)
            WHERE (\(cursor?.connectorID) IS NULL
                    OR (i.connector_id, i.item) > (\(cursor?.connectorID), \(cursor?.item)))
                AND (\(connector) IS NULL OR c.key = \(connector)) AND (\(device) IS NULL OR v.key = \(device))
            ORDER BY i.connector_id, i.item LIMIT \(Int64(limit))
            """,
            row: decodeInventory
        )
    }

    /// Stock figures by their places in two lists of the same length.
    static func inventory(connectors: [Int32], items: [String]) -> Statement<InventoryRecord> {
        Statement(
            "outbox.inventory.rows",
            """
            SELECT \(inventoryColumns) FROM unnest(\(connectors), \(items)) AS wanted (connector_id, item)
                JOIN inventory_record i ON i.connector_id = wanted.connector_id AND i.item = wanted.item
                \(inventoryJoins)
            """,
            row: decodeInventory
        )
    }

    @Sendable private static func decodeInventory(_ row: ResultRow) throws(PostgresError) -> InventoryRecord {
        InventoryRecord(
            connectorID: try row.int32(0),
            connector: try row.resource(1, 2),
            item: try row.string(3),
            itemName: try row.optionalString(11),
            itemUnit: try row.optionalString(12),
            quantity: try row.double(4),
            sentUnit: try row.optionalString(13),
            location: try row.optionalString(14),
            device: try row.optionalResource(5, 6),
            asset: try row.optionalResource(7, 8),
            readingTimestamp: try row.timestamp(9),
            updatedAt: try row.timestamp(10)
        )
    }

    static let all: [AnyStatement] = [
        AnyStatement(workOrderPage(WorkOrderFilter(), after: nil, limit: 1)), AnyStatement(workOrders([])),
        AnyStatement(inventory(connector: nil, device: nil, after: nil, limit: 1)),
        AnyStatement(inventory(connectors: [], items: [])),
    ]
}
