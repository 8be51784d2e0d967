import API
import Accounts
import Embedded
import Foundation
import HTTPServer
import Logging
import MQTT
import Observability
import Outbox
import PostgreSQL
import Primitives
import Telemetry

/// The running server: brings everything up in order, keeps it running, takes it down in reverse order.
struct PlantwrightServer: Sendable {
    let settings: Settings
    let logger: Logger
    let metrics = PlantwrightMetrics()
    let readiness = Readiness()
    /// What a command does beside serving, once everything is ready; `demo` runs its plant here.
    var companion: (@Sendable (RunningServer) async throws -> Void)?

    /// What a companion can use.
    struct RunningServer: Sendable {
        let parts: ServerParts
        let address: BoundAddress
        let broker: BrokerAddress
        let readiness: Readiness
        let settings: Settings
    }

    /// Serves until the task is cancelled.
    func run() async throws {
        let embedded = EmbeddedServers(settings: settings, logger: logger)
        do {
            let (database, broker) = try await embedded.start()
            let parts = try makeParts(database)
            try await serve(parts, database: database, broker: broker, embedded: embedded)
            await parts.shutdown()
        } catch {
            await embedded.stop()
            throw error
        }
        await embedded.stop()
    }

    private func serve(
        _ parts: ServerParts,
        database: PostgresConfiguration,
        broker: BrokerAddress,
        embedded: EmbeddedServers
    ) async throws {
        let hub = makeHub(parts)
        parts.accounts.onRevocation { hub.recheck() }
        let listener = NotificationListener(
            configuration: database,
            channels: ["plantwright_change", Dispatcher.channel],
            logger: logger
        )
        let workers = parts.erp.makeWorkers(listener: listener)
        let server = try makeServer(parts, hub: hub, embedded: embedded, work: workers.work)
        let address = try await server.bind()
        logger.notice("Listening", metadata: ["address": "\(address.url)"])
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await server.run() }
            if settings.tls != nil {
                group.addTask { await HangUpSignal.handle { await server.reloadCertificate() } }
            }
            group.addTask { await DatabaseMonitor(pool: parts.pool, readiness: readiness, logger: logger).run() }
            group.addTask {
                try await bringUp(parts, database: database)
                let running = RunningServer(
                    parts: parts,
                    address: address,
                    broker: broker,
                    readiness: readiness,
                    settings: settings
                )
                let others = OtherProcesses(parts, database: database, logger: logger)
                try await work(running, hub: hub, listener: listener, workers: workers, others: others)
            }
            defer { group.cancelAll() }
            try await group.next()
        }
    }

    /// Migrates and loads; an unreachable database is waited for, refused credentials end the program.
    private func bringUp(_ parts: ServerParts, database: PostgresConfiguration) async throws {
        let migrator = try Migrator(directory: settings.assetsDirectory + "/Migrations", logger: logger)
        while true {
            do {
                for name in try await migrator.apply(to: database) {
                    logger.notice("Migrated", metadata: ["file": "\(name)"])
                }
                try await parts.load()
                if try await parts.pool.first(MonitorQueries.fsync()) == "off" {
                    readiness.warn(
                        .durability,
                        "PostgreSQL runs with fsync = off: a power failure can lose committed data"
                    )
                }
                readiness.set(.schema, fault: nil)
                return
            } catch {
                if StartFailure.isFinal(error) { throw InvalidConfiguration(reasons: ["DATABASE_URL: \(error)"]) }
                readiness.set(.schema, fault: "waiting for the database")
                logger.warning("The database cannot be used yet", metadata: ["error": "\(error)"])
                try await Task.sleep(for: .seconds(1))
            }
        }
    }

    private func makeParts(_ database: PostgresConfiguration) throws -> ServerParts {
        try ServerParts(
            database: database,
            settings: settings,
            metrics: metrics,
            readiness: readiness,
            logger: logger
        )
    }

    /// Runs everything that needs a loaded configuration.
    private func work(
        _ running: RunningServer,
        hub: LiveHub,
        listener: NotificationListener,
        workers: ERPWorkers,
        others: OtherProcesses
    ) async throws {
        let companion = OneTime(companion)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await hub.run() }
            group.addTask { await listener.run() }
            group.addTask { await others.run() }
            group.addTask { for await _ in listener.subscribe() { hub.hint() } }
            group.addTask { await workers.run() }
            group.addTask {
                try await running.parts.lease.run { _ in try await ingest(running, companion) }
            }
            try await group.waitForAll()
        }
    }

    /// What only the process does that holds the ingest lease.
    private func ingest(
        _ running: RunningServer,
        _ companion: OneTime<@Sendable (RunningServer) async throws -> Void>
    ) async throws {
        let parts = running.parts
        // Another process may have written since this one last knew.
        parts.writer.invalidate()
        try await parts.following.follow()
        let installation = try await parts.pool.first(MonitorQueries.installation())
        let clientID = settings.clientID ?? "plantwright-\(installation?.uuidString.lowercased() ?? "")"
        let consumer = DurableConsumer(
            ConsumerConfiguration(
                broker: running.broker,
                clientID: clientID,
                filters: [TelemetryMessage.nativeTopicFilter] + parts.sources.filters
            ),
            logger: logger
        )
        parts.sources.follow { await consumer.updateFilters([TelemetryMessage.nativeTopicFilter] + $0) }
        defer { parts.sources.follow(nil) }
        // Once more, for a write that came just before.
        try await parts.sources.subscribe()
        let pump = MessagePump(writer: parts.writer, sources: parts.sources, metrics: metrics, clock: .system)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await consumer.run(pump.handle) }
            group.addTask {
                await BrokerMonitor(consumer: consumer, readiness: readiness, metrics: metrics, logger: logger).run()
            }
            group.addTask {
                let watch = BrokerWatch(broker: running.broker, clientID: clientID + "-watch", logger: logger)
                await watch.run { metrics.noteDropped($0, readiness) }
            }
            group.addTask { try await parts.ledger.run() }
            for worker in parts.storeWorkers() { group.addTask { await worker() } }
            let sparkplug = SparkplugPresence(
                parts,
                consumer,
                broker: running.broker,
                clientID: clientID,
                logger: logger
            )
            group.addTask { await sparkplug.run() }
            if let companion = companion.take() { group.addTask { try await companion(running) } }
            try await group.waitForAll()
        }
    }

    private func makeHub(_ parts: ServerParts) -> LiveHub {
        LiveHub(
            pool: parts.pool,
            latest: parts.writer.latest,
            plant: parts.plant,
            readiness: readiness,
            metrics: metrics,
            clock: .system,
            logger: logger,
            render: LiveRenderer(parts: parts).render
        )
    }

    /// The OpenAPI document of the routes that this server would have.
    func describe(database: PostgresConfiguration) throws -> JSONValue {
        let parts = try makeParts(database)
        return try makeAPI(parts, hub: makeHub(parts), makeCredentials: nil, work: .none).description
    }

    private func makeAPI(
        _ parts: ServerParts,
        hub: LiveHub,
        makeCredentials: (@Sendable (String) async throws -> DeviceCredentials)?,
        work: ERPWork
    ) throws -> PlantwrightAPI {
        let services = APIServices(
            accounts: parts.accounts,
            configuration: parts.configuration,
            publicURL: settings.publicURL,
            plant: parts.plant,
            writer: parts.writer,
            readings: parts.readings,
            storage: parts.storage,
            ledger: parts.ledger,
            refused: parts.refused,
            sources: parts.sources,
            sparkplug: parts.sparkplug,
            rules: parts.rules,
            alarms: parts.alarms,
            ordersOfAlarms: parts.erp.ordersOfAlarms(parts.alarms),
            orderCounts: parts.erp.orderCounts,
            makeCredentials: makeCredentials,
            hub: hub,
            readiness: readiness,
            metrics: metrics,
            assets: try StaticAssets(directory: settings.assetsDirectory + "/Public"),
            tiles: try? TileArchive(path: settings.assetsDirectory + "/Public/basemap/world.pmtiles"),
            clock: .system
        )
        return PlantwrightAPI(services, erp: parts.erp.routes(latest: parts.writer.latest, work: work))
    }

    private func makeServer(
        _ parts: ServerParts,
        hub: LiveHub,
        embedded: EmbeddedServers,
        work: ERPWork
    ) throws -> Server {
        let router = try makeAPI(parts, hub: hub, makeCredentials: embedded.makeCredentials, work: work).makeRouter()
        var configuration = ServerConfiguration(address: settings.listen)
        configuration.tls = settings.tls
        configuration.trustedProxies = settings.trustedProxies
        return try Server(
            configuration: configuration,
            router: router,
            middleware: StandardMiddleware.all(settings),
            observers: StandardMiddleware.observers(metrics, logger),
            tlsObserver: StandardMiddleware.tlsObserver(metrics, logger),
            logger: logger
        ) { [logger] error, _ in PlantwrightAPI.respond(to: error, logger: logger) }
    }
}
