import MQTT
import TestSupport
import Testing

@Suite("DurableConsumer with Mosquitto", .timeLimit(.minutes(1)))
struct DurableConsumerTests {
    @Test func noAcknowledgementLeavesBeforeTheHandlerReturns() async throws {
        try await TemporaryMosquitto.with { broker in
            let tap = try WireTap(before: broker.port)
            defer { tap.close() }
            let publisher = try await Publisher.connected(to: broker.address)
            let consumer = DurableConsumer(.test(tap.address), logger: quiet)
            let inbox = Inbox()
            let gate = Gate()
            try await consumer.running({ batch in
                inbox.add(batch)
                await gate.pass()
            }) {
                await consumer.subscribed()
                try await publisher.publish("plant/a", "first")
                await gate.arrival()
                // The handler has the first message and does not return. Two hundred more come and go to the socket.
                for number in 0..<200 { try await publisher.publish("plant/a", "\(number)") }
                #expect(tap.count(.puback) == 0)
                #expect(inbox.payloads == ["first"])
                gate.open()
                await tap.wait(for: .puback, count: 201)
                await inbox.wait(forCount: 201)
                #expect(inbox.payloads == ["first"] + (0..<200).map(String.init))
                #expect(tap.count(.puback) == 201)
            }
            #expect(consumer.statistics.acknowledgedMessages == 201)
            await publisher.disconnect()
        }
    }

    @Test func aFailedBatchIsDeliveredAgain() async throws {
        try await TemporaryMosquitto.with { broker in
            let tap = try WireTap(before: broker.port)
            defer { tap.close() }
            let publisher = try await Publisher.connected(to: broker.address)
            let consumer = DurableConsumer(.test(tap.address), logger: quiet)
            let attempts = Inbox()
            let stored = Inbox()
            try await consumer.running({ batch in
                attempts.add(batch)
                if attempts.batches.count <= 3 { throw StorageFailure() }
                #expect(tap.count(.puback) == 0)
                stored.add(batch)
            }) {
                await consumer.subscribed()
                try await publisher.publish("plant/a", "kept")
                await stored.wait(forCount: 1)
                await tap.wait(for: .puback, count: 1)
            }
            #expect(attempts.payloads == ["kept", "kept", "kept", "kept"])
            #expect(stored.payloads == ["kept"])
            #expect(consumer.statistics.failedBatches == 3)
            #expect(consumer.statistics.connections == 4)
            #expect(consumer.state == .stopped)
            await publisher.disconnect()
        }
    }

    @Test func anOverdueBatchIsGivenBackOnlyAfterItsHandlerEnded() async throws {
        try await TemporaryMosquitto.with { broker in
            let publisher = try await Publisher.connected(to: broker.address)
            var configuration = ConsumerConfiguration.test(broker.address)
            configuration.handlerLimit = .milliseconds(100)
            let consumer = DurableConsumer(configuration, logger: quiet)
            let stored = Inbox()
            let gate = Gate()
            try await consumer.running({ batch in
                await gate.pass()
                stored.add(batch)
            }) {
                await consumer.subscribed()
                try await publisher.publish("plant/a", "slow")
                await gate.arrival()
                // The limit passes while the handler hangs; no second handler may start beside it.
                while consumer.statistics.failedBatches == 0, !Task.isCancelled { await Task.yield() }
                #expect(stored.messages.isEmpty)
                gate.open()
                await stored.wait(forCount: 2)
            }
            #expect(Set(stored.payloads) == ["slow"])
            await publisher.disconnect()
        }
    }

    @Test func aQuietSocketDoesNotHoldABatchBack() async throws {
        try await TemporaryMosquitto.with { broker in
            let publisher = try await Publisher.connected(to: broker.address)
            let consumer = DurableConsumer(.test(broker.address), logger: quiet)
            let inbox = Inbox()
            try await consumer.running(into: inbox) {
                await consumer.subscribed()
                var times: [Duration] = []
                for number in 0..<50 {
                    let start = ContinuousClock.now
                    try await publisher.publish("plant/a", "\(number)")
                    await inbox.wait(forCount: number + 1)
                    times.append(ContinuousClock.now - start)
                }
                // Waiting for a timer or for Nagle's algorithm would take 40 ms or more each time.
                #expect(times.sorted()[25] < .milliseconds(30))
            }
            #expect(inbox.batches.count == 50)
            await publisher.disconnect()
        }
    }

    @Test func batchesEndAtTheirLimits() async throws {
        try await TemporaryMosquitto.with { broker in
            let publisher = try await Publisher.connected(to: broker.address)
            var configuration = ConsumerConfiguration.test(broker.address)
            configuration.batchMessages = 10
            configuration.batchBytes = 1_000
            let consumer = DurableConsumer(configuration, logger: quiet)
            let inbox = Inbox()
            let gate = Gate()
            try await consumer.running({ batch in
                await gate.pass()
                // A batch may exceed the bytes by its last message only.
                #expect(batch.dropLast().reduce(0) { $0 + $1.topic.utf8.count + $1.payload.count } < 1_000)
                inbox.add(batch)
            }) {
                await consumer.subscribed()
                try await publisher.publish("plant/a", "first")
                await gate.arrival()
                for number in 0..<94 { try await publisher.publish("plant/a", "\(number)") }
                for _ in 0..<5 { try await publisher.publish("plant/a", String(repeating: "x", count: 600)) }
                gate.open()
                await inbox.wait(forCount: 100)
            }
            #expect(inbox.batches.allSatisfy { $0 <= 10 })
            #expect(inbox.batches.contains(10))
            #expect(inbox.batches.first == 1)
            await publisher.disconnect()
        }
    }

    @Test func topicsAndPayloadsArriveUnchanged() async throws {
        try await TemporaryMosquitto.with { broker in
            let publisher = try await Publisher.connected(to: broker.address)
            let consumer = DurableConsumer(.test(broker.address), logger: quiet)
            let inbox = Inbox()
            let topics = ["plant/größe/温度", "plant/🏭/a b", "plant//", "plant/\u{0301}"]
            try await consumer.running(into: inbox) {
                await consumer.subscribed()
                for topic in topics {
                    try await publisher.publish(OutboundMessage(topic: topic, payload: [0, 255, 10, 0]))
                }
                try await publisher.publish(OutboundMessage(topic: "plant/empty", payload: []))
                try await publisher.publish(OutboundMessage(topic: "plant/zero", payload: [1], qos: .atMostOnce))
                await inbox.wait(forCount: 6)
            }
            #expect(
                inbox.messages.map { Array($0.topic.utf8) }
                    == (topics + ["plant/empty", "plant/zero"]).map { Array($0.utf8) }
            )
            #expect(inbox.messages.prefix(4).allSatisfy { $0.payload == [0, 255, 10, 0] && $0.qos == 1 })
            #expect(inbox.messages[4].payload.isEmpty)
            #expect(inbox.messages[5].qos == 0)
            await publisher.disconnect()
        }
    }

    @Test func messagesOfTheTimeAwayArriveAndRetainedOnesDoNot() async throws {
        try await TemporaryMosquitto.with { broker in
            let publisher = try await Publisher.connected(to: broker.address)
            try await publisher.publish("plant/retained", "old", retain: true)
            let consumer = DurableConsumer(.test(broker.address), logger: quiet)
            let inbox = Inbox()
            try await consumer.running(into: inbox) { await consumer.subscribed() }
            for number in 0..<1_500 { try await publisher.publish("plant/a", "\(number)") }
            try await consumer.running(into: inbox) { await inbox.wait(forCount: 1_500) }
            #expect(inbox.payloads == (0..<1_500).map(String.init))
            #expect(!inbox.messages.contains { $0.isRetained })
            await publisher.disconnect()
        }
    }
}

struct StorageFailure: Error {}
