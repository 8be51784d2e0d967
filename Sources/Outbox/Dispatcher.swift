import ERP
import ERPConnectors
import Foundation
import Logging
import Observability
import PostgreSQL
import Primitives
import Synchronization

/// Carries deliveries from the outbox to the ERP, each at most once at a time and none twice.
///
/// A delivery is leased, the start of its call is committed, the call runs with nothing held, and what came of it is
/// committed under the guard of the lease. Several dispatchers may work on one database.
public final class Dispatcher: Sendable {
    private struct State {
        var breakers: [Int32: CircuitBreaker] = [:]
        var settling: Set<UUID> = []
        var canReach = true
    }

    /// The channel on which committed transactions hint that a delivery is due.
    public static let channel = "plantwright_outbox"

    let pool: PostgresPool
    let metrics: PlantwrightMetrics
    let clock: WallClock
    let identifiers: IdentifierSource
    let random: @Sendable () -> Double
    let configuration: DispatcherConfiguration
    let logger: Logger
    let loop: CallLoop<DeliveryCall>
    let note: @Sendable (DispatcherEvent) -> Void
    private let directory: any ConnectorDirectory
    private let listener: NotificationListener?
    private let state = Mutex(State())

    /// Makes a dispatcher; it works while ``run()`` runs.
    ///
    /// - Parameters:
    ///   - pool: the database.
    ///   - directory: the connectors.
    ///   - listener: listens to ``channel``; run by somebody else. Without one, polling finds the work.
    ///   - metrics: counted after each commit.
    ///   - clock: the time.
    ///   - identifiers: identifiers of leases and work orders.
    ///   - random: random numbers from 0 to 1, for jitter.
    ///   - configuration: times and bounds.
    ///   - logger: told of what an operator should know.
    public convenience init(
        pool: PostgresPool,
        directory: any ConnectorDirectory,
        listener: NotificationListener?,
        metrics: PlantwrightMetrics,
        clock: WallClock,
        identifiers: IdentifierSource,
        random: @escaping @Sendable () -> Double,
        configuration: DispatcherConfiguration = DispatcherConfiguration(),
        logger: Logger
    ) {
        self.init(
            pool: pool,
            directory: directory,
            listener: listener,
            metrics: metrics,
            clock: clock,
            identifiers: identifiers,
            random: random,
            configuration: configuration,
            logger: logger,
            note: { _ in }
        )
    }

    init(
        pool: PostgresPool,
        directory: any ConnectorDirectory,
        listener: NotificationListener?,
        metrics: PlantwrightMetrics,
        clock: WallClock,
        identifiers: IdentifierSource,
        random: @escaping @Sendable () -> Double,
        configuration: DispatcherConfiguration,
        logger: Logger,
        note: @escaping @Sendable (DispatcherEvent) -> Void
    ) {
        self.pool = pool
        self.directory = directory
        self.listener = listener
        self.metrics = metrics
        self.clock = clock
        self.identifiers = identifiers
        self.random = random
        self.configuration = configuration
        self.logger = logger
        self.note = note
        loop = CallLoop(
            places: CallPlaces(perConnector: configuration.callsPerConnector, total: configuration.calls),
            pollInterval: configuration.pollInterval,
            grace: configuration.grace
        )
    }

    /// Tells the dispatcher that a delivery may be due, or that a connector was changed or resumed.
    public func hint() { loop.hint() }

    /// Works until cancelled; then lets calls under way come to their end for a while.
    ///
    /// Call it once.
    public func run() async {
        await withDiscardingTaskGroup { group in
            group.addTask { await self.followNotifications() }
            group.addTask { await self.refreshGauge() }
            await loop.run(claim: { await self.claim() }, perform: { await self.deliver($0) })
            group.cancelAll()
        }
    }

    private func followNotifications() async {
        guard let listener else { return }
        for await event in listener.subscribe() {
            switch event {
            case .reconnected: hint()
            case .notification(let notification): if notification.channel == Self.channel { hint() }
            }
        }
    }

    private func refreshGauge() async {
        while !Task.isCancelled {
            if let count = try? await pool.first(DispatchQueries.pendingCount()) {
                metrics.deliveriesPending.set(Double(count))
            }
            try? await Task.sleep(for: configuration.gaugeInterval)
        }
    }
}

// MARK: - Leasing

extension Dispatcher {
    /// Takes expired leases back, then leases what is due and fits the free places.
    private func claim() async -> [DeliveryCall] {
        do {
            try await reclaim()
            let runtimes = try await dueConnectors()
            let now = clock.now
            let shares = loop.share(runtimes.values.map { wish($0, at: now) }.filter { $0.places > 0 })
            var calls: [DeliveryCall] = []
            if !shares.isEmpty {
                let leased = try await pool.query(
                    DispatchQueries.lease(
                        shares,
                        token: identifiers.next(),
                        at: now,
                        until: now.adding(seconds: configuration.lease)
                    )
                )
                calls = leased.compactMap { row in
                    runtimes[row.connectorID].map { DeliveryCall(delivery: row, runtime: $0) }
                }
            }
            state.withLock { $0.canReach = true }
            note(.looked(leased: calls.count))
            return calls
        } catch {
            let isNews = state.withLock { state in
                defer { state.canReach = false }
                return state.canReach
            }
            if isNews, !Task.isCancelled {
                logger.warning("the outbox cannot be read now", metadata: ["error": "\(error)"])
            }
            return []
        }
    }

    /// Expired leases: their call may have been under way when its process ended.
    func reclaim() async throws {
        let settling = state.withLock { Array($0.settling) }
        let count = try await pool.execute(DispatchQueries.reclaim(at: clock.now, except: settling))
        guard count > 0 else { return }
        logger.notice("leases had expired; their deliveries are due again", metadata: ["count": "\(count)"])
        note(.reclaimed(count))
    }

    /// The connectors that have due deliveries; those of deleted connectors end here.
    private func dueConnectors() async throws -> [Int32: ConnectorRuntime] {
        var runtimes: [Int32: ConnectorRuntime] = [:]
        var unknown: [Int32] = []
        for id in try await pool.query(DispatchQueries.connectorsWithDueDeliveries(at: clock.now)) {
            if let runtime = directory.runtime(id) { runtimes[id] = runtime } else { unknown.append(id) }
        }
        if !unknown.isEmpty {
            // The statement asks the table too: a directory may be a moment behind a new connector.
            let keys = try await pool.query(DispatchQueries.abandon(connectors: unknown, at: clock.now))
            for key in keys { metrics.deliveries(connector: key, outcome: DeliveryState.dead.rawValue).increment() }
            if !keys.isEmpty { note(.abandoned(keys.count)) }
        }
        return runtimes
    }

    private func wish(_ runtime: ConnectorRuntime, at now: Timestamp) -> CallAllotment {
        let free = runtime.isPaused ? 0 : loop.free(for: runtime.id)
        let inFlight = loop.inFlight(runtime.id)
        let places = state.withLock { state in
            state.breakers[runtime.id]?.allowance(of: free, inFlight: inFlight, at: now) ?? free
        }
        return CallAllotment(connectorID: runtime.id, places: places)
    }

    /// Notes whether an ERP answered.
    func observe(_ runtime: ConnectorRuntime, answered: Bool) {
        let (wasOpen, isOpen) = state.withLock { state in
            var breaker =
                state.breakers[runtime.id]
                ?? CircuitBreaker(
                    threshold: configuration.breakerThreshold,
                    probeInterval: configuration.probeInterval
                )
            let wasOpen = breaker.isOpen
            if answered { breaker.succeed() } else { breaker.fail(at: clock.now) }
            state.breakers[runtime.id] = breaker
            return (wasOpen, breaker.isOpen)
        }
        guard wasOpen != isOpen else { return }
        if isOpen {
            logger.warning("the ERP fails; only probes are sent", metadata: ["connector": "\(runtime.key)"])
        } else {
            logger.notice("the ERP answers again", metadata: ["connector": "\(runtime.key)"])
        }
    }

    /// Keeps a delivery whose outcome is known, but not committed yet, from being taken for an interrupted one.
    func whileSettling(_ id: UUID, _ body: () async -> Void) async {
        state.withLock { _ = $0.settling.insert(id) }
        await body()
        state.withLock { _ = $0.settling.remove(id) }
    }
}
