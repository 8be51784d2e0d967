import API
import Alarms
import Assets
import ERP
import ERPConnectors
import Foundation
import HTTPClient
import Logging
import Observability
import Outbox
import PostgreSQL
import Primitives
import Secrets
import Telemetry

/// Connectors, mappings and the outbox, put together.
struct ERPParts: RuleUsage, Sendable {
    let registry: ConnectorRegistry
    let connectors: ConnectorStore
    let mappings: MappingStore
    let engine: MappingEngine
    let previewer: MappingPreviewer
    let dryRuns: DryRuns
    let outbox: OutboxStore
    let matching: EquipmentMatching
    let items: ItemCatalog
    let box: SecretBox
    let client: HTTPClient
    private let pool: PostgresPool
    private let plant: PlantStore
    private let metrics: PlantwrightMetrics
    private let logger: Logger

    init(
        pool: PostgresPool,
        plant: PlantStore,
        settings: Settings,
        metrics: PlantwrightMetrics,
        logger: Logger
    ) throws {
        self.pool = pool
        self.plant = plant
        self.metrics = metrics
        self.logger = logger
        let clock = WallClock.system
        box = try SecretBox(keyFile: settings.secretKeyFile, random: .system)
        client = HTTPClient(.init(policy: try OutboundPolicy(allow: settings.outboundAllow)))
        let base = settings.baseURL
        let link: @Sendable (UUID) -> String = { id in "\(base)/deliveries/\(id.uuidString.lowercased())/evidence" }
        registry = ConnectorRegistry(session: pool, box: box, client: client, clock: clock)
        connectors = ConnectorStore(pool: pool, box: box, registry: registry, clock: clock)
        engine = MappingEngine(
            session: pool,
            states: plant.states,
            clock: clock,
            identifiers: .system,
            link: link,
            logger: logger
        )
        mappings = MappingStore(pool: pool, plant: plant, registry: registry, engine: engine, clock: clock)
        previewer = MappingPreviewer(session: pool, plant: plant, registry: registry, clock: clock, link: link)
        dryRuns = DryRuns(
            session: pool,
            plant: plant,
            registry: registry,
            history: StoredHistory(
                alarms: AlarmStore(pool: pool, plant: plant, clock: clock),
                readings: ReadingStore(pool: pool, plant: plant)
            ),
            clock: clock,
            identifiers: .system,
            link: link,
            logger: logger
        )
        outbox = OutboxStore(pool: pool, clock: clock) { [registry] id, externalID in
            registry.runtime(id)?.connector.link(externalID: externalID)
        }
        matching = EquipmentMatching(pool: pool, plant: plant, registry: registry, clock: clock, logger: logger)
        items = ItemCatalog(pool: pool, registry: registry, clock: clock, logger: logger)
    }

    /// Makes the services that work while the server runs.
    func makeWorkers(listener: NotificationListener) -> ERPWorkers {
        ERPWorkers(
            dispatcher: Dispatcher(
                pool: pool,
                directory: registry,
                listener: listener,
                metrics: metrics,
                clock: .system,
                identifiers: .system,
                random: { Double.random(in: 0...1) },
                pictures: PicturesOfAlarms(
                    outbox: outbox,
                    alarms: AlarmPictures(
                        alarms: AlarmStore(pool: pool, plant: plant, clock: .system),
                        readings: ReadingStore(pool: pool, plant: plant),
                        plant: plant
                    )
                ),
                logger: logger
            ),
            poller: OrderStatusPoller(
                pool: pool,
                directory: registry,
                outcomes: OutcomesOfOrders(),
                clock: .system,
                logger: logger
            ),
            changes: OrderChangePoller(
                pool: pool,
                directory: registry,
                outcomes: OutcomesOfOrders(),
                clock: .system,
                identifiers: .system,
                logger: logger
            ),
            items: items
        )
    }

    func user(ofRule ruleID: Int32, in session: any PostgresSession) async throws -> String? {
        try await MappingStore.user(ofRule: ruleID, in: session)
    }

    /// Makes deliveries of a batch's alarms in its transaction.
    var observeAlarms: AlarmParticipant.Observer {
        { [engine, metrics] result, batch, transaction in
            let written = try await engine.deliveries(
                forAlarms: result.raised.map(AlarmTrigger.init),
                returned: AlarmReturn.all(of: result.cleared, batch.readings),
                plant: batch.plant,
                in: transaction
            )
            return {
                for delivery in written.suppressed {
                    metrics.deliveries(connector: delivery.connector, outcome: delivery.reason).increment()
                }
            }
        }
    }

    /// Makes deliveries of changed values in the batch's transaction.
    var participant: any BatchParticipant { MappingParticipant(engine: engine) }

    /// The API's routes.
    func routes(latest: LatestReadings, work: ERPWork) -> ERPRoutes {
        ERPRoutes(
            connectors: connectors,
            registry: registry,
            mappings: mappings,
            previewer: previewer,
            dryRuns: dryRuns,
            outbox: outbox,
            matching: matching,
            items: items,
            latest: latest,
            plant: plant,
            identifiers: .system,
            random: .system,
            work: work
        )
    }

    var orderCounts: @Sendable () async throws -> OrderCounts {
        { [outbox] in
            let counts = try await outbox.counts()
            return OrderCounts(open: counts.openOrders, waiting: counts.waiting, dead: counts.dead)
        }
    }

    /// Alarms with the orders that they caused.
    func ordersOfAlarms(_ alarms: AlarmStore) -> OrdersOfAlarms {
        OrdersOfAlarms(alarms: alarms) { [outbox] ids in
            var orders: [UUID: [JSONValue]] = [:]
            for delivery in try await outbox.deliveries(ofAlarms: ids, limit: 10) {
                orders[delivery.alarmID, default: []].append([
                    "deliveryId": .string(delivery.id.uuidString.lowercased()),
                    "state": .string(delivery.state.rawValue), "externalId": .optional(delivery.externalID),
                ])
            }
            return orders
        }
    }
}

/// What works on the outbox while the server runs.
struct ERPWorkers: Sendable {
    let dispatcher: Dispatcher
    let poller: OrderStatusPoller
    let changes: OrderChangePoller
    let items: ItemCatalog

    /// What the API may ask of them.
    var work: ERPWork {
        ERPWork(
            hint: { [dispatcher] in dispatcher.hint() },
            hurry: { [changes, poller] id in
                if try await changes.hint(id) { poller.hint() }
            },
            isOpen: { [dispatcher] id in dispatcher.health(of: id).isOpen }
        )
    }

    func run() async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await dispatcher.run() }
            group.addTask { await poller.run() }
            group.addTask { await changes.run() }
            group.addTask { await items.run() }
        }
    }
}

/// Labels alarms with what came of their orders.
struct OutcomesOfOrders: AlarmOutcomes {
    func label(_ alarms: [UUID], with outcome: OrderOutcome?, in transaction: Transaction) async throws {
        let label = outcome.map { outcome in
            AlarmOutcome(
                order: outcome.order,
                phase: outcome.phase.rawValue,
                text: outcome.text,
                failureCode: outcome.failureCode,
                finishedAt: outcome.finishedAt
            )
        }
        try await AlarmStore.label(alarms, with: label, in: transaction)
    }
}
