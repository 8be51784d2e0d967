import Logging
import MQTT
import PostgreSQL
import Primitives
import SparkplugB
import Synchronization
import Telemetry

/// Talks to the broker for the Sparkplug sources: one client each that publishes STATE and sends rebirth requests.
///
/// Never the durable session, which may not write while a batch is uncommitted. STATE says "online" only once that
/// session is subscribed, so that the births that it calls forth are received.
struct SparkplugPresence: Sendable {
    let sources: SourceStore
    let hosts: SparkplugHosts
    let pool: PostgresPool
    let broker: BrokerAddress
    /// The durable session's client identifier; the clients add the source's key.
    let clientID: String
    let consumer: DurableConsumer
    let clock: WallClock
    let logger: Logger

    /// How often sources and due requests are looked at.
    static let interval = Duration.milliseconds(250)

    init(
        _ parts: ServerParts,
        _ consumer: DurableConsumer,
        broker: BrokerAddress,
        clientID: String,
        logger: Logger
    ) {
        sources = parts.sources
        hosts = parts.sparkplug
        pool = parts.pool
        self.broker = broker
        self.clientID = clientID
        self.consumer = consumer
        clock = .system
        self.logger = logger
    }

    private struct Presence {
        let client: PresenceClient
        let hostID: String
        let task: Task<Void, Never>
    }

    /// Serves until the task is cancelled; then every client says farewell.
    func run() async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await watchConnection() }
            group.addTask { await serve() }
            await group.waitForAll()
        }
    }

    /// After a lost connection the broker delivers again what was not acknowledged.
    private func watchConnection() async {
        for await state in consumer.states() {
            if case .connecting = state { hosts.resume() }
        }
    }

    private func serve() async {
        var presences: [Int32: Presence] = [:]
        while !Task.isCancelled {
            let current = hosts.current(sources.sources)
            for (id, presence) in presences
            where !current.contains(where: { $0.source.id == id && $0.host.hostID == presence.hostID }) {
                presences[id] = nil
                presence.task.cancel()
                await presence.task.value
            }
            for (source, host) in current {
                if presences[source.id] == nil, consumer.state.isSubscribed {
                    presences[source.id] = start(source, host)
                }
                guard let presence = presences[source.id] else { continue }
                host.isPresent = presence.client.isPresent
                if host.isPresent { await askForBirths(host, presence.client) }
            }
            try? await Task.sleep(for: Self.interval)
        }
        for presence in presences.values { presence.task.cancel() }
        for presence in presences.values { await presence.task.value }
        for (_, host) in hosts.current(sources.sources) { host.isPresent = false }
    }

    private func start(_ source: Source, _ host: SparkplugHost) -> Presence? {
        guard let hostID = host.hostID else { return nil }
        let client = PresenceClient(
            PresenceConfiguration(
                broker: broker,
                clientID: "\(clientID)-\(source.key)",
                announcement: .sparkplug(hostID: hostID, clock: clock)
            ),
            logger: logger
        )
        return Presence(client: client, hostID: hostID, task: Task { await client.run() })
    }

    private func askForBirths(_ host: SparkplugHost, _ client: PresenceClient) async {
        let now = clock.now
        let due = host.takeDueRebirths(at: now)
        guard !due.isEmpty else { return }
        let time = UInt64(clamping: now.milliseconds)
        let isSent = client.send(
            due.map { name in
                let command = SparkplugCommand.rebirth(of: name)
                return OutboundMessage(topic: command.topic, payload: command.payload(at: time), qos: .atMostOnce)
            }
        )
        logger.info(
            "Asked Sparkplug edge nodes for new births.",
            metadata: ["nodes": "\(due.map { $0.identifier() })", "sent": "\(isSent)"]
        )
        do {
            try await host.storeRebirths(due, in: pool)
        } catch {
            logger.warning("The count of rebirth requests was not stored", metadata: ["error": "\(error)"])
        }
    }
}

extension Announcement {
    /// What a Sparkplug host application says about itself.
    static func sparkplug(hostID: String, clock: WallClock) -> Announcement {
        let voice = HostVoice(hostID: hostID, clock: clock)
        return Announcement(
            topic: SparkplugTopic.state(hostID: hostID).text,
            words: {
                let presence = voice.connect()
                return Words(will: presence.will.payload, birth: presence.birth.payload)
            },
            farewell: { voice.farewell() },
            isWrong: { payload in voice.contradicts(payload) }
        )
    }
}

/// Remembers the presence of the connection that there is now.
private final class HostVoice: Sendable {
    private let current: Mutex<HostPresence>
    private let clock: WallClock

    init(hostID: String, clock: WallClock) {
        self.clock = clock
        current = Mutex(HostPresence(hostID: hostID, connectedAt: 0))
    }

    private var now: UInt64 { UInt64(clamping: clock.now.milliseconds) }

    func connect() -> HostPresence {
        current.withLock { presence in
            presence.connectedAt = now
            return presence
        }
    }

    func farewell() -> [UInt8] { current.withLock { $0.death(at: now).payload } }

    func contradicts(_ payload: [UInt8]) -> Bool {
        HostState(decoding: payload).flatMap { state in current.withLock { $0.answer(to: state) } } != nil
    }
}
