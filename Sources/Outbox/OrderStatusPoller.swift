import ERP
import ERPConnectors
import Foundation
import Logging
import PostgreSQL
import Primitives
import Synchronization

/// How often and how widely orders are checked; the defaults are the product's.
public struct OrderStatusConfiguration: Sendable {
    /// Seconds between two checks of a new order; those of older ones are further apart.
    public var interval = 5.0
    /// The same where the ERP lists what changes, so that checks only find what is gone.
    public var intervalWithChanges = 60.0
    /// An order is checked again after a part of its age: this many checks in a doubling of it.
    public var checksPerAge = 60.0
    /// The longest wait after failures, in seconds.
    public var longestDelay = 300.0
    /// How many calls one connector gets at once.
    public var callsPerConnector = 4
    /// How many calls are under way in all.
    public var calls = 8
    /// How often the table is asked for due orders.
    public var pollInterval = Duration.seconds(1)
    /// Seconds after which a claimed order is checked again if nothing came of the claim; longer than a call can take.
    public var claim = 60.0
    /// How long calls may go on after the poller was told to stop, before they are cut off.
    public var grace = Duration.seconds(1)

    /// The product's times and bounds.
    public init() {}
}

/// Keeps our mirror of the ERP's orders in step: asks for the state of open ones and notes what is new.
public final class OrderStatusPoller: Sendable {
    /// The status of an order that the ERP no longer has.
    public static let goneStatus = "gone in ERP"

    private let pool: PostgresPool
    private let directory: any ConnectorDirectory
    private let clock: WallClock
    private let configuration: OrderStatusConfiguration
    private let logger: Logger
    private let loop: CallLoop<OrderCheck>
    /// Told after each look at the table: how many orders are being checked.
    private let note: @Sendable (OrderStatusEvent) -> Void
    /// Successive failures of each connector.
    private let failures = Mutex<[Int32: Int]>([:])
    private let mirror: OrderMirror

    /// Makes a poller; it works while ``run()`` runs.
    ///
    /// - Parameters:
    ///   - pool: the database.
    ///   - directory: the connectors.
    ///   - outcomes: told what came of orders.
    ///   - clock: the time.
    ///   - configuration: times and bounds.
    ///   - logger: told of what an operator should know.
    public convenience init(
        pool: PostgresPool,
        directory: any ConnectorDirectory,
        outcomes: any AlarmOutcomes = NoAlarmOutcomes(),
        clock: WallClock,
        configuration: OrderStatusConfiguration = OrderStatusConfiguration(),
        logger: Logger
    ) {
        self.init(
            pool: pool,
            directory: directory,
            outcomes: outcomes,
            clock: clock,
            configuration: configuration,
            logger: logger,
            note: { _ in }
        )
    }

    init(
        pool: PostgresPool,
        directory: any ConnectorDirectory,
        outcomes: any AlarmOutcomes = NoAlarmOutcomes(),
        clock: WallClock,
        configuration: OrderStatusConfiguration,
        logger: Logger,
        note: @escaping @Sendable (OrderStatusEvent) -> Void
    ) {
        self.pool = pool
        self.directory = directory
        mirror = OrderMirror(outcomes: outcomes)
        self.clock = clock
        self.configuration = configuration
        self.logger = logger
        self.note = note
        loop = CallLoop(
            places: CallPlaces(perConnector: configuration.callsPerConnector, total: configuration.calls),
            pollInterval: configuration.pollInterval,
            grace: configuration.grace
        )
    }

    /// Looks for due orders at once.
    public func hint() { loop.hint() }

    /// Works until cancelled.
    ///
    /// Call it once.
    public func run() async {
        await loop.run(claim: { await self.claim() }, perform: { await self.check($0) })
    }

    private func claim() async -> [OrderCheck] {
        do {
            let now = clock.now
            var runtimes: [Int32: ConnectorRuntime] = [:]
            var wishes: [CallAllotment] = []
            for id in try await pool.query(OrderStatusQueries.connectorsWithDueOrders(at: now)) {
                guard let runtime = directory.runtime(id), !runtime.isPaused,
                    runtime.connector.manifest.capabilities.contains(.orderState)
                else {
                    continue
                }
                runtimes[id] = runtime
                wishes.append(CallAllotment(connectorID: id, places: loop.free(for: id)))
            }
            let shares = loop.share(wishes.filter { $0.places > 0 })
            var checks: [OrderCheck] = []
            if !shares.isEmpty {
                let until = now.adding(seconds: configuration.claim)
                checks = try await pool.query(OrderStatusQueries.claim(shares, at: now, until: until))
                    .compactMap { claimed in
                        runtimes[claimed.connectorID].map { OrderCheck(claimed: claimed, runtime: $0) }
                    }
            }
            note(.looked(claimed: checks.count))
            return checks
        } catch {
            logger.debug("orders cannot be checked now", metadata: ["error": "\(error)"])
            return []
        }
    }

    private func check(_ check: OrderCheck) async {
        let order = check.claimed.order
        let outcome = await check.runtime.connector.state(ofOrder: order.externalID)
        let now = clock.now
        do {
            switch outcome {
            case .state(let state):
                failures.withLock { $0[check.connectorID] = nil }
                let news = OrderNews(state: state)
                let next = news.phase.isOver ? nil : now.adding(seconds: interval(check, at: now))
                try await pool.transaction { transaction in
                    try await mirror.note(order, news, at: now, nextCheckAt: next, in: transaction)
                }
            case .gone:
                failures.withLock { $0[check.connectorID] = nil }
                try await pool.execute(OrderMirrorQueries.noteGone(order.id, status: Self.goneStatus, at: now))
            case .failed(let reason):
                let delay = delayAfterFailure(of: check.runtime, reason)
                try await pool.execute(OrderStatusQueries.postpone(order.id, until: now.adding(seconds: delay)))
            }
            note(.noted)
        } catch {
            // The claim ends by itself; the order is asked about again.
            logger.debug("an order's state was not written down", metadata: ["error": "\(error)"])
        }
    }

    /// Seconds until the next check: the older an order, the less it changes.
    private func interval(_ check: OrderCheck, at now: Timestamp) -> Double {
        let hasChanges = check.runtime.connector.manifest.capabilities.contains(.changes)
        let shortest = hasChanges ? configuration.intervalWithChanges : configuration.interval
        let age = now.seconds(since: check.claimed.createdAt) / max(1, configuration.checksPerAge)
        return min(max(age, shortest), max(configuration.longestDelay, shortest))
    }

    /// Doubles with every successive failure of the connector, in seconds.
    private func delayAfterFailure(of runtime: ConnectorRuntime, _ reason: String) -> Double {
        let count = failures.withLock { failures in
            failures[runtime.id, default: 0] += 1
            return failures[runtime.id, default: 1]
        }
        if count == 1 {
            logger.notice(
                "an order's state cannot be read",
                metadata: ["connector": "\(runtime.key)", "reason": "\(reason)"]
            )
        }
        return min(configuration.longestDelay, configuration.interval * pow(2, Double(min(count, 30))))
    }
}

/// What the poller tells about itself: the signals that tests wait for.
enum OrderStatusEvent: Hashable, Sendable {
    /// It asked for due orders and claimed so many.
    case looked(claimed: Int)
    /// It committed what a check said.
    case noted
}

/// An order whose state is to be asked for.
struct ClaimedOrder: Sendable {
    var connectorID: Int32
    var order: KnownOrder
    var createdAt: Timestamp
}

/// A claimed order with the connector to call.
private struct OrderCheck: ConnectorCall {
    var claimed: ClaimedOrder
    var runtime: ConnectorRuntime

    var connectorID: Int32 { claimed.connectorID }
}
