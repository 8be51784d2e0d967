import Foundation
import PostgreSQL
import Primitives

/// An order that the ERP had.
struct PastOrder: Sendable {
    var alarmID: UUID?
    var ruleID: Int32?
    var deviceID: Int32?
    var assetID: Int32?
    var createdAt: Timestamp
    var doneAt: Timestamp?

    func isOpen(at time: Timestamp) -> Bool { createdAt <= time && doneAt.map { $0 > time } != false }
}

/// The statements of dry runs.
enum PastOrderQueries {
    /// The most orders that a dry run looks at.
    static let limit: Int64 = 20_000

    /// The newest orders of a connector that were open at some time since.
    static func orders(connector: Int32, since: Timestamp) -> Statement<PastOrder> {
        Statement(
            "erp.dry-run.orders",
            """
            SELECT w.alarm_id, a.rule_id, w.device_id, w.asset_id, w.created_at, w.done_at
            FROM work_order w LEFT JOIN alarm a ON a.id = w.alarm_id
            WHERE w.connector_id = \(connector) AND (w.done_at IS NULL OR w.done_at >= \(since))
            ORDER BY w.created_at DESC LIMIT \(limit)
            """
        ) { row throws(PostgresError) in
            PastOrder(
                alarmID: try row.optionalUUID(0),
                ruleID: try row.optionalInt32(1),
                deviceID: try row.optionalInt32(2),
                assetID: try row.optionalInt32(3),
                createdAt: try row.timestamp(4),
                doneAt: try row.optionalTimestamp(5)
            )
        }
    }

    static let all: [AnyStatement] = [AnyStatement(orders(connector: 0, since: Timestamp(microseconds: 0)))]
}
