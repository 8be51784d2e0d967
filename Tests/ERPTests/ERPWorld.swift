import Assets
import ERPConnectors
import Foundation
import HTTPClient
import Logging
import PostgreSQL
import Primitives
import Secrets
import Synchronization
import TestSupport

@testable import ERP

/// A migrated database with a small plant, and everything of this module on top of it.
///
/// Motors have `temperature` and `mode`, silos have `level`; `motor-1` and `silo-1` stand in hall `hall-1`. Rule `hot` is
/// about motors, rule `site` about the hall.
struct ERPWorld: Sendable {
    let pool: PostgresPool
    let plant: PlantStore
    let registry: ConnectorRegistry
    let connectors: ConnectorStore
    let mappings: MappingStore
    let engine: MappingEngine
    let previewer: MappingPreviewer
    let clock: TestTime

    static let start = Timestamp(milliseconds: 1_795_000_000_000)

    private static let logger = Logger(label: "test.erp") { _ in SwiftLogNoOpLogHandler() }

    /// Makes a world on a database of its own.
    static func with(_ body: (ERPWorld) async throws -> Void) async throws {
        let configuration = try await TemporaryPostgreSQL.shared().migratedDatabase()
        let pool = PostgresPool(configuration: configuration, size: 3, logger: logger)
        do {
            try await body(try await ERPWorld(pool))
        } catch {
            await pool.shutdown()
            throw error
        }
        await pool.shutdown()
    }

    private init(_ pool: PostgresPool) async throws {
        let clock = TestTime(Self.start)
        let box = try SecretBox(key: Array(0..<32))
        let client = HTTPClient(.init(policy: try OutboundPolicy(allow: ["127.0.0.1"])))
        let link: @Sendable (UUID) -> String = { "http://pw.example/deliveries/\($0.uuidString.lowercased())" }
        let plant = PlantStore(pool: pool)
        self.pool = pool
        self.plant = plant
        self.clock = clock
        registry = ConnectorRegistry(session: pool, box: box, client: client, clock: clock.clock)
        connectors = ConnectorStore(pool: pool, box: box, registry: registry, clock: clock.clock)
        engine = MappingEngine(
            session: pool,
            states: plant.states,
            clock: clock.clock,
            identifiers: .system,
            link: link,
            logger: Self.logger
        )
        mappings = MappingStore(pool: pool, plant: plant, registry: registry, engine: engine, clock: clock.clock)
        previewer = MappingPreviewer(session: pool, plant: plant, registry: registry, clock: clock.clock, link: link)
        try await fill()
    }

    private func fill() async throws {
        try await plant.load()
        try await plant.states.register(["fault"], in: pool)
        let metric: (String, String) -> JSONValue = { ["key": .string($0), "name": .string($0), "kind": .string($1)] }
        _ = try await plant.putProfile(
            key: key("motor"),
            document: ["name": "Motor", "metrics": [metric("temperature", "gauge"), metric("mode", "state")]]
        )
        _ = try await plant.putProfile(
            key: key("silo"),
            document: ["name": "Silo", "metrics": [metric("level", "gauge"), metric("strokes", "counter")]]
        )
        _ = try await plant.putAsset(
            key: key("hall-1"),
            document: ["name": "Hall 1", "level": "area", "equipment": ["erp": "EQ-7"]]
        )
        for (device, profile) in [("motor-1", "motor"), ("silo-1", "silo"), ("silo-2", "silo")] {
            _ = try await plant.putDevice(
                key: key(device),
                document: [
                    "name": .string(device.capitalized), "profile": .string(profile),
                    "asset": device == "silo-2" ? nil : "hall-1",
                ]
            )
        }
        let plant = plant.snapshot
        try await pool.execute(
            ERPTestQueries.addRule("hot", profile: plant.profile(key: "motor")?.id, assets: nil)
        )
        try await pool.execute(
            ERPTestQueries.addRule("site", profile: nil, assets: [plant.asset(key: "hall-1")?.id ?? 0])
        )
        try await registry.load()
        try await engine.load()
    }

    struct Missing: Error {}

    func key(_ text: String) throws -> ResourceKey {
        guard let key = ResourceKey(text) else { throw Missing() }
        return key
    }

    func device(_ key: String) throws -> Device {
        guard let device = plant.snapshot.device(key: key) else { throw Missing() }
        return device
    }

    /// The connector `erp` with every option of a simple ERP.
    func addConnector(url: String = "https://erp.example/api", credentials: JSONValue? = nil) async throws {
        var document: JSONObject = ["name": "ERP", "kind": "rest", "url": .string(url), "options": Self.options]
        document["credentials"] = credentials
        try await connectors.put(key: key("erp"), document: .object(document))
    }

    static let options: JSONValue = [
        "create": ["path": "/orders", "id": "id", "body": ["title": "${title}", "ref": "${idempotencyKey}"]],
        "find": ["path": "/orders?ref=${idempotencyKey}", "items": "items", "id": "id"],
        "status": ["path": "/orders/${id}", "state": "status", "done": ["done"]],
        "stock": ["path": "/stock/${item}", "body": ["quantity": "${quantity}"]], "settle": 5,
    ]

    static func orderMapping(_ fields: JSONObject = ["title": "Hot: ${device.name}"], rule: String = "hot") -> JSONValue
    {
        [
            "name": "Order", "trigger": ["rule": .string(rule)], "connector": "erp", "operation": "work-order.create",
            "fields": .object(fields),
        ]
    }

    static func stockMapping(
        _ fields: JSONObject = ["item": "PP", "quantity": "${round(level, 1)}"],
        interval: String = "PT10S"
    ) -> JSONValue {
        [
            "name": "Stock", "connector": "erp", "operation": "stock.set", "fields": .object(fields),
            "trigger": ["metric": "level", "profile": "silo", "minChange": 0.5, "minInterval": .string(interval)],
        ]
    }

    /// An alarm of a rule on a motor, its row included.
    func raise(
        _ rule: String = "hot",
        device: String = "motor-1",
        values: [Double] = [81.26, 2],
        at time: Timestamp = start,
        receivedAt: Timestamp? = nil
    ) async throws -> AlarmTrigger {
        let device = try self.device(device)
        let id = UUID()
        guard
            let ruleID = try await pool.first(
                ERPTestQueries.addAlarm(id, rule: rule, device: device.id, asset: device.assetID, at: time)
            )
        else { throw Missing() }
        return AlarmTrigger(
            alarmID: id,
            ruleID: ruleID,
            ruleKey: rule,
            ruleName: "Rule \(rule)",
            severity: "high",
            raisedAt: time,
            receivedAt: receivedAt ?? time.adding(seconds: 1),
            deviceID: device.id,
            assetID: device.assetID,
            values: MetricValues(slots: values)
        )
    }

    func reading(_ level: Double, at seconds: Double, device: String = "silo-1") throws -> Reading {
        let time = Self.start.adding(seconds: seconds)
        return Reading(
            deviceID: try self.device(device).id,
            timestamp: time,
            receivedAt: time.adding(seconds: 1),
            quality: 0,
            values: MetricValues(slots: [level])
        )
    }

    /// Observes readings in a transaction of their own and takes them into memory after it.
    func observe(_ readings: [Reading]) async throws {
        let apply = try await pool.transaction { transaction in
            try await engine.observe(readings: readings, plant: plant.snapshot, in: transaction)
        }
        apply()
    }

    func deliver(_ alarms: AlarmTrigger...) async throws -> Int {
        try await deliver(alarms).count
    }

    func deliver(_ alarms: [AlarmTrigger], returned: [AlarmReturn] = []) async throws -> WrittenDeliveries {
        try await pool.transaction { transaction in
            try await engine.deliveries(
                forAlarms: alarms,
                returned: returned,
                plant: plant.snapshot,
                in: transaction
            )
        }
    }

    /// Stores a mapping without asking whether the connector can do it.
    func store(_ key: String, _ definition: MappingDefinition) async throws {
        _ = try await pool.first(MappingQueries.insert(key: key, definition, at: clock.clock.now))
        try await engine.load()
    }

    /// What is stored of the credentials of connector `erp`.
    func sealedCredentials() async throws -> [UInt8]? {
        try await pool.first(ERPTestQueries.credentials("erp")) ?? nil
    }

    /// All deliveries in the order of their making.
    func deliveries() async throws -> [StoredDelivery] {
        try await pool.query(ERPTestQueries.deliveries())
    }
}

/// A clock that tests set.
final class TestTime: Sendable {
    private let time: Mutex<Timestamp>

    init(_ time: Timestamp) {
        self.time = Mutex(time)
    }

    func advance(seconds: Double) {
        time.withLock { $0 = $0.adding(seconds: seconds) }
    }

    var clock: WallClock { WallClock { self.time.withLock { $0 } } }
}

/// What tests look at of a delivery.
struct StoredDelivery: Sendable {
    var id: UUID
    var key: String
    var mappingRevision: Int32
    var state: String
    var reason: String?
    var detail: String?
    var fields: JSONValue
    var item: String?
    var readingTimestamp: Timestamp
    var nextAttemptAt: Timestamp
    var alarmID: UUID?
    var assetID: Int32?
    var operation = ""
    var targetID: UUID?
    var target: String?
    var attachedTo: UUID?
}

/// Statements of these tests alone.
enum ERPTestQueries {
    static func addRule(_ key: String, profile: Int32?, assets: [Int32]?) -> Statement<Void> {
        Statement(
            "test.rule.add",
            """
            INSERT INTO rule (key, name, profile_id, asset_ids, severity, condition)
            VALUES (\(key), 'Rule ' || \(key), \(profile), \(assets), 'high', 'true')
            """
        )
    }

    static func addAlarm(_ id: UUID, rule: String, device: Int32, asset: Int32?, at time: Timestamp) -> Statement<Int32>
    {
        Statement(
            "test.alarm.add",
            """
            INSERT INTO alarm (id, rule_id, rule_revision, device_id, asset_id, severity, raised_at, received_at,
                cleared_at, clear_reason)
            SELECT \(id), id, 1, \(device), \(asset), 'high', \(time), \(time), \(time), 'condition'
            FROM rule WHERE key = \(rule) RETURNING rule_id
            """
        ) { row throws(PostgresError) in try row.int32(0) }
    }

    static func deliveries() -> Statement<StoredDelivery> {
        Statement(
            "test.deliveries",
            """
            SELECT id, idempotency_key, mapping_revision, state, reason, detail, fields, item, reading_ts,
                next_attempt_at, alarm_id, asset_id, operation, target_id, target, attached_to
            FROM delivery ORDER BY reading_ts, created_at, id
            """
        ) { row throws(PostgresError) in
            StoredDelivery(
                id: try row.uuid(0),
                key: try row.string(1),
                mappingRevision: try row.int32(2),
                state: try row.string(3),
                reason: try row.optionalString(4),
                detail: try row.optionalString(5),
                fields: try row.json(6),
                item: try row.optionalString(7),
                readingTimestamp: try row.timestamp(8),
                nextAttemptAt: try row.timestamp(9),
                alarmID: try row.optionalUUID(10),
                assetID: try row.optionalInt32(11),
                operation: try row.string(12),
                targetID: try row.optionalUUID(13),
                target: try row.optionalString(14),
                attachedTo: try row.optionalUUID(15)
            )
        }
    }

    static func setState(_ id: UUID, _ state: String, next: Timestamp) -> Statement<Void> {
        Statement(
            "test.delivery.state",
            """
            UPDATE delivery SET state = \(state), next_attempt_at = \(next),
                lease_token = CASE WHEN \(state) = 'leased' THEN gen_random_uuid() END,
                lease_until = CASE WHEN \(state) = 'leased' THEN now() END
            WHERE id = \(id)
            """
        )
    }

    static func credentials(_ key: String) -> Statement<[UInt8]?> {
        Statement("test.connector.credentials", "SELECT credentials FROM connector WHERE key = \(key)") {
            row throws(PostgresError) in try row.optionalBytes(0)
        }
    }

    /// Makes the sealed credentials those of another key; the registry notices by the revision.
    static func spoilCredentials(_ key: String) -> Statement<Void> {
        Statement(
            "test.connector.spoil",
            """
            UPDATE connector SET credentials = set_byte(credentials, 1, 255 - get_byte(credentials, 1)),
                revision = revision + 1
            WHERE key = \(key)
            """
        )
    }

    static func removeDevice(_ id: Int32) -> Statement<Void> {
        Statement("test.device.remove", "DELETE FROM device WHERE id = \(id)")
    }
}
