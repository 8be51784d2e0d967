import API
import Logging
import MQTT
import Observability
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
    let metrics: PlantwrightMetrics
    let logger: Logger

    func run() async {
        var lost = 0
        for await state in consumer.states() {
            let sessions = consumer.statistics.lostSessions
            if sessions > lost {
                metrics.broker.sessionsLost.increment(by: sessions - lost)
                lost = sessions
                readiness.warn(
                    .brokerLoss,
                    "The broker lost our session with the messages that it held for us (\(lost) times since we started). "
                        + "Let it write its queues to disk more often, and see the devices' ledgers for what is missing."
                )
                logger.error("The broker lost the durable session: messages that it held are gone")
            }
            if case .subscribed(let refused) = state {
                readiness.set(.broker, fault: nil)
                noteRefused(refused)
                logger.info("The durable session is subscribed")
            } else {
                readiness.set(.broker, fault: "the broker is not connected: \(state)")
            }
        }
    }
}

extension BrokerMonitor {
    /// Says which subscriptions are not in force, or that all are.
    private func noteRefused(_ filters: [String]) {
        guard !filters.isEmpty else { return readiness.warn(.brokerRefusal, nil) }
        let list = filters.joined(separator: ", ")
        readiness.warn(
            .brokerRefusal,
            "The broker refused to subscribe us to \(list): nothing comes from there. Look at the rights of our account and "
                + "at the broker's limits."
        )
        logger.error("The broker refused subscriptions", metadata: ["filters": "\(list)"])
    }
}

extension PlantwrightMetrics {
    /// Notes how many messages the broker says it has dropped.
    func noteDropped(_ count: Int, _ readiness: Readiness) {
        broker.messagesDropped.set(Double(count))
        guard count > 0 else { return }
        readiness.warn(
            .brokerLoss,
            "The broker has dropped \(count) messages since it started. Raise its queue limit (Mosquitto: "
                + "max_queued_messages 0)."
        )
    }
}
