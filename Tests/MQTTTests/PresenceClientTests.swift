import MQTT
import SparkplugB
import Synchronization
import TestSupport
import Testing

/// Gives every connection a later time, one second apart.
private final class Ticks: Sendable {
    private let now = Mutex<UInt64>(1_763_827_200_000)
    func next() -> UInt64 {
        now.withLock {
            $0 += 1_000
            return $0
        }
    }
}

/// The host's client as the server makes it, over a counting clock.
private func makeClient(_ broker: BrokerAddress, id: String = "host") -> PresenceClient {
    let ticks = Ticks()
    let presence = Mutex(HostPresence(hostID: "plantwright", connectedAt: 0))
    let holder = PresenceHolder(presence: presence, ticks: ticks)
    var configuration = PresenceConfiguration(broker: broker, clientID: id, announcement: holder.announcement)
    configuration.backoff = .milliseconds(10) ... .milliseconds(50)
    return PresenceClient(configuration, logger: quiet)
}

private final class PresenceHolder: Sendable {
    let presence: Mutex<HostPresence>
    let ticks: Ticks

    init(presence: consuming sending Mutex<HostPresence>, ticks: Ticks) {
        self.presence = presence
        self.ticks = ticks
    }

    var announcement: Announcement {
        Announcement(
            topic: HostPresence(hostID: "plantwright", connectedAt: 0).topic,
            words: {
                let now = HostPresence(hostID: "plantwright", connectedAt: self.ticks.next())
                self.presence.withLock { $0 = now }
                return .init(will: now.will.payload, birth: now.birth.payload)
            },
            farewell: { self.presence.withLock { $0.death(at: self.ticks.next()).payload } },
            isWrong: { payload in
                HostState(decoding: payload).flatMap { state in self.presence.withLock { $0.answer(to: state) } } != nil
            }
        )
    }
}

extension PresenceClient {
    fileprivate func running(_ body: () async throws -> Void) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await self.run() }
            try await body()
            group.cancelAll()
        }
    }
}

/// What the TCK's host tests look at, from the broker's side: its log of packets, and what a subscriber gets.
@Suite("Host application's presence with Mosquitto", .timeLimit(.minutes(1)))
struct PresenceClientTests {
    private func withBroker(
        _ body: (TemporaryMosquitto, Inbox, DurableConsumer) async throws -> Void
    ) async throws {
        var options = TemporaryMosquitto.Options()
        options.logsPackets = true
        try await TemporaryMosquitto.with(options) { broker in
            let configuration = ConsumerConfiguration.test(broker.address, clientID: "edge", filters: ["spBv1.0/#"])
            let consumer = DurableConsumer(configuration, logger: quiet)
            let inbox = Inbox()
            try await consumer.running(into: inbox) {
                await consumer.subscribed()
                try await body(broker, inbox, consumer)
            }
        }
    }

    @Test(
        .tck(
            "message-flow-phid-sparkplug-clean-session-50",
            "message-flow-phid-sparkplug-clean-session-311",
            "payloads-state-will-message",
            "payloads-state-will-message-qos",
            "payloads-state-will-message-retain",
            "host-topic-phid-death-required",
            "host-topic-phid-death-qos",
            "host-topic-phid-death-retain",
            "operational-behavior-host-application-connect-will",
            "operational-behavior-host-application-connect-will-qos",
            "operational-behavior-host-application-connect-will-retained"
        )
    )
    func connectsWithACleanStartAndARetainedWill() async throws {
        // Mosquitto's numbers: 5 for MQTT 5, 2 for 3.1.1.
        for (version, number) in [(ProtocolVersion.mqtt5, 5), (.mqtt311, 2)] {
            try await withBroker { broker, inbox, _ in
                var address = broker.address
                address.version = .only(version)
                try await makeClient(address).running { await inbox.wait(forCount: 1) }
                // Nothing of its log is missing once it ended.
                broker.stop()
                let log = broker.log
                // Mosquitto: (protocol, clean start 1, keep-alive), then the will with its flags.
                #expect(log.contains("as host (p\(number), c1, k30)"))
                #expect(log.contains("Will message specified (42 bytes) (r1, q1)."))
                #expect(log.contains("\tspBv1.0/STATE/plantwright"))
            }
        }
    }

    @Test(
        .tck(
            "message-flow-phid-sparkplug-subscription",
            "message-flow-phid-sparkplug-state-publish",
            "host-topic-phid-birth-message",
            "host-topic-phid-birth-required",
            "host-topic-phid-birth-sub-required",
            "host-topic-phid-birth-qos",
            "host-topic-phid-birth-retain",
            "payloads-state-subscribe",
            "payloads-state-birth",
            "principles-birth-certificates-order",
            "operational-behavior-host-application-connect-birth",
            "operational-behavior-host-application-connect-birth-qos",
            "operational-behavior-host-application-connect-birth-retained",
            "components-ph-state",
            "intro-sparkplug-host-state",
            "conformance-primary-host"
        )
    )
    func subscribesThenPublishesItsBirth() async throws {
        try await withBroker { broker, inbox, _ in
            try await makeClient(broker.address).running {
                await inbox.wait(forCount: 1)
                #expect(inbox.payloads == [#"{"online":true,"timestamp":1763827201000}"#])
            }
            // Nothing of its log is missing once it ended.
            broker.stop()
            let packets = broker.log.split(separator: "\n").filter { $0.contains(" from host") }
            let subscribe = packets.firstIndex { $0.contains("Received SUBSCRIBE") }
            let publish = packets.firstIndex { $0.contains("Received PUBLISH") }
            let firsts = try (#require(subscribe), #require(publish))
            #expect(firsts.0 < firsts.1)
            // d0: no duplicate, q1: quality of service 1, r1: retained.
            #expect(packets[firsts.1].contains("(d0, q1, r1"))
            #expect(packets[firsts.1].contains("'spBv1.0/STATE/plantwright'"))
        }
    }

    @Test(
        .tck(
            "message-flow-hid-sparkplug-state-message-delivered"
        )
    )
    func contradictsWhoeverSaysItIsOffline() async throws {
        try await withBroker { broker, inbox, _ in
            try await makeClient(broker.address).running {
                await inbox.wait(forCount: 1)
                let foreign = try await Publisher.connected(to: broker.address)
                try await foreign.publish("spBv1.0/STATE/plantwright", #"{"online":false,"timestamp":5}"#)
                await inbox.wait(forCount: 3)
                #expect(inbox.payloads[2] == #"{"online":true,"timestamp":1763827201000}"#)
                try await foreign.publish("spBv1.0/STATE/plantwright", #"{"online":true,"timestamp":5}"#)
                try await foreign.publish("spBv1.0/STATE/plantwright", "OFFLINE")
                try await foreign.publish("spBv1.0/STATE/other", #"{"online":false,"timestamp":5}"#)
                try await foreign.publish("spBv1.0/STATE/plantwright", #"{"online":false,"timestamp":6}"#)
                await inbox.wait(forCount: 8)
                #expect(inbox.payloads[7] == #"{"online":true,"timestamp":1763827201000}"#)
                await foreign.disconnect()
            }
        }
    }

    @Test(
        .tck(
            "operational-behavior-host-application-multi-server-timestamp",
            "operational-behavior-primary-application-state-with-multiple-servers-state"
        )
    )
    func aLostConnectionGivesTheWillAndTheNextOneANewTime() async throws {
        try await withBroker { broker, inbox, _ in
            let tap = try WireTap(before: broker.port)
            defer { tap.close() }
            let client = makeClient(tap.address)
            try await client.running {
                await inbox.wait(forCount: 1)
                tap.cut()
                await inbox.wait { messages in
                    messages.contains {
                        String(decoding: $0.payload, as: UTF8.self).contains("true,\"timestamp\":1763827202000")
                    }
                }
                #expect(inbox.payloads.contains(#"{"online":false,"timestamp":1763827201000}"#))
            }
        }
    }

    @Test(
        .tck(
            "operational-behavior-host-application-termination",
            "operational-behavior-host-application-disconnect-intentional",
            "operational-behavior-host-application-death-topic",
            "operational-behavior-host-application-death-payload",
            "operational-behavior-host-application-death-qos",
            "operational-behavior-host-application-death-retained",
            "host-topic-phid-death-payload-timestamp-disconnect-clean"
        )
    )
    func anIntendedEndIsAnnouncedBeforeTheDisconnect() async throws {
        try await withBroker { broker, inbox, _ in
            try await makeClient(broker.address).running { await inbox.wait(forCount: 1) }
            await inbox.wait(forCount: 2)
            // The time of the end, not of the connection; and the will stays unsaid.
            #expect(inbox.payloads[1] == #"{"online":false,"timestamp":1763827202000}"#)
            // The broker takes what came before a new connection first; and nothing of its log is missing once it ended.
            let next = try await Publisher.connected(to: broker.address)
            await next.disconnect()
            broker.stop()
            let packets = broker.log.split(separator: "\n").filter { $0.contains(" from host") }
            let death = try #require(packets.lastIndex { $0.contains("Received PUBLISH") })
            let disconnect = try #require(packets.firstIndex { $0.contains("Received DISCONNECT") })
            #expect(death < disconnect)
            #expect(packets[death].contains("(d0, q1, r1"))
            #expect(inbox.messages.count == 2)
        }
    }

    @Test(
        .tck(
            "topics-ncmd-mqtt",
            "payloads-ncmd-qos",
            "payloads-ncmd-retain",
            "topics-dcmd-mqtt",
            "payloads-dcmd-qos",
            "payloads-dcmd-retain"
        )
    )
    func commandsAreNeitherRepeatedNorRetained() async throws {
        try await withBroker { broker, inbox, _ in
            let client = makeClient(broker.address)
            #expect(!client.send([]))
            try await client.running {
                await inbox.wait(forCount: 1)
                let node = EdgeNodeName(group: "g", node: "n")
                let commands = [
                    SparkplugCommand.rebirth(of: node),
                    SparkplugCommand(node: node, device: "d", settings: []),
                ]
                while !client.isPresent { await Task.yield() }
                #expect(
                    client.send(
                        commands.map { OutboundMessage(topic: $0.topic, payload: $0.payload(at: 1), qos: .atMostOnce) }
                    )
                )
                await inbox.wait(forCount: 3)
                #expect(inbox.messages[1...].map(\.topic) == ["spBv1.0/g/NCMD/n", "spBv1.0/g/DCMD/n/d"])
                #expect(inbox.messages[1].payload == commands[0].payload(at: 1))
            }
            // Nothing of its log is missing once it ended.
            broker.stop()
            let packets = broker.log.split(separator: "\n").filter {
                $0.contains("Received PUBLISH from host") && $0.contains("CMD/n")
            }
            #expect(packets.allSatisfy { $0.contains("(d0, q0, r0") })
            #expect(packets.count == 2)
        }
    }
}
