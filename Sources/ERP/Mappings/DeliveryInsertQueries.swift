import ERPConnectors
import Foundation
import PostgreSQL
import Primitives

/// The statements that put deliveries into the outbox.
enum DeliveryInsertQueries {
    /// Inserts a delivery, unless there is one with its key.
    ///
    /// The device and asset may be gone meanwhile; that must not fail the transaction.
    static func insert(_ draft: DeliveryDraft, at time: Timestamp) -> Statement<UUID> {
        let end = draft.isFinal ? time : nil
        return Statement(
            "erp.delivery.insert",
            """
            INSERT INTO delivery (id, idempotency_key, mapping_id, mapping_revision, connector_id, operation, alarm_id,
                device_id, asset_id, reading_ts, reading_received_at, fields, item, state, reason, detail, created_at,
                next_attempt_at, finished_at, target_id, target, attached_to, attach_chart)
            VALUES (\(draft.id), \(draft.idempotencyKey), \(draft.mapping.id), \(draft.mapping.revision),
                \(draft.mapping.definition.connectorID), \(draft.operation), \(draft.alarmID),
                (SELECT id FROM device WHERE id = \(draft.deviceID)), (SELECT id FROM asset WHERE id = \(draft.assetID)),
                \(draft.readingTimestamp), \(draft.readingReceivedAt), \(JSONValue.object(draft.fields)), \(draft.item),
                \(draft.state), \(draft.reason), \(draft.detail?.withoutNUL), \(time), \(time), \(end),
                \(draft.target?.deliveryID), \(draft.target?.deliveryID == nil ? draft.target?.externalID : nil),
                \(draft.isAttached ? draft.target?.deliveryID : nil), \(draft.attachesChart))
            ON CONFLICT (idempotency_key) DO NOTHING
            RETURNING id
            """
        ) { row throws(PostgresError) in try row.uuid(0) }
    }

    /// Supersedes older undelivered figures of the same mapping and item.
    ///
    /// - Returns: when the last of those whose outcome is unknown can no longer arrive; nil when there is none.
    static func supersede(by draft: DeliveryDraft, at time: Timestamp) -> Statement<Timestamp?> {
        Statement(
            "erp.delivery.supersede",
            """
            WITH old AS (
                SELECT id, state, next_attempt_at FROM delivery
                WHERE connector_id = \(draft.mapping.definition.connectorID) AND item = \(draft.item)
                    AND mapping_id = \(draft.mapping.id) AND operation = 'stock.set' AND id <> \(draft.id)
                    AND state IN ('held', 'waiting', 'uncertain') AND reading_ts <= \(draft.readingTimestamp)
                FOR UPDATE
            ), gone AS (
                UPDATE delivery SET state = 'superseded', finished_at = \(time) FROM old WHERE delivery.id = old.id
            )
            SELECT max(next_attempt_at) FILTER (WHERE state = 'uncertain') FROM old
            """
        ) { row throws(PostgresError) in try row.optionalTimestamp(0) }
    }

    /// Lets a delivery wait longer.
    static func postpone(_ id: UUID, until time: Timestamp) -> Statement<Void> {
        Statement(
            "erp.delivery.postpone",
            "UPDATE delivery SET next_attempt_at = greatest(next_attempt_at, \(time)) WHERE id = \(id)"
        )
    }

    /// Tells dispatchers, at COMMIT, that there is work.
    static func notify() -> Statement<Void> {
        Statement("erp.delivery.notify", "SELECT pg_notify('plantwright_outbox', '')")
    }

    static let all: [AnyStatement] = {
        let time = Timestamp(microseconds: 0)
        let id = UUID(uuid: (0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0))
        let definition = MappingDefinition(
            name: "",
            trigger: .rule(RuleTrigger(ruleID: 0)),
            connectorID: 0,
            operation: .stockSet,
            fields: [:],
            maxAge: MappingDefinition.defaultMaxAge,
            isEnabled: true
        )
        let draft = DeliveryDraft(
            id: id,
            idempotencyKey: "",
            mapping: Mapping(id: 0, key: "", definition: definition, revision: 0, updatedAt: time),
            operation: .stockSet,
            deviceID: 0,
            readingTimestamp: time,
            readingReceivedAt: time,
            fields: [:]
        )
        return [
            AnyStatement(insert(draft, at: time)), AnyStatement(supersede(by: draft, at: time)),
            AnyStatement(postpone(id, until: time)), AnyStatement(notify()),
        ]
    }()
}

extension DeliveryDraft {
    /// Whether a picture goes to the order that it makes.
    fileprivate var attachesChart: Bool {
        operation == .workOrderCreate && alarmID != nil && mapping.definition.options.attachesChart
    }

    /// Whether nothing more will happen with it by itself.
    fileprivate var isFinal: Bool {
        switch beginning {
        case .waiting, .held: false
        case .dead, .superseded: true
        }
    }

    fileprivate var state: String {
        switch beginning {
        case .waiting: "waiting"
        case .held: "held"
        case .dead: "dead"
        case .superseded: "superseded"
        }
    }

    fileprivate var reason: String? {
        switch beginning {
        case .waiting, .held: nil
        case .dead: "template-failed"
        case .superseded(let reason, _): reason.rawValue
        }
    }

    fileprivate var detail: String? {
        switch beginning {
        case .waiting, .held: nil
        case .dead(let detail), .superseded(_, let detail): detail
        }
    }
}
