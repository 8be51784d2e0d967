import API
import Logging
import MQTT
import PostgreSQL

/// Asks the database every second whether it answers, and says so in ``Readiness``.
struct DatabaseMonitor: Sendable {
    let pool: PostgresPool
    let readiness: Readiness
    let logger: Logger

    func run() async {
        var wasReachable = true
        while !Task.isCancelled {
            do throws(PostgresError) {
                _ = try await pool.first(MonitorQueries.alive())
                readiness.set(.database, fault: nil)
                if !wasReachable { logger.notice("The database answers again") }
                wasReachable = true
            } catch {
                readiness.set(.database, fault: "the database does not answer")
                if wasReachable { logger.error("The database does not answer", metadata: ["error": "\(error)"]) }
                wasReachable = false
            }
            try? await Task.sleep(for: .seconds(1))
        }
    }
}

/// Follows the durable session and says in ``Readiness`` whether it is subscribed.
struct BrokerMonitor: Sendable {
    let consumer: DurableConsumer
    let readiness: Readiness
    let logger: Logger

    func run() async {
        for await state in consumer.states() {
            if state.isSubscribed {
                readiness.set(.broker, fault: nil)
                logger.info("The durable session is subscribed")
            } else {
                readiness.set(.broker, fault: "the broker is not connected: \(state)")
            }
        }
    }
}
