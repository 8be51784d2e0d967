import API
import Alarms
import Assets
import Logging
import Observability
import PostgreSQL
import Primitives
import Telemetry

/// Connectors, mappings and the outbox, put together.
struct ERPParts: RuleUsage, Sendable {
    init(
        pool: PostgresPool, database: PostgresConfiguration, plant: PlantStore, settings: Settings,
        metrics: PlantwrightMetrics, logger: Logger
    ) throws {}

    func load() async throws {}
    func run(listener: NotificationListener) async {}
    func user(ofRule ruleID: Int32, in session: any PostgresSession) async throws -> String? { nil }
    func entities(kind: String, ids: [String]) async throws -> [String: JSONValue] { [:] }
    var observeAlarms: AlarmParticipant.Observer { { _, _, _ in {} } }
    var participant: any BatchParticipant { NoParticipant() }
    var routes: ERPRoutes { ERPRoutes() }
    var orderCounts: @Sendable () async throws -> OrderCounts { { OrderCounts(open: 0, waiting: 0, dead: 0) } }
    func ordersOfAlarms(_ alarms: AlarmStore) -> OrdersOfAlarms { OrdersOfAlarms(alarms: alarms) { _ in [:] } }

    private struct NoParticipant: BatchParticipant {
        func process(_ batch: StoredBatch, in transaction: Transaction) async throws -> @Sendable () -> Void { {} }
        func reset() async throws {}
    }
}
