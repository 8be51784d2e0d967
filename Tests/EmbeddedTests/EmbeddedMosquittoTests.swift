import Foundation
import MQTT
import Testing

@testable import Embedded

/// The real Mosquitto as a child.
struct EmbeddedMosquittoTests {
    private func publisher(_ address: BrokerAddress, _ name: String? = nil, _ password: String? = nil) -> Publisher {
        var address = address
        address.credentials = name.map { BrokerCredentials(username: $0, password: password) }
        return Publisher(
            PublisherConfiguration(broker: address, clientID: "test-\(UUID().uuidString)"),
            logger: quiet
        )
    }

    /// What the broker says to a message of an account.
    private func refusal(_ publisher: Publisher, topic: String) async -> MQTTError.Kind? {
        do {
            try await publisher.publish(OutboundMessage(topic: topic, payload: [1]))
            return nil
        } catch {
            return error.kind
        }
    }

    @Test func everyAccountHasItsOwnTopicsOnly() async throws {
        let folder = try TestFolder()
        let broker = EmbeddedMosquitto(dataDirectory: folder.path, port: 0, logger: quiet)
        let address = try await broker.start()
        #expect(broker.state == .running)
        await #expect(throws: MQTTError.self) { try await publisher(address).connect() }
        await #expect(throws: MQTTError.self) { try await publisher(address, "plantwright", "wrong").connect() }

        let (name, password) = try await broker.createDeviceCredential("pump-1")
        let device = publisher(address, name, password)
        try await device.connect()
        let denied = MQTTError.Kind.publishRefused(.notAuthorized)
        #expect(await refusal(device, topic: "plantwright/v1/pump-1/telemetry") == nil)
        #expect(await refusal(device, topic: "plantwright/v1/pump-2/telemetry") == denied)
        #expect(await refusal(device, topic: "plantwright/v1") == denied)
        #expect(await refusal(device, topic: "$CONTROL/dynamic-security/v1") == denied)
        await device.disconnect()

        // New credentials end the old ones; other devices do not notice.
        let (other, otherPassword) = try await broker.createDeviceCredential("Pömpe 2")
        let (again, newPassword) = try await broker.createDeviceCredential("pump-1")
        #expect(again == name)
        #expect(newPassword != password)
        await #expect(throws: MQTTError.self) { try await publisher(address, name, password).connect() }
        let renewed = publisher(address, name, newPassword)
        try await renewed.connect()
        #expect(await refusal(renewed, topic: "plantwright/v1/pump-1/telemetry") == nil)
        await renewed.disconnect()

        // They outlive the broker, and end when they are removed.
        await broker.stop()
        #expect(broker.state == .stopped)
        let restarted = try await broker.start()
        let neighbour = publisher(restarted, other, otherPassword)
        try await neighbour.connect()
        #expect(await refusal(neighbour, topic: "plantwright/v1/Pömpe 2/telemetry") == nil)
        await neighbour.disconnect()
        try await broker.removeDeviceCredential("pump-1")
        try await broker.removeDeviceCredential("never-made")
        await #expect(throws: MQTTError.self) { try await publisher(restarted, name, newPassword).connect() }
        await broker.stop()
        await #expect(throws: EmbeddedError.notRunning(program: "Mosquitto", dataDirectory: folder.path)) {
            try await broker.createDeviceCredential("pump-1")
        }
    }

    @Test func livesThroughKillAndAbandonment() async throws {
        let folder = try TestFolder()
        let first = EmbeddedMosquitto(dataDirectory: folder.path, port: 0, logger: quiet)
        let address = try await first.start()
        let killed = try #require(await first.pid)
        kill(killed, SIGKILL)
        try await eventually("Mosquitto runs again") {
            if first.state == .running, let pid = await first.pid { pid != killed } else { false }
        }
        let server = Publisher(PublisherConfiguration(broker: address, clientID: "server"), logger: quiet)
        try await server.connect()
        #expect(await refusal(server, topic: "plantwright/v1/any/telemetry") == nil)
        await server.disconnect()

        let orphan = try #require(await first.pid)
        await first.abandon()
        let second = EmbeddedMosquitto(dataDirectory: folder.path, port: Int(address.port), logger: quiet)
        #expect(try await second.start() == address)
        #expect(kill(orphan, 0) == -1)
        #expect(try await second.createDeviceCredential("a").username == "device-a")
        await second.stop()
    }

    @Test func portInUseIsSaid() async throws {
        let folder = try TestFolder()
        let first = EmbeddedMosquitto(dataDirectory: folder.path + "/a", port: 0, logger: quiet)
        let port = Int(try await first.start().port)
        let second = EmbeddedMosquitto(dataDirectory: folder.path + "/b", port: port, logger: quiet)
        await #expect(throws: EmbeddedError.addressInUse(host: "127.0.0.1", port: port)) { try await second.start() }
        #expect(second.state == .stopped)
        await #expect(throws: EmbeddedError.dataDirectoryInUse(path: folder.path + "/a", pid: getpid())) {
            try await EmbeddedMosquitto(dataDirectory: folder.path + "/a", port: 0, logger: quiet).start()
        }
        await first.stop()
    }

    @Test func damagedAccountsAreKeptAndNamed() async throws {
        let folder = try TestFolder()
        let broker = EmbeddedMosquitto(dataDirectory: folder.path, port: 0, logger: quiet)
        _ = try await broker.start()
        await broker.stop()
        let path = folder.path + "/mosquitto/accounts.json"
        try "{".write(toFile: path, atomically: true, encoding: .utf8)
        let error = try #require(await #expect(throws: EmbeddedError.self) { try await broker.start() })
        #expect(error.description.hasPrefix(path))
        #expect(folder.text("mosquitto/accounts.json") == "{")
    }

    /// The server's durable session keeps what arrives while the server is away, however much.
    @Test func queuesForTheServerAcrossARestart() async throws {
        let folder = try TestFolder()
        let broker = EmbeddedMosquitto(dataDirectory: folder.path, port: 0, logger: quiet)
        let address = try await broker.start()
        let filters = ["plantwright/v1/+/telemetry"]
        let configuration = ConsumerConfiguration(broker: address, clientID: "ingest", filters: filters)
        let session = DurableConsumer(configuration, logger: quiet)
        let subscription = Task { await session.run { _ in } }
        for await state in session.states() where state.isSubscribed { break }
        subscription.cancel()
        await subscription.value

        let device = Publisher(PublisherConfiguration(broker: address, clientID: "device"), logger: quiet)
        try await device.connect()
        let message = OutboundMessage(topic: "plantwright/v1/a/telemetry", payload: [1])
        try await device.enqueue(Array(repeating: message, count: 5_000))
        try await device.drain()
        await device.disconnect()
        await broker.stop()
        var restarted = configuration
        restarted.broker = try await broker.start()

        let (counts, continuation) = AsyncStream.makeStream(of: Int.self)
        let consumer = DurableConsumer(restarted, logger: quiet)
        let consumption = Task { await consumer.run { continuation.yield($0.count) } }
        var received = 0
        for await count in counts {
            received += count
            if received >= 5_000 { break }
        }
        #expect(received == 5_000)
        consumption.cancel()
        await consumption.value
        await broker.stop()
    }
}
