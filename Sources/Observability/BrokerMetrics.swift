/// What the broker loses by itself.
public struct BrokerMetrics: Sendable {
    /// Times the broker had lost the durable session with all that it held.
    public let sessionsLost: Counter
    /// Messages that the broker says it has dropped since it started; NaN while it has not said.
    public let messagesDropped: Gauge

    init(registry: MetricsRegistry) {
        sessionsLost = registry.counter(
            "plantwright_broker_sessions_lost_total",
            "Times the broker had lost the durable session with the messages that it held."
        )
        messagesDropped = registry.gauge(
            "plantwright_broker_messages_dropped",
            "Messages that the broker says it has dropped since it started; NaN while it has not said."
        )
        // Brokers other than Mosquitto never say: 0 would be a claim.
        messagesDropped.set(.nan)
    }
}
