import MQTT
import TestSupport
import Testing

@Suite("Publisher with Mosquitto", .timeLimit(.minutes(1)))
struct PublisherTests {
    /// Consumes `plant/#` while the body runs.
    private func consuming(
        _ broker: TemporaryMosquitto,
        _ body: (Inbox) async throws -> Void
    ) async throws {
        let consumer = DurableConsumer(.test(broker.address), logger: quiet)
        let inbox = Inbox()
        try await consumer.running(into: inbox) {
            await consumer.subscribed()
            try await body(inbox)
        }
    }

    @Test func manyMessagesArriveInOrderThroughASmallWindow() async throws {
        try await TemporaryMosquitto.with { broker in
            try await consuming(broker) { inbox in
                var configuration = PublisherConfiguration(broker: broker.address, clientID: "publisher")
                configuration.window = 50
                let publisher = Publisher(configuration, logger: quiet)
                try await publisher.connect()
                try await publisher.enqueue(
                    (0..<5_000).map { OutboundMessage(topic: "plant/a", payload: Array("\($0)".utf8)) }
                )
                try await publisher.drain()
                #expect(publisher.acknowledgedCount == 5_000)
                await inbox.wait(forCount: 5_000)
                #expect(inbox.payloads == (0..<5_000).map(String.init))
                await publisher.disconnect()
                #expect(!publisher.isConnected)
            }
        }
    }

    @Test func unacknowledgedMessagesAreRepeatedAfterALostConnection() async throws {
        try await TemporaryMosquitto.with { broker in
            let tap = try WireTap(before: broker.port)
            defer { tap.close() }
            try await consuming(broker) { inbox in
                let publisher = try await Publisher.connected(to: tap.address)
                for start in stride(from: 0, to: 4_000, by: 500) {
                    try await publisher.enqueue(
                        (start..<start + 500).map { OutboundMessage(topic: "plant/a", payload: Array("\($0)".utf8)) }
                    )
                    tap.cut()
                }
                try await publisher.drain()
                #expect(publisher.acknowledgedCount == 4_000)
                #expect(publisher.failedCount == 0)
                await inbox.wait { Set($0.map(\.payload)).count == 4_000 }
                #expect(tap.count(.connect) > 1)
                await publisher.disconnect()
            }
        }
    }

    @Test func refusalsReachTheCaller() async throws {
        var options = TemporaryMosquitto.Options()
        options.accounts = ["device": "pw"]
        options.accessRules = ["user device", "topic write plant/mine/#"]
        try await TemporaryMosquitto.with(options) { broker in
            let publisher = try await Publisher.connected(to: broker.address)
            try await publisher.publish("plant/mine/a", "1")
            let denied = await #expect(throws: MQTTError.self) { try await publisher.publish("plant/other", "1") }
            #expect(denied?.kind == .publishRefused(.notAuthorized))
            try await publisher.enqueue([OutboundMessage(topic: "plant/other", payload: [])])
            let later = await #expect(throws: MQTTError.self) { try await publisher.drain() }
            #expect(later?.kind == .publishRefused(.notAuthorized))
            let invalid = await #expect(throws: MQTTError.self) { try await publisher.publish("plant/+", "1") }
            #expect(invalid?.kind == .invalid)
            #expect(publisher.failedCount == 2)
            await publisher.disconnect()
        }
    }

    @Test func aFailedConnectionSaysWhy() async throws {
        var options = TemporaryMosquitto.Options()
        options.accounts = ["device": "pw"]
        let broker = try TemporaryMosquitto(options)
        var address = broker.address
        address.credentials = nil
        let refused = await #expect(throws: MQTTError.self) { _ = try await Publisher.connected(to: address) }
        #expect(refused?.kind == .badCredentials(.notAuthorized))
        broker.kill()
        let unreachable = await #expect(throws: MQTTError.self) { _ = try await Publisher.connected(to: address) }
        #expect(unreachable?.kind == .unreachable)
        let nowhere = BrokerAddress(host: "does-not-exist.invalid", port: 1_883)
        let unknown = await #expect(throws: MQTTError.self) { _ = try await Publisher.connected(to: nowhere) }
        #expect(unknown?.kind == .unreachable)
    }

    @Test func waitingEndsWithTheTaskAndWithThePublisher() async throws {
        let broker = try TemporaryMosquitto()
        let publisher = try await Publisher.connected(to: broker.address)
        broker.kill()
        while publisher.isConnected { await Task.yield() }
        let waiting = Task { try await publisher.publish("plant/a", "1") }
        waiting.cancel()
        let cancelled = await #expect(throws: MQTTError.self) { try await waiting.value }
        #expect(cancelled?.kind == .cancelled)
        let atMostOnce = Task {
            try await publisher.publish(OutboundMessage(topic: "plant/a", payload: [], qos: .atMostOnce))
        }
        await publisher.disconnect()
        await #expect(throws: MQTTError.self) { try await atMostOnce.value }
        let closed = await #expect(throws: MQTTError.self) { try await publisher.publish("plant/a", "1") }
        #expect(closed?.kind == .notConnected)
        try broker.start()
        try await publisher.connect()
        try await publisher.publish("plant/a", "again")
        await publisher.disconnect()
        broker.kill()
    }
}

@Suite("BrokerWatch with Mosquitto", .timeLimit(.minutes(1)))
struct BrokerWatchTests {
    @Test func theBrokersCountIsReported() async throws {
        var options = TemporaryMosquitto.Options()
        options.sysInterval = 1
        try await TemporaryMosquitto.with(options) { broker in
            let watch = BrokerWatch(broker: broker.address, clientID: "watch", logger: quiet)
            await withTaskGroup(of: Void.self) { group in
                let (reports, report) = AsyncStream<Int>.makeStream()
                group.addTask { await watch.run { report.yield($0) } }
                for await count in reports {
                    #expect(count == 0)
                    #expect(watch.droppedMessages == 0)
                    break
                }
                group.cancelAll()
            }
        }
    }
}
