import ERP
import ERPConnectors
import Foundation
import Logging
import Observability
import PostgreSQL
import Primitives
import Synchronization
import TestSupport

@testable import Outbox

/// A migrated database with one plant, one connector per ERP, and dispatchers that can be killed.
final class OutboxFixture: Sendable {
    let configuration: PostgresConfiguration
    let pool: PostgresPool
    let clock = TestClock()
    let directory = TestDirectory()
    let plant: TestPlant
    let store: OutboxStore
    private let keys = Mutex(0)
    private let mappings = Mutex<[String: Int32]>([:])

    static var logger: Logger { Logger(label: "test.outbox") { _ in SwiftLogNoOpLogHandler() } }

    init(_ configuration: PostgresConfiguration) async throws {
        self.configuration = configuration
        pool = PostgresPool(configuration: configuration, size: 4, logger: Self.logger)
        plant = try await Self.one(pool.first(OutboxTestQueries.addPlant()))
        store = OutboxStore(pool: pool, clock: clock.clock)
    }

    /// Runs a test on a database of its own.
    static func with(_ body: (OutboxFixture) async throws -> Void) async throws {
        let fixture = try await OutboxFixture(try await TemporaryPostgreSQL.shared().migratedDatabase())
        do {
            try await body(fixture)
        } catch {
            await fixture.pool.shutdown()
            throw error
        }
        await fixture.pool.shutdown()
    }

    struct Missing: Error {}

    static func one<Value>(_ value: Value?) throws -> Value {
        guard let value else { throw Missing() }
        return value
    }

    /// A connector of an ERP.
    @discardableResult
    func add(
        _ erp: FakeERP,
        key: String = "erp",
        settle: Double = 60,
        isPaused: Bool = false,
        options: JSONValue = [:]
    ) async throws -> Int32 {
        let id = try await Self.one(pool.first(OutboxTestQueries.addConnector(key, options: options)))
        erp.settleSeconds.withLock { $0 = settle }
        directory.set(
            ConnectorRuntime(id: id, key: key, connector: erp, isPaused: isPaused),
            for: id
        )
        return id
    }

    /// A delivery, made now and due at once; each about an asset of its own, unless one is given.
    @discardableResult
    func addOrder(
        _ connector: Int32,
        title: String = "Check the bearing",
        alarm: UUID? = nil,
        state: String = "waiting",
        reason: String? = nil,
        operation: String = "work-order.create",
        asset: Int32? = nil
    ) async throws -> TestDelivery {
        try await add(connector, operation, ["title": .string(title)], nil, alarm, state, reason, asset)
    }

    /// An alarm of a severity.
    func addAlarm(_ severity: String = "high") async throws -> UUID {
        let id = IdentifierSource.system.next()
        try await pool.execute(OutboxTestQueries.addAlarm(id, plant: plant, severity: severity, at: clock.now))
        return id
    }

    /// A stock figure, measured now and due at once.
    @discardableResult
    func addStock(
        _ connector: Int32,
        item: String,
        quantity: Double,
        operation: String = "stock.set"
    ) async throws -> TestDelivery {
        try await add(
            connector,
            operation,
            ["item": .string(item), "quantity": .number(quantity)],
            item,
            nil,
            "waiting",
            nil,
            plant.asset
        )
    }

    private func add(
        _ connector: Int32,
        _ operation: String,
        _ fields: JSONObject,
        _ item: String?,
        _ alarm: UUID?,
        _ state: String,
        _ reason: String?,
        _ asset: Int32?
    ) async throws -> TestDelivery {
        let number = keys.withLock { keys in
            keys += 1
            return keys
        }
        let name = "\(operation.replacing(".", with: "-"))-\(connector)"
        var mapping = mappings.withLock { $0[name] }
        if mapping == nil {
            mapping = try await pool.first(
                OutboxTestQueries.addMapping(name, plant: plant, connector: connector, operation: operation)
            )
            mappings.withLock { $0[name] = mapping }
        }
        let delivery = TestDelivery(
            id: IdentifierSource.system.next(),
            key: "pw-\(number)",
            mapping: try Self.one(mapping),
            connector: connector,
            operation: operation,
            fields: fields,
            item: item,
            alarm: alarm,
            state: state,
            reason: reason,
            readingTimestamp: clock.now.adding(seconds: -1),
            createdAt: clock.now
        )
        var plant = plant
        if let asset {
            plant.asset = asset
        } else if number > 1 {
            plant.asset = try Self.one(try await pool.first(OutboxTestQueries.addAsset("line-\(number)")))
        }
        try await pool.execute(OutboxTestQueries.addDelivery(delivery, plant: plant))
        return delivery
    }

    func row(_ delivery: TestDelivery) async throws -> DeliveryRow {
        try await Self.one(pool.first(OutboxTestQueries.row(delivery.id)))
    }

    func timeline(_ delivery: TestDelivery) async throws -> [AttemptRecord] {
        try await store.delivery(delivery.id).timeline
    }

    /// A dispatcher in a process of its own, as far as the database can tell.
    func dispatcher(
        pictures: (any OrderPictures)? = nil,
        _ change: (inout DispatcherConfiguration) -> Void = { _ in }
    ) -> RunningDispatcher {
        var configuration = DispatcherConfiguration()
        configuration.pollInterval = .milliseconds(20)
        configuration.grace = .zero
        change(&configuration)
        return RunningDispatcher(self, configuration, pictures: pictures)
    }
}

/// A dispatcher at work.
final class RunningDispatcher: Sendable {
    let signals = Signals<DispatcherEvent>()
    let metrics = PlantwrightMetrics()
    let dispatcher: Dispatcher
    private let pool: PostgresPool
    private let task: Task<Void, Never>

    init(
        _ fixture: OutboxFixture,
        _ configuration: DispatcherConfiguration,
        listener: NotificationListener? = nil,
        pictures: (any OrderPictures)? = nil
    ) {
        pool = PostgresPool(configuration: fixture.configuration, size: 4, logger: OutboxFixture.logger)
        let dispatcher = Dispatcher(
            pool: pool,
            directory: fixture.directory,
            listener: listener,
            metrics: metrics,
            clock: fixture.clock.clock,
            identifiers: .system,
            random: { 1 },
            configuration: configuration,
            pictures: pictures,
            logger: OutboxFixture.logger,
            note: { [signals] in signals.send($0) }
        )
        self.dispatcher = dispatcher
        task = Task { await dispatcher.run() }
    }

    /// Waits until so many deliveries took a state.
    func settled(_ state: DeliveryState, times: Int = 1) async {
        await signals.wait(for: .settled(state), times: times)
    }

    /// Waits until the dispatcher has looked once more, from now, and found nothing to lease.
    func idle() async {
        let count = signals.events.count
        await signals.wait { events in
            events.dropFirst(count).count { $0 == .looked(leased: 0) } >= 2
        }
    }

    /// Stops it in order.
    func stop() async {
        task.cancel()
        await task.value
        await pool.shutdown()
    }

    /// Cuts it off from the database, as a kill does; what it is doing in the ERP goes on.
    func kill() async {
        await pool.shutdown()
        task.cancel()
    }

    /// Waits for the end after ``kill()``.
    func ended() async { await task.value }

    func count(_ outcome: String, connector: String = "erp") -> Int {
        Int(metrics.deliveries(connector: connector, outcome: outcome).value)
    }
}
