import Logging
import Synchronization

/// Watches how many messages the broker has thrown away for slow or absent subscribers: Mosquitto's
/// `$SYS/broker/publish/messages/dropped`.
///
/// Other brokers have no such topic; the count then stays unknown, which is said once and is no error.
///
/// A second, plain client, since the durable one may not write while a batch is uncommitted.
public final class BrokerWatch: Sendable {
    /// The topic of Mosquitto's count, updated every `sys_interval` (10 s) when it changed.
    public static let droppedTopic = "$SYS/broker/publish/messages/dropped"

    /// How long after the subscription a broker that has the count may take to tell it: some `sys_interval`s.
    static let patience = Duration.seconds(30)

    private let consumer: DurableConsumer
    private let logger: Logger
    private let dropped = Mutex<Int?>(nil)

    /// Makes a watch; ``run(_:)`` does the work.
    ///
    /// - Parameters:
    ///   - broker: the broker; the account must be allowed to read `$SYS/#`.
    ///   - clientID: the client identifier, another than the durable consumer's.
    ///   - caFile: a PEM file of the certificate authorities to trust for `mqtts` instead of the system's.
    ///   - logger: where connections and their failures are logged.
    public init(broker: BrokerAddress, clientID: String, caFile: String? = nil, logger: Logger) {
        var configuration = ConsumerConfiguration(broker: broker, clientID: clientID, filters: [Self.droppedTopic])
        configuration.caFile = caFile
        configuration.isDurable = false
        consumer = DurableConsumer(configuration, logger: logger)
        self.logger = logger
    }

    /// Messages that the broker has dropped since it started; nil while it has not said.
    public var droppedMessages: Int? { dropped.withLock { $0 } }

    /// What the watch is doing now.
    public var state: ConsumerState { consumer.state }

    /// Watches until the task is cancelled.
    ///
    /// - Parameter report: called with each count that the broker sends.
    public func run(_ report: @escaping @Sendable (Int) -> Void = { _ in }) async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await self.noteSilence() }
            await watch(report)
            group.cancelAll()
        }
    }

    private func noteSilence() async {
        for await state in consumer.states() where state.isSubscribed { break }
        guard (try? await Task.sleep(for: Self.patience)) != nil, droppedMessages == nil else { return }
        logger.notice(
            "The MQTT broker tells no count of messages that it has dropped; see its own monitoring for that.",
            metadata: ["topic": "\(Self.droppedTopic)"]
        )
    }

    private func watch(_ report: @escaping @Sendable (Int) -> Void) async {
        await consumer.run { messages in
            for message in messages {
                guard let count = Int(String(decoding: message.payload, as: UTF8.self)) else { continue }
                self.dropped.withLock { $0 = count }
                report(count)
            }
        }
    }
}
