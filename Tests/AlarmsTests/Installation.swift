import Foundation
import Logging
import Observability
import PostgreSQL
import Primitives
import Synchronization
import TestSupport

@testable import Alarms
@testable import Assets

/// A database with the plant of ``PlantFixture`` and everything that works on it.
final class Installation: Sendable {
    /// What becomes of the transaction of a batch.
    enum Fate: CaseIterable {
        /// Committed and taken into memory.
        case applied
        /// Committed, but the server dies before it is taken into memory.
        case committed
        /// Rolled back.
        case rolledBack
    }

    struct Crash: Error {}

    /// The time that stands still in these tests.
    static let now = PlantFixture.at(3_600)

    let pool: PostgresPool
    let plant: PlantStore
    let metrics = PlantwrightMetrics()
    let engine: AlarmEngine
    let rules: RuleStore
    let alarms: AlarmStore

    private init(_ pool: PostgresPool, usage: (any RuleUsage)?) {
        self.pool = pool
        plant = PlantStore(pool: pool)
        engine = Self.engine(plant, metrics)
        let clock = WallClock { Self.now }
        rules = RuleStore(pool: pool, plant: plant, engine: engine, usage: usage, clock: clock)
        alarms = AlarmStore(pool: pool, plant: plant, clock: clock)
    }

    /// Runs a test in a fresh installation.
    static func with(usage: (any RuleUsage)? = nil, _ body: (Installation) async throws -> Void) async throws {
        let database = try await TemporaryPostgreSQL.shared().migratedDatabase()
        let pool = PostgresPool(configuration: database, size: 4, logger: Logger(label: "test"))
        let installation = Installation(pool, usage: usage)
        do {
            try await installation.furnish()
            try await body(installation)
        } catch {
            await pool.shutdown()
            throw error
        }
        await pool.shutdown()
    }

    /// Another engine on the same database, as after a restart.
    func restartedEngine() -> AlarmEngine { Self.engine(plant, metrics) }

    private static func engine(_ plant: PlantStore, _ metrics: PlantwrightMetrics) -> AlarmEngine {
        AlarmEngine(
            states: plant.states,
            clock: WallClock { now },
            identifiers: .system,
            metrics: metrics,
            logger: Logger(label: "test")
        )
    }

    private func furnish() async throws {
        try await plant.load()
        for profile in [PlantFixture.motor, PlantFixture.tank] {
            _ = try await plant.putProfile(key: key(profile.key), document: profile.json)
        }
        for id: Int32 in [10, 11, 12] {
            guard let asset = PlantFixture.plant.assets[id] else { continue }
            _ = try await plant.putAsset(key: key(asset.key), document: PlantFixture.plant.json(asset))
        }
        for id: Int32 in [1, 2, 3] {
            guard let device = PlantFixture.plant.devices[id] else { continue }
            _ = try await plant.putDevice(key: key(device.key), document: PlantFixture.plant.json(device))
        }
        try await plant.states.register(["fault", "idle"], in: pool)
    }

    func key(_ text: String) throws -> ResourceKey {
        guard let key = ResourceKey(text) else { throw Crash() }
        return key
    }

    /// Writes a rule for motors.
    @discardableResult
    func put(_ name: String, _ condition: String, _ changes: JSONObject = [:]) async throws -> Rule {
        var document: JSONObject = [
            "name": .string(name.capitalized), "profile": "motor", "severity": "high", "condition": .string(condition),
        ]
        for member in changes.members { document[member.name] = member.value.isNull ? nil : member.value }
        return try await rules.put(key: key(name), document: .object(document)).rule
    }

    /// Evaluates a batch in a transaction of its own.
    @discardableResult
    func deliver(
        _ readings: [Reading],
        _ fate: Fate = .applied,
        engine: AlarmEngine? = nil
    ) async throws -> AlarmBatchResult {
        let engine = engine ?? self.engine
        let attempt = Mutex<AlarmBatchResult?>(nil)
        do {
            let result = try await pool.transaction { transaction in
                let result = try await engine.evaluate(readings, plant: plant.snapshot, in: transaction)
                attempt.withLock { $0 = result }
                if fate == .rolledBack { throw Crash() }
                return result
            }
            if fate == .applied { result.apply() }
            return result
        } catch is Crash {
            guard let result = attempt.withLock({ $0 }) else { throw Crash() }
            return result
        }
    }

    /// All alarms, oldest first.
    func stored(_ filter: AlarmFilter = AlarmFilter()) async throws -> [Alarm] {
        try await alarms.alarms(filter, limit: 1_000).alarms.reversed()
    }

    /// The rows of `rule_state`, as `rule/device phase second`.
    func phases() async throws -> [String] {
        try await pool.query(ProbeQueries.phases())
    }

    /// Returns as soon as some session waits for a lock that another one holds.
    func lockIsAwaited() async throws {
        while try await pool.first(ProbeQueries.waiting()) != true { await Task.yield() }
    }
}

enum ProbeQueries {
    static func phases() -> Statement<String> {
        Statement(
            "test.phases",
            """
            SELECT r.key || '/' || d.key || ' ' || s.phase || ' ' || extract(epoch FROM s.since - '2026-01-01Z')::int
            FROM rule_state s JOIN rule r ON r.id = s.rule_id JOIN device d ON d.id = s.device_id ORDER BY 1
            """
        ) { row throws(PostgresError) in try row.string(0) }
    }

    static func waiting() -> Statement<Bool> {
        Statement(
            "test.waiting",
            """
            SELECT EXISTS (
                SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock')
            """
        ) { row throws(PostgresError) in try row.bool(0) }
    }
}

/// Notes the statements that run in another session, and lets a test act in between.
final class CountingSession: PostgresSession {
    private let session: any PostgresSession
    private let names = Mutex<[String]>([])
    private let afterQuery: @Sendable (String) async -> Void

    init(_ session: any PostgresSession, afterQuery: @escaping @Sendable (String) async -> Void = { _ in }) {
        self.session = session
        self.afterQuery = afterQuery
    }

    var statements: [String] { names.withLock { $0 } }

    func query<Row>(_ statement: Statement<Row>) async throws(PostgresError) -> [Row] {
        names.withLock { $0.append(statement.name) }
        let rows = try await session.query(statement)
        await afterQuery(statement.name)
        return rows
    }

    func first<Row>(_ statement: Statement<Row>) async throws(PostgresError) -> Row? {
        names.withLock { $0.append(statement.name) }
        return try await session.first(statement)
    }

    func execute<Row>(_ statement: Statement<Row>) async throws(PostgresError) -> Int {
        names.withLock { $0.append(statement.name) }
        return try await session.execute(statement)
    }

    func stream<Row>(
        _ statement: Statement<Row>,
        batch: Int,
        isolation: isolated (any Actor)?,
        _ body: ([Row]) async throws -> Void
    ) async throws {
        names.withLock { $0.append(statement.name) }
        try await session.stream(statement, batch: batch, isolation: isolation, body)
    }
}
