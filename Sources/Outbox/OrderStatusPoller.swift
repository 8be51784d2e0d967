import ERP
import ERPConnectors
import Logging
import PostgreSQL
import Primitives

/// How often and how widely orders are checked; the defaults are the product's.
public struct OrderStatusConfiguration: Sendable {
    /// Times and bounds; the interval is that of a new order, those of older ones are checked less often.
    ///
    /// An ERP with thousands of open orders must not be asked thousands of questions a second: beyond 20 a second orders
    /// wait for their turn, those first that have waited longest.
    public var pace = PollPace(interval: 5, callsPerConnector: 4, calls: 8, callsPerSecond: 20, claim: 60)
    /// The interval where the ERP lists what changes, so that checks only find what is gone, in seconds.
    public var intervalWithChanges = 60.0
    /// An order is checked again after a part of its age: this many checks in a doubling of it.
    public var checksPerAge = 60.0

    /// The product's times and bounds.
    public init() {}
}

/// Keeps our mirror of the ERP's orders in step: asks for the state of open ones and notes what is new.
public final class OrderStatusPoller: Sendable {
    /// The status of an order that the ERP no longer has.
    public static let goneStatus = "gone in ERP"

    private let poller: ConnectorPoller<OrderCheck>
    private let configuration: OrderStatusConfiguration
    /// Told after each look at the table: how many orders are being checked.
    private let note: @Sendable (OrderStatusEvent) -> Void
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
        mirror = OrderMirror(outcomes: outcomes)
        self.configuration = configuration
        self.note = note
        poller = ConnectorPoller(
            "an order's state",
            pool: pool,
            directory: directory,
            clock: clock,
            pace: configuration.pace,
            logger: logger
        )
    }

    /// Looks for due orders at once.
    public func hint() { poller.hint() }

    /// Works until cancelled.
    ///
    /// Call it once.
    public func run() async {
        await poller.run(claim: { try await self.claim() }, perform: { await self.check($0) })
    }

    private func claim() async throws -> [OrderCheck] {
        let now = poller.clock.now
        let due = try await poller.pool.query(OrderStatusQueries.connectorsWithDueOrders(at: now))
        let ready = poller.ready(due, needing: .orderState)
        let shares = poller.shares(ready.keys, at: now)
        var checks: [OrderCheck] = []
        if !shares.isEmpty {
            let until = now.adding(seconds: configuration.pace.claim)
            checks = try await poller.pool.query(OrderStatusQueries.claim(shares, at: now, until: until))
                .compactMap { claimed in ready[claimed.connectorID].map { OrderCheck(claimed: claimed, runtime: $0) } }
            poller.spend(checks)
        }
        note(.looked(claimed: checks.count))
        return checks
    }

    private func check(_ check: OrderCheck) async {
        let order = check.claimed.order
        let outcome = await check.runtime.connector.state(ofOrder: order.externalID)
        let now = poller.clock.now
        do {
            switch outcome {
            case .state(let state):
                poller.noteAnswer(of: check.connectorID)
                let news = OrderNews(state: state)
                let next = news.phase.isOver ? nil : now.adding(seconds: interval(check, at: now))
                try await poller.pool.transaction { transaction in
                    try await mirror.note(order, news, at: now, nextCheckAt: next, in: transaction)
                }
            case .gone:
                poller.noteAnswer(of: check.connectorID)
                try await poller.pool.execute(OrderMirrorQueries.noteGone(order.id, status: Self.goneStatus, at: now))
            case .failed(let reason):
                let delay = poller.delay(afterFailureOf: check.runtime, reason)
                try await poller.pool.execute(
                    OrderStatusQueries.postpone(order.id, until: now.adding(seconds: delay))
                )
            }
            note(.noted)
        } catch {
            // The claim ends by itself; the order is asked about again.
            poller.logger.debug("an order's state was not written down", metadata: ["error": "\(error)"])
        }
    }

    /// Seconds until the next check: the older an order, the less it changes.
    private func interval(_ check: OrderCheck, at now: Timestamp) -> Double {
        let hasChanges = check.runtime.connector.manifest.capabilities.contains(.changes)
        let shortest = hasChanges ? configuration.intervalWithChanges : configuration.pace.interval
        let age = now.seconds(since: check.claimed.createdAt) / max(1, configuration.checksPerAge)
        return min(max(age, shortest), max(configuration.pace.longestDelay, shortest))
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
