import Logging
import Synchronization

/// What a client says about itself on one topic, retained, with quality of service 1.
public struct Announcement: Sendable {
    /// What is said during one connection.
    public struct Words: Hashable, Sendable {
        /// What the broker publishes when the connection breaks.
        public var will: [UInt8]
        /// What the client publishes once it is subscribed.
        public var birth: [UInt8]

        /// Makes the words of one connection.
        public init(will: [UInt8], birth: [UInt8]) {
            self.will = will
            self.birth = birth
        }
    }

    /// The topic of all messages; the client also subscribes to it.
    public var topic: String
    /// Makes the words of a connection; called right before its CONNECT.
    public var words: @Sendable () -> Words
    /// Makes what is published before an intended end of the connection.
    public var farewell: @Sendable () -> [UInt8]
    /// Whether a message on the topic is wrong about the client; the birth is then published again.
    public var isWrong: @Sendable ([UInt8]) -> Bool

    /// Makes an announcement.
    public init(
        topic: String,
        words: @escaping @Sendable () -> Words,
        farewell: @escaping @Sendable () -> [UInt8],
        isWrong: @escaping @Sendable ([UInt8]) -> Bool
    ) {
        self.topic = topic
        self.words = words
        self.farewell = farewell
        self.isWrong = isWrong
    }
}

/// How a ``PresenceClient`` connects.
public struct PresenceConfiguration: Sendable {
    /// The broker.
    public var broker: BrokerAddress
    /// The MQTT client identifier; two clients with the same one disconnect each other.
    public var clientID: String
    /// What it says about itself.
    public var announcement: Announcement
    /// How long CONNACK, SUBACK and the birth's PUBACK may take each, and the farewell's.
    public var answerLimit: Duration = .seconds(10)
    /// A PEM file of the certificate authorities to trust for `mqtts` instead of the system's.
    public var caFile: String?
    /// The first and the longest wait between connection attempts.
    public var backoff: ClosedRange<Duration> = .milliseconds(200) ... .seconds(5)

    /// Makes a configuration with the default limits.
    public init(broker: BrokerAddress, clientID: String, announcement: Announcement) {
        self.broker = broker
        self.clientID = clientID
        self.announcement = announcement
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
            connectLimit: answerLimit
        )
    }
}

/// A client that says whether it is there.
///
/// A will goes with each connection, a retained birth follows the subscription, a farewell comes before an intended end.
/// Beside that it sends messages that need not arrive.
///
/// Each connection is a new client of the library, so that nothing of an earlier connection is repeated in it.
public final class PresenceClient: Sendable {
    /// Most messages that wait to be sent.
    public static let maximumWaiting = 10_000

    struct State {
        var isStopping = false
        var isPresent = false
        var lastError: MQTTError?
        var waiting: [OutboundMessage] = []
    }

    let configuration: PresenceConfiguration
    let wake = WakeEvent()
    let shared = Mutex(State())
    private let logger: Logger

    /// Makes a client; ``run()`` does the work.
    public init(_ configuration: PresenceConfiguration, logger: Logger) {
        self.configuration = configuration
        self.logger = logger
    }

    /// Whether the broker has acknowledged the birth of the connection that there is now.
    public var isPresent: Bool { shared.withLock(\.isPresent) }

    /// What the last attempt or connection ended in, while there is none.
    public var lastError: MQTTError? { shared.withLock(\.lastError) }

    /// Sends messages as soon as may be.
    ///
    /// - Returns: false when the client is not present or too many wait: the messages are not sent.
    public func send(_ messages: [OutboundMessage]) -> Bool {
        let isTaken = shared.withLock { shared in
            guard shared.isPresent, shared.waiting.count + messages.count <= Self.maximumWaiting else { return false }
            shared.waiting += messages
            return true
        }
        if isTaken { wake.signal() }
        return isTaken
    }

    /// Connects, announces and reconnects until the task is cancelled; then says farewell.
    ///
    /// Call it once.
    public func run() async {
        let loop = PresenceLoop()
        await withTaskCancellationHandler {
            var backoff = Backoff(first: configuration.backoff.lowerBound, longest: configuration.backoff.upperBound)
            while !shared.withLock(\.isStopping) {
                let ending = await loop.serve(self)
                let wasPresent = shared.withLock { shared in
                    defer { shared.isPresent = false }
                    shared.waiting = []
                    shared.lastError = ending
                    return shared.isPresent
                }
                if ending.kind == .cancelled { break }
                logger.warning("\(ending)")
                if wasPresent { backoff.reset() }
                try? await Task.sleep(for: backoff.next())
            }
        } onCancel: {
            shared.withLock { $0.isStopping = true }
            wake.signal()
        }
    }
}
