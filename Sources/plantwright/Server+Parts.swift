import API
import Accounts
import Alarms
import Assets
import Foundation
import HTTPServer
import Logging
import MQTT
import Observability
import PostgreSQL
import Primitives
import Secrets
import Telemetry

/// The parts of a running server that need a database, put together.
struct ServerParts: Sendable {
    let metrics: PlantwrightMetrics
    let logger: Logger
    let pool: PostgresPool
    let ingestPool: PostgresPool
    let accounts: AccountStore
    let plant: PlantStore
    let engine: AlarmEngine
    let rules: RuleStore
    let alarms: AlarmStore
    let lease: IngestLease
    let ledger: LedgerStore
    let sources: SourceStore
    let sparkplug = SparkplugHosts()
    let following: ConfigurationFollower
    let writer: IngestWriter
    let readings: ReadingStore
    let storage: StorageStore
    let refused: RefusedMessageStore
    /// Tells this process's writes from those of others.
    let process: String
    let erp: ERPParts

    init(
        database: PostgresConfiguration,
        settings: Settings,
        metrics: PlantwrightMetrics,
        readiness: Readiness,
        logger: Logger
    ) throws {
        let clock = WallClock.system
        process = IdentifierSource.system.next().uuidString.lowercased()
        var writing = database
        writing.settings[ConfigurationChannels.process] = process
        pool = PostgresPool(configuration: writing, size: 12, logger: logger)
        lease = IngestLease(pool: pool, holder: IdentifierSource.system.next(), logger: logger) { standing in
            readiness.set(.ingest, fault: standing.fault)
        }
        ingestPool = Self.makeIngestPool(database, session: lease.sessionName, logger: logger)
        accounts = AccountStore(database: pool, clock: clock, identifiers: .system, random: .system)
        plant = PlantStore(pool: pool)
        engine = AlarmEngine(
            states: plant.states,
            clock: clock,
            identifiers: .system,
            metrics: metrics,
            logger: logger
        )
        erp = try ERPParts(pool: pool, plant: plant, settings: settings, metrics: metrics, logger: logger)
        rules = RuleStore(pool: pool, plant: plant, engine: engine, usage: erp, clock: clock)
        alarms = AlarmStore(pool: pool, plant: plant, clock: clock)
        ledger = LedgerStore(pool: pool, logger: logger)
        sources = SourceStore(pool: pool, plant: plant, stateful: sparkplug.factories, clock: clock, logger: logger)
        following = ConfigurationFollower(
            pool: pool,
            plant: plant,
            sources: sources,
            alarms: engine,
            erp: erp,
            logger: logger
        )
        writer = IngestWriter(
            pool: ingestPool,
            plant: plant,
            participants: [
                AlarmParticipant(engine: engine, observer: erp.observeAlarms),
                erp.participant,
            ],
            sources: sources,
            latest: LatestReadings(),
            lease: lease,
            configuration: following,
            clock: clock,
            metrics: metrics,
            logger: logger
        )
        refused = RefusedMessageStore(pool: pool, writer: writer)
        readings = ReadingStore(pool: pool, plant: plant)
        storage = Self.makeStorage(pool, settings: settings, metrics: metrics, clock: clock)
        self.metrics = metrics
        self.logger = logger
    }

    /// The connections of ingest transactions, which a process that takes over can tell and end.
    private static func makeIngestPool(
        _ database: PostgresConfiguration,
        session: String,
        logger: Logger
    ) -> PostgresPool {
        var ingest = database
        ingest.applicationName = session
        ingest.settings["synchronous_commit"] = "on"
        return PostgresPool(configuration: ingest, size: 2, logger: logger)
    }

    /// Reads the configuration into memory.
    func load() async throws {
        try await plant.load()
        try await sources.load()
        try await following.follow()
        writer.latest.update(try await readings.latest(devices: Array(plant.snapshot.devices.keys)))
    }

    func shutdown() async {
        await pool.shutdown()
        await ingestPool.shutdown()
    }
}

extension IngestLease.Standing {
    /// Why this process does not ingest; nil when it does.
    var fault: String? {
        switch self {
        case .unknown: "starting"
        case .standby: "standby: another server process ingests"
        case .held: nil
        }
    }
}
