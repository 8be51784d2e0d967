import ERPConnectors
import Foundation
import PostgreSQL
import Primitives

/// What tests put into the tables of others, and read back.
enum OutboxTestQueries {
    static func addConnector(_ key: String, options: JSONValue) -> Statement<Int32> {
        Statement(
            "test.connector.add",
            """
            INSERT INTO connector (key, name, kind, url, options)
            VALUES (\(key), \(key.uppercased()), 'rest', 'http://erp.test', \(options)) RETURNING id
            """
        ) { row throws(PostgresError) in try row.int32(0) }
    }

    static func deleteConnector(_ id: Int32) -> Statement<Void> {
        Statement("test.connector.delete", "UPDATE connector SET deleted_at = now() WHERE id = \(id)")
    }

    static func addPlant() -> Statement<TestPlant> {
        Statement(
            "test.plant.add",
            """
            WITH p AS (INSERT INTO profile (key, name) VALUES ('motor', 'Motor') RETURNING id),
                a AS (INSERT INTO asset (key, name, level) VALUES ('line-1', 'Line 1', 'line') RETURNING id),
                d AS (INSERT INTO device (key, name, identifier, profile_id, asset_id)
                    SELECT 'motor-1', 'Motor 1', 'motor-1', p.id, a.id FROM p, a RETURNING id),
                r AS (INSERT INTO rule (key, name, profile_id, severity, condition)
                    SELECT 'hot', 'Hot', p.id, 'high', 'temperature > 80' FROM p RETURNING id)
            SELECT p.id, a.id, d.id, r.id FROM p, a, d, r
            """
        ) { row throws(PostgresError) in
            TestPlant(
                profile: try row.int32(0),
                asset: try row.int32(1),
                device: try row.int32(2),
                rule: try row.int32(3)
            )
        }
    }

    static func addAsset(_ key: String) -> Statement<Int32> {
        Statement(
            "test.asset.add",
            "INSERT INTO asset (key, name, level) VALUES (\(key), \(key), 'line') RETURNING id"
        ) { row throws(PostgresError) in try row.int32(0) }
    }

    static func aim(_ id: UUID, atMaker maker: UUID?, orOrder target: String?) -> Statement<Void> {
        Statement(
            "test.delivery.aim",
            "UPDATE delivery SET target_id = \(maker), target = \(target) WHERE id = \(id)"
        )
    }

    static func wantPicture(_ id: UUID) -> Statement<Void> {
        Statement("test.delivery.want-picture", "UPDATE delivery SET attach_chart = true WHERE id = \(id)")
    }

    static func limit(
        _ connector: Int32,
        perMinute: Int32? = nil,
        perHour: Int32? = nil,
        concurrent: Int32? = nil
    ) -> Statement<Void> {
        Statement(
            "test.connector.limit",
            """
            UPDATE connector SET per_minute = \(perMinute), per_hour = \(perHour), concurrent = \(concurrent)
            WHERE id = \(connector)
            """
        )
    }

    static func overlook(_ id: UUID) -> Statement<Void> {
        Statement("test.delivery.overlook", "UPDATE delivery SET is_next = false WHERE id = \(id)")
    }

    static func equip(_ asset: Int32, _ equipment: JSONValue) -> Statement<Void> {
        Statement("test.asset.equip", "UPDATE asset SET equipment = \(equipment)::json::jsonb WHERE id = \(asset)")
    }

    static func addAlarm(
        _ id: UUID,
        plant: TestPlant,
        severity: String = "high",
        at time: Timestamp
    ) -> Statement<Void> {
        Statement(
            "test.alarm.add",
            """
            INSERT INTO alarm (id, rule_id, rule_revision, device_id, asset_id, severity, raised_at, received_at, cleared_at,
                clear_reason)
            VALUES (\(id), \(plant.rule), 1, \(plant.device), \(plant.asset), \(severity), \(time), \(time), \(time),
                'condition')
            """
        )
    }

    static func addMapping(_ key: String, plant: TestPlant, connector: Int32, operation: String) -> Statement<Int32> {
        Statement(
            "test.mapping.add",
            """
            INSERT INTO mapping (key, name, trigger_rule_id, connector_id, operation, fields)
            VALUES (\(key), \(key.uppercased()), \(plant.rule), \(connector), \(operation), '{}') RETURNING id
            """
        ) { row throws(PostgresError) in try row.int32(0) }
    }

    static func addDelivery(_ delivery: TestDelivery, plant: TestPlant) -> Statement<Void> {
        Statement(
            "test.delivery.add",
            """
            INSERT INTO delivery (id, idempotency_key, mapping_id, mapping_revision, connector_id, operation, alarm_id,
                device_id, asset_id, reading_ts, reading_received_at, fields, item, state, reason, attempts, created_at,
                next_attempt_at, finished_at)
            VALUES (\(delivery.id), \(delivery.key), \(delivery.mapping), 3, \(delivery.connector),
                \(delivery.operation), \(delivery.alarm), \(plant.device), \(plant.asset), \(delivery.readingTimestamp),
                \(delivery.readingTimestamp.adding(seconds: 0.25)), \(JSONValue.object(delivery.fields)),
                \(delivery.item), \(delivery.state), \(delivery.reason), 0, \(delivery.createdAt),
                \(delivery.createdAt), \(["waiting", "held"].contains(delivery.state) ? nil : delivery.createdAt))
            """
        )
    }

    static func row(_ id: UUID) -> Statement<DeliveryRow> {
        Statement(
            "test.delivery.row",
            """
            SELECT state, reason, attempts, next_attempt_at, attempt_started_at, external_id, lease_token,
                lease_until
            FROM delivery WHERE id = \(id)
            """
        ) { row throws(PostgresError) in
            DeliveryRow(
                state: try row.string(0),
                reason: try row.optionalString(1),
                attempts: Int(try row.int32(2)),
                nextAttemptAt: try row.timestamp(3),
                startedAt: try row.optionalTimestamp(4),
                externalID: try row.optionalString(5),
                token: try row.optionalUUID(6),
                leaseUntil: try row.optionalTimestamp(7)
            )
        }
    }

    static func nextCheck(_ externalID: String) -> Statement<Timestamp?> {
        Statement("test.work-order.next", "SELECT next_check_at FROM work_order WHERE external_id = \(externalID)") {
            row throws(PostgresError) in try row.optionalTimestamp(0)
        }
    }

    static func stateCount(_ state: String) -> Statement<Int64> {
        Statement("test.delivery.count", "SELECT count(*) FROM delivery WHERE state = \(state)") {
            row throws(PostgresError) in try row.int64(0)
        }
    }

    static func workOrderCount() -> Statement<Int64> {
        Statement("test.work-order.count", "SELECT count(*) FROM work_order") { row throws(PostgresError) in
            try row.int64(0)
        }
    }

    static func changes() -> Statement<ChangedEntity> {
        Statement("test.change.list", "SELECT kind, entity_id FROM change ORDER BY id") { row throws(PostgresError) in
            ChangedEntity(kind: try row.string(0), id: try row.string(1))
        }
    }
}

struct TestPlant: Sendable {
    var profile: Int32
    var asset: Int32
    var device: Int32
    var rule: Int32
}

struct TestDelivery: Sendable {
    var id: UUID
    var key: String
    var mapping: Int32
    var connector: Int32
    var operation: String
    var fields: JSONObject
    var item: String?
    var alarm: UUID?
    var state = "waiting"
    var reason: String?
    var readingTimestamp: Timestamp
    var createdAt: Timestamp
}

struct DeliveryRow: Hashable, Sendable {
    var state: String
    var reason: String?
    var attempts: Int
    var nextAttemptAt: Timestamp
    var startedAt: Timestamp?
    var externalID: String?
    var token: UUID?
    var leaseUntil: Timestamp?
}

struct ChangedEntity: Hashable, Sendable {
    var kind: String
    var id: String
}
