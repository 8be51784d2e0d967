import ERP
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
    struct State {
        var breakers: [Int32: CircuitBreaker] = [:]
        /// Deliveries whose calls have ended without that being committed, with the number of the attempt.
        var settling: [UUID: Int] = [:]
        var canReach = true
        var lastReclaim: Timestamp?
        var lastSweep: Timestamp?
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
    let directory: any ConnectorDirectory
    let pictures: (any OrderPictures)?
    private let listener: NotificationListener?
    let state = Mutex(State())
    let batcher: SettleBatcher

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
    ///   - pictures: draws what goes to orders.
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
        pictures: (any OrderPictures)? = nil,
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
            pictures: pictures,
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
        pictures: (any OrderPictures)? = nil,
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
        self.pictures = pictures
        self.logger = logger
        self.note = note
        loop = CallLoop(
            places: CallPlaces(perConnector: configuration.callsPerConnector, total: configuration.calls),
            pollInterval: configuration.pollInterval,
            grace: configuration.grace,
            pause: configuration.pause
        )
        batcher = SettleBatcher(
            pool: pool,
            clock: clock,
            identifiers: identifiers,
            orderCheckInterval: configuration.orderCheckInterval
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
            await loop.run(
                claim: { await self.claim() },
                perform: { call, giveBack in
                    var call = call
                    call.giveBack = giveBack
                    await self.deliver(call)
                }
            )
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
