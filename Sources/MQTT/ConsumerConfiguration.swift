/// How a ``DurableConsumer`` connects and how it forms batches.
public struct ConsumerConfiguration: Sendable {
    /// The broker.
    public var broker: BrokerAddress
    /// The MQTT client identifier: the name of the durable session.
    ///
    /// Two clients with the same one take it from each other.
    public var clientID: String
    /// The topic filters at the start; see ``DurableConsumer/updateFilters(_:)``.
    public var filters: [String]
    /// Seconds for which the broker keeps the session and queues messages while we are away.
    ///
    /// A broker that speaks MQTT 3.1.1 cannot be told: it keeps the session as long as it is configured to.
    public var sessionExpiry: UInt32 = 7 * 86_400
    /// The most messages in a batch.
    public var batchMessages = 2_000
    /// The bytes of topics and payloads after which a batch is closed; the last message may exceed it.
    public var batchBytes = 8 << 20
    /// From how many messages in a batch on the consumer counts as busy, and rests before the next one.
    public var busyBatch = 32
    /// How long a busy consumer rests: many small batches would cost more than a few larger ones.
    ///
    /// One that is not busy hands over at once, and one that cannot keep up does not rest.
    public var busyRest: Duration = .milliseconds(8)
    /// How long the handler may take for a batch before the connection is given up.
    public var handlerLimit: Duration = .seconds(20)
    /// How long a connection attempt may take after the name is resolved.
    public var connectLimit: Duration = .seconds(10)
    /// A PEM file of the certificate authorities to trust for `mqtts` instead of the system's.
    public var caFile: String?
    /// The first and the longest wait between connection attempts.
    public var backoff: ClosedRange<Duration> = .milliseconds(200) ... .seconds(5)
    /// Whether the session is to outlive the connection; only ``BrokerWatch`` says no.
    var isDurable = true

    /// Makes a configuration with the default limits.
    public init(broker: BrokerAddress, clientID: String, filters: [String]) {
        self.broker = broker
        self.clientID = clientID
        self.filters = filters
    }

    /// The keep-alive interval in seconds: three times the handler's limit, at least 30.
    ///
    /// While a batch is uncommitted nothing may be written, a PINGREQ neither, since it would take the queued PUBACKs
    /// along. The broker ends a session that was silent for one and a half intervals. At worst the handler starts one
    /// interval after our last packet; so its limit has to be less than half an interval.
    var keepAlive: Int32 {
        Int32(clamping: min(max(30, handlerLimit.components.seconds * 3 + 1), 65_535))
    }

    var connection: ConnectionSettings {
        ConnectionSettings(
            broker: broker,
            clientID: clientID,
            cleanStart: !isDurable,
            sessionExpiry: isDurable ? sessionExpiry : 0,
            retained: isDurable ? .never : .always,
            caFile: caFile,
            keepAlive: keepAlive,
            connectLimit: connectLimit
        )
    }
}
