import Foundation
import PostgreSQL
import Primitives

/// An open order, or one on its way.
struct OpenOrder: Sendable {
    var target: OrderTarget
}

/// What an ended alarm was.
struct EndedAlarm: Sendable {
    var id: UUID
    var ruleKey: String
    var ruleName: String
    var severity: String
    var raisedAt: Timestamp
    var deviceID: Int32
    var assetID: Int32?
}

/// The statements by which a mapping decides on an order that exists, on recurrence and on its limit.
///
/// All of them run under ``takeTurn()``, so that two transactions never decide on the same thing at once.
enum GuardQueries {
    /// Waits for the end of any other transaction that decides, and makes others wait for this one.
    static func takeTurn() -> Statement<Void> {
        Statement("erp.guard.take-turn", "SELECT pg_advisory_xact_lock(6011372250417105262)")
    }

    private static func decode(_ row: ResultRow) throws(PostgresError) -> OpenOrder {
        OpenOrder(target: OrderTarget(deliveryID: try row.optionalUUID(0), externalID: try row.optionalString(1)))
    }

    /// The newest order of a connector for an asset that is open or on its way; for a device where there is no asset.
    ///
    /// Whether its delivery fails later, or the order is closed in the ERP meanwhile, is found out by the dispatcher.
    static func openOrder(connector: Int32, asset: Int32?, device: Int32) -> Statement<OpenOrder> {
        Statement(
            "erp.guard.open-order",
            """
            SELECT o.delivery_id, o.external_id FROM (
                SELECT d.id AS delivery_id, NULL::text AS external_id, d.created_at FROM delivery d
                WHERE d.connector_id = \(connector) AND d.operation = 'work-order.create'
                    AND d.state IN ('held', 'waiting', 'leased', 'uncertain')
                    AND (d.asset_id = \(asset) OR \(asset)::integer IS NULL AND d.device_id = \(device))
                UNION ALL
                SELECT w.delivery_id, w.external_id, w.created_at FROM work_order w
                WHERE w.connector_id = \(connector) AND w.done_at IS NULL AND w.phase IN ('open', 'in-progress')
                    AND (w.asset_id = \(asset) OR \(asset)::integer IS NULL AND w.device_id = \(device))
            ) AS o ORDER BY o.created_at DESC LIMIT 1
            """,
            row: { row throws(PostgresError) in try decode(row) }
        )
    }

    /// The order of an alarm on a connector that is open or on its way: its own, or the one that it was attached to.
    ///
    /// With `toCancel` it must be one that may be cancelled: its own, on which work has not begun, and that no other
    /// alarm waits for.
    static func order(ofAlarm id: UUID, connector: Int32, toCancel: Bool) -> Statement<OpenOrder> {
        Statement(
            "erp.guard.order-of-alarm",
            """
            SELECT coalesce(d.attached_to, d.target_id, d.id), d.target FROM delivery d
            WHERE d.alarm_id = \(id) AND d.connector_id = \(connector)
                AND (d.operation = 'work-order.create'
                    OR NOT \(toCancel) AND (d.attached_to IS NOT NULL OR d.target IS NOT NULL)
                        AND d.operation = 'work-order.comment')
                AND (d.state IN ('held', 'waiting', 'leased', 'uncertain') OR d.state = 'delivered' AND NOT EXISTS (
                    SELECT FROM work_order w WHERE w.delivery_id = coalesce(d.attached_to, d.id)
                        AND (w.done_at IS NOT NULL OR w.phase NOT IN ('open', 'in-progress')
                            OR \(toCancel) AND w.phase <> 'open')))
                AND NOT (\(toCancel) AND EXISTS (
                    SELECT FROM delivery o JOIN alarm a ON a.id = o.alarm_id
                    WHERE o.attached_to = d.id AND a.cleared_at IS NULL))
            ORDER BY d.created_at DESC LIMIT 1
            """
        ) { row throws(PostgresError) in
            let external = try row.optionalString(1)
            return OpenOrder(
                target: OrderTarget(
                    deliveryID: external == nil ? try row.optionalUUID(0) : nil,
                    externalID: external
                )
            )
        }
    }

    /// The newest order of an earlier alarm of the same rule and device that is open or on its way.
    static func earlierOrder(
        rule: Int32,
        device: Int32,
        connector: Int32,
        except alarm: UUID
    ) -> Statement<OpenOrder> {
        Statement(
            "erp.guard.earlier-order",
            """
            SELECT o.delivery_id, o.external_id FROM (
                SELECT d.id AS delivery_id, NULL::text AS external_id, d.created_at, d.alarm_id FROM delivery d
                WHERE d.connector_id = \(connector) AND d.operation = 'work-order.create'
                    AND d.state IN ('held', 'waiting', 'leased', 'uncertain') AND d.device_id = \(device)
                UNION ALL
                SELECT w.delivery_id, w.external_id, w.created_at, w.alarm_id FROM work_order w
                WHERE w.connector_id = \(connector) AND w.done_at IS NULL AND w.phase IN ('open', 'in-progress')
                    AND w.device_id = \(device)
            ) AS o JOIN alarm a ON a.id = o.alarm_id
            WHERE a.rule_id = \(rule) AND a.device_id = \(device) AND a.id <> \(alarm)
            ORDER BY o.created_at DESC LIMIT 1
            """,
            row: { row throws(PostgresError) in try decode(row) }
        )
    }

    /// Whether an earlier alarm of the same rule and device ended at or after a time.
    static func endedSince(
        _ time: Timestamp,
        rule: Int32,
        device: Int32,
        except alarm: UUID,
        raisedAt: Timestamp
    ) -> Statement<Bool> {
        Statement(
            "erp.guard.ended-since",
            """
            SELECT EXISTS (
                SELECT FROM alarm a WHERE a.device_id = \(device) AND a.rule_id = \(rule) AND a.id <> \(alarm)
                    AND a.raised_at <= \(raisedAt) AND a.cleared_at >= \(time))
            """
        ) { row throws(PostgresError) in try row.bool(0) }
    }

    /// How many deliveries of a mapping for an asset were caused in a time; for a device where there is no asset.
    static func count(
        mapping: Int32,
        asset: Int32?,
        device: Int32,
        after start: Timestamp,
        through end: Timestamp
    ) -> Statement<Int64> {
        Statement(
            "erp.guard.count",
            """
            SELECT count(*) FROM delivery d
            WHERE d.mapping_id = \(mapping) AND (d.asset_id = \(asset)
                    OR \(asset)::integer IS NULL AND d.asset_id IS NULL AND d.device_id = \(device))
                AND d.reading_ts > \(start) AND d.reading_ts <= \(end) AND d.state <> 'superseded'
                AND d.operation <> 'work-order.attach'
            """
        ) { row throws(PostgresError) in try row.int64(0) }
    }

    /// What ended alarms were.
    static func ended(_ ids: [UUID]) -> Statement<EndedAlarm> {
        Statement(
            "erp.guard.ended",
            """
            SELECT a.id, r.key, r.name, a.severity, a.raised_at, a.device_id, a.asset_id
            FROM alarm a JOIN rule r ON r.id = a.rule_id WHERE a.id = ANY(\(ids))
            """
        ) { row throws(PostgresError) in
            EndedAlarm(
                id: try row.uuid(0),
                ruleKey: try row.string(1),
                ruleName: try row.string(2),
                severity: try row.string(3),
                raisedAt: try row.timestamp(4),
                deviceID: try row.int32(5),
                assetID: try row.optionalInt32(6)
            )
        }
    }

    static let all: [AnyStatement] = {
        let time = Timestamp(microseconds: 0)
        let id = UUID(uuid: (0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0))
        return [
            AnyStatement(takeTurn()), AnyStatement(openOrder(connector: 0, asset: nil, device: 0)),
            AnyStatement(order(ofAlarm: id, connector: 0, toCancel: true)),
            AnyStatement(earlierOrder(rule: 0, device: 0, connector: 0, except: id)),
            AnyStatement(endedSince(time, rule: 0, device: 0, except: id, raisedAt: time)),
            AnyStatement(count(mapping: 0, asset: nil, device: 0, after: time, through: time)),
            AnyStatement(ended([])),
        ]
    }()
}
