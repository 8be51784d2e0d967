import Logging
import Synchronization

/// How a ``Publisher`` connects.
public struct PublisherConfiguration: Sendable {
    /// The broker.
    public var broker: BrokerAddress
    /// The MQTT client identifier.
    ///
    /// Two clients with the same one disconnect each other.
    public var clientID: String
    /// How many messages ``Publisher/enqueue(_:)`` lets be unacknowledged at a time; 1 to 60,000.
    public var window = 1_000
    /// How long a connection attempt may take after the name is resolved.
    public var connectLimit: Duration = .seconds(10)
    /// A PEM file of the certificate authorities to trust for `mqtts` instead of the system's.
    public var caFile: String?
    /// The first and the longest wait between connection attempts.
    public var backoff: ClosedRange<Duration> = .milliseconds(200) ... .seconds(5)

    /// Makes a configuration with the default limits.
    public init(broker: BrokerAddress, clientID: String) {
        self.broker = broker
        self.clientID = clientID
    }

    var connection: ConnectionSettings {
        ConnectionSettings(
            broker: broker,
            clientID: clientID,
            cleanStart: true,
            sessionExpiry: 0,
            retained: .never,
            caFile: caFile,
            keepAlive: 30,
            connectLimit: connectLimit
        )
    }
}

/// A client that publishes.
///
/// It keeps its connection, and repeats after a reconnection what the broker has not acknowledged: messages of quality
/// of service 1 arrive at least once, in their order.
public final class Publisher: Sendable {
    private let configuration: PublisherConfiguration
    private let control: PublisherControl
    private let logger: Logger

    /// Makes a publisher that is not connected.
    public init(_ configuration: PublisherConfiguration, logger: Logger) {
        self.configuration = configuration
        self.logger = logger
        control = PublisherControl(broker: configuration.broker.description, window: configuration.window)
    }

    deinit {
        control.stop()
    }

    /// Whether the broker has accepted the connection that there is now.
    public var isConnected: Bool { control.shared.withLock { $0.link == .connected } }

    /// What the last attempt or connection ended in, while there is no connection.
    public var lastError: MQTTError? { control.shared.withLock(\.lastError) }

    /// Messages acknowledged by the broker, or written when their quality of service is 0.
    public var acknowledgedCount: Int { control.shared.withLock(\.ledger.acknowledged) }

    /// Messages that were refused or given up.
    public var failedCount: Int { control.shared.withLock(\.ledger.failed) }

    /// Connects.
    ///
    /// Later losses of the connection are repaired without a call.
    ///
    /// - Parameter retrying: whether a failed first attempt is repeated until it works; else it is thrown.
    /// - Throws: why the first attempt failed, or ``MQTTError/Kind/cancelled``.
    public func connect(retrying: Bool = false) async throws(MQTTError) {
        if control.begin() {
            let (configuration, control, logger) = (configuration, control, logger)
            // Not a child task: the connection outlives this call and ends with disconnect() or deinit.
            Task {
                await PublisherLoop().serve(configuration, control: control, logger: logger, retrying: retrying)
            }
        }
        try await control.wait(for: .connection).get()
    }

    /// Publishes one message and returns when the broker has acknowledged it (quality of service 1) or it was written
    /// (0).
    ///
    /// While there is no connection it waits; cancelling the task or ``disconnect()`` ends the wait.
    public func publish(_ message: OutboundMessage) async throws(MQTTError) {
        try check(message)
        try await control.publish(message).get()
    }

    /// Publishes messages in order without waiting for acknowledgements, except for room in the window.
    ///
    /// Refusals are thrown by ``drain()``.
    public func enqueue(_ messages: [OutboundMessage]) async throws(MQTTError) {
        for message in messages { try check(message) }
        var rest = messages[...]
        while true {
            guard let added = control.add(rest) else {
                throw control.failure(.notConnected, "connect() was not called")
            }
            rest = rest.dropFirst(added)
            guard !rest.isEmpty else { return }
            // Half the window, so that a full one is not refilled message by message.
            try await control.wait(for: .room(below: max(1, configuration.window / 2))).get()
        }
    }

    /// Waits until every message was acknowledged.
    ///
    /// Throws the first refusal of an enqueued message since the last call.
    public func drain() async throws(MQTTError) {
        try await control.wait(for: .room(below: 1)).get()
        if let refusal = control.takeRefusal() { throw refusal }
    }

    /// Ends the connection; messages not yet acknowledged fail.
    public func disconnect() async {
        control.stop()
        _ = await control.wait(for: .closure)
    }

    private func check(_ message: OutboundMessage) throws(MQTTError) {
        guard TopicRules.isValidName(message.topic) else {
            throw control.failure(.invalid, "a topic has 1 to 65,535 bytes and no wildcards")
        }
    }
}
