import MQTT
import TestSupport
import Testing

@Suite("DurableConsumer's connection", .timeLimit(.minutes(1)))
struct ConsumerConnectionTests {
    @Test func filtersChangeWhileConnected() async throws {
        try await TemporaryMosquitto.with { broker in
            let publisher = try await Publisher.connected(to: broker.address)
            let consumer = DurableConsumer(.test(broker.address, filters: ["old/#"]), logger: quiet)
            let inbox = Inbox()
            try await consumer.running(into: inbox) {
                await consumer.subscribed()
                try await publisher.publish("new/a", "not yet")
                try await publisher.publish("old/a", "before")
                await inbox.wait(forCount: 1)
                await consumer.updateFilters(["new/#", "bad/#/filter"])
                #expect(consumer.state == .subscribed(refusedFilters: ["bad/#/filter"]))
                try await publisher.publish("old/a", "no longer")
                try await publisher.publish("new/a", "after")
                await inbox.wait(forCount: 2)
            }
            #expect(inbox.payloads == ["before", "after"])
            await publisher.disconnect()
        }
    }

    @Test func filtersChangedWhileAwayAreSentWithTheNextConnection() async throws {
        try await TemporaryMosquitto.with { broker in
            let publisher = try await Publisher.connected(to: broker.address)
            let consumer = DurableConsumer(.test(broker.address, filters: ["old/#"]), logger: quiet)
            let inbox = Inbox()
            try await consumer.running(into: inbox) { await consumer.subscribed() }
            await consumer.updateFilters(["new/#"])
            try await consumer.running(into: inbox) {
                await consumer.subscribed()
                try await publisher.publish("old/a", "no longer")
                try await publisher.publish("new/a", "after")
                await inbox.wait(forCount: 1)
            }
            #expect(inbox.payloads == ["after"])
            await publisher.disconnect()
        }
    }

    @Test func theSessionResumesAfterTheBrokerRestarts() async throws {
        try await TemporaryMosquitto.with { broker in
            let publisher = try await Publisher.connected(to: broker.address)
            let consumer = DurableConsumer(.test(broker.address), logger: quiet)
            let inbox = Inbox()
            let gate = Gate()
            try await consumer.running({ batch in
                await gate.pass()
                inbox.add(batch)
            }) {
                await consumer.subscribed()
                for number in 0..<10 { try await publisher.publish("plant/a", "\(number)") }
                await gate.arrival()
                // The broker goes with ten messages delivered and none acknowledged; it has saved them.
                broker.stop()
                gate.open()
                await consumer.wait { if case .connecting = $0 { true } else { false } }
                try broker.start()
                await inbox.wait { Set($0.map(\.payload)).count == 10 }
                await consumer.subscribed()
                try await publisher.publish("plant/a", "after")
                await inbox.wait { $0.last?.payload == Array("after".utf8) }
            }
            #expect(consumer.statistics.lostSessions == 0)
            #expect(consumer.statistics.connections >= 2)
            await publisher.disconnect()
        }
    }

    @Test func aLostSessionIsCountedAndSubscribedAgain() async throws {
        try await TemporaryMosquitto.with { broker in
            let consumer = DurableConsumer(.test(broker.address), logger: quiet)
            let inbox = Inbox()
            try await consumer.running(into: inbox) {
                await consumer.subscribed()
                // Killed between autosaves, the broker forgets the session.
                broker.kill()
                await consumer.wait { if case .connecting = $0 { true } else { false } }
                try broker.start()
                await consumer.subscribed()
                let publisher = try await Publisher.connected(to: broker.address)
                try await publisher.publish("plant/a", "after")
                await inbox.wait(forCount: 1)
                await publisher.disconnect()
            }
            #expect(consumer.statistics.lostSessions == 1)
        }
    }

    @Test func badCredentialsAreTheirOwnKindAndKeepTrying() async throws {
        var options = TemporaryMosquitto.Options()
        options.accounts = ["server": "right#pass"]
        try await TemporaryMosquitto.with(options) { broker in
            var address = broker.address
            address.credentials = BrokerCredentials(username: "server", password: "hush-hush")
            let consumer = DurableConsumer(.test(address), logger: quiet)
            try await consumer.running(into: Inbox()) {
                await consumer.wait { if case .connecting(.some) = $0 { true } else { false } }
                guard case .connecting(let error?) = consumer.state else {
                    Issue.record("no error")
                    return
                }
                #expect(error.kind == .badCredentials(.notAuthorized))
                #expect(!"\(error)".contains("hush"))
                #expect("\(error)".contains("127.0.0.1:\(broker.port)"))
            }
            let accepted = DurableConsumer(.test(broker.address), logger: quiet)
            try await accepted.running(into: Inbox()) { await accepted.subscribed() }
        }
    }

    @Test func anUnreachableBrokerIsTriedUntilItComes() async throws {
        let broker = try TemporaryMosquitto()
        broker.stop()
        let consumer = DurableConsumer(.test(broker.address), logger: quiet)
        try await consumer.running(into: Inbox()) {
            await consumer.wait { if case .connecting(.some) = $0 { true } else { false } }
            if case .connecting(let error?) = consumer.state { #expect(error.kind == .unreachable) }
            try broker.start()
            await consumer.subscribed()
        }
        broker.kill()
    }

    @Test func aSilentBrokerIsGivenUpAndAnAttemptCanBeCancelled() async throws {
        try await TemporaryMosquitto.with { broker in
            broker.setSuspended(true)
            var configuration = ConsumerConfiguration.test(broker.address)
            configuration.connectLimit = .milliseconds(50)
            let consumer = DurableConsumer(configuration, logger: quiet)
            try await consumer.running(into: Inbox()) {
                await consumer.wait { if case .connecting(.some) = $0 { true } else { false } }
                if case .connecting(let error?) = consumer.state { #expect(error.kind == .timedOut) }
            }
            configuration.connectLimit = .seconds(3_600)
            let patient = DurableConsumer(configuration, logger: quiet)
            try await patient.running(into: Inbox()) {
                await patient.wait { if case .connecting = $0 { true } else { false } }
            }
            #expect(patient.state == .stopped)
        }
    }

    @Test func aSecondClientOfTheSameNameIsNoticed() async throws {
        try await TemporaryMosquitto.with { broker in
            let first = DurableConsumer(.test(broker.address), logger: quiet)
            try await first.running(into: Inbox()) {
                await first.subscribed()
                let thief = try await Publisher.connected(to: broker.address, clientID: "consumer")
                await first.wait { if case .connecting(.some) = $0 { true } else { false } }
                if case .connecting(let error?) = first.state {
                    // Mosquitto 2.0.11 gives no reason code for it.
                    #expect(error.kind == .connectionLost(nil))
                }
                await thief.disconnect()
            }
        }
    }
}
