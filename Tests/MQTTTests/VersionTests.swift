import TestSupport
import Testing

@testable import MQTT

@Suite("MQTT 3.1.1", .timeLimit(.minutes(1)))
struct VersionTests {
    @Test func choicesAreReadAsTheyAreWritten() {
        #expect(VersionChoice("auto") == .automatic)
        #expect(VersionChoice("5") == .only(.mqtt5))
        #expect(VersionChoice("3.1.1") == .only(.mqtt311))
        for text in ["", "4", "5.0", "3.1", "AUTO"] { #expect(VersionChoice(text) == nil, "\(text)") }
    }

    @Test func returnCodesSayWhatReasonCodesSay() {
        #expect(ReasonCode(returnCode: 0) == .success)
        #expect(ReasonCode(returnCode: 1) == .unsupportedProtocolVersion)
        #expect(ReasonCode(returnCode: 4).concernsCredentials)
        #expect(ReasonCode(returnCode: 5).concernsCredentials)
        for code in 1...UInt8.max { #expect(ReasonCode(returnCode: code).isFailure, "\(code)") }
    }

    @Test func aSpokenRefusalIsRememberedAtOnceAndASilentOneAfterTheThird() {
        let memory = VersionMemory()
        let broker = BrokerAddress(host: "broker.example", port: 1)
        #expect(memory.version(for: broker) == .mqtt5)
        memory.noteRefusal(by: broker, isSpoken: false)
        memory.noteRefusal(by: broker, isSpoken: false)
        #expect(memory.version(for: broker) == .mqtt5)
        memory.noteRefusal(by: broker, isSpoken: false)
        #expect(memory.version(for: broker) == .mqtt311)
        memory.forget(broker)
        #expect(memory.version(for: broker) == .mqtt5)
        memory.noteRefusal(by: broker, isSpoken: true)
        #expect(memory.version(for: broker) == .mqtt311)
        var strict = broker
        strict.version = .only(.mqtt5)
        #expect(memory.version(for: strict) == .mqtt5)
    }

    @Test(arguments: [(WireTap.Refusal.returnCode, [5, 4, 4]), (.silence, [5, 4, 5, 4])])
    func aBrokerThatRefusesMQTT5IsSpokenToIn311(refusal: WireTap.Refusal, levels: [UInt8]) async throws {
        try await TemporaryMosquitto.with { broker in
            let tap = try WireTap(before: broker.port, refusing: refusal)
            defer {
                tap.close()
                VersionMemory.shared.forget(tap.address)
            }
            let consumer = DurableConsumer(.test(tap.address), logger: quiet)
            let publisher = try await Publisher.connected(to: broker.address)
            let inbox = Inbox()
            try await consumer.running(into: inbox) {
                await consumer.subscribed()
                try await publisher.publish("plant/a", "1")
                await inbox.wait(forCount: 1)
                tap.cut()
                await consumer.wait { !$0.isSubscribed }
                await consumer.subscribed()
                try await publisher.publish("plant/a", "2")
                await inbox.wait(forCount: 2)
            }
            #expect(tap.levels == levels)
            #expect(consumer.statistics.lostSessions == 0)
            await publisher.disconnect()
        }
    }

    @Test func whoeverInsistsOnMQTT5IsToldWhy() async throws {
        try await TemporaryMosquitto.with { broker in
            let tap = try WireTap(before: broker.port, refusing: .returnCode)
            defer { tap.close() }
            var address = tap.address
            address.version = .only(.mqtt5)
            let error = await #expect(throws: MQTTError.self) { _ = try await Publisher.connected(to: address) }
            #expect(error?.kind == .refused(.unsupportedProtocolVersion))
            #expect(tap.levels == [5])
        }
    }

    @Test func theSessionOutlivesTheConnectionAndNothingIsAcknowledgedEarly() async throws {
        try await TemporaryMosquitto.with { broker in
            let tap = try WireTap(before: broker.port)
            defer { tap.close() }
            var address = tap.address
            address.version = .only(.mqtt311)
            let publisher = try await Publisher.connected(to: broker.address)
            let consumer = DurableConsumer(.test(address), logger: quiet)
            try await consumer.running(into: Inbox()) { await consumer.subscribed() }
            for number in 0..<100 { try await publisher.publish("plant/a", "\(number)") }
            // The first life commits nothing; nothing may be acknowledged.
            let gate = Gate()
            defer { gate.open() }
            try await consumer.running({ _ in
                await gate.pass()
                throw StorageFailure()
            }) {
                await gate.arrival()
                #expect(tap.count(.puback) == 0)
                gate.open()
                await consumer.wait { !$0.isSubscribed }
            }
            #expect(tap.count(.puback) == 0)
            let inbox = Inbox()
            try await consumer.running(into: inbox) {
                await inbox.wait(forCount: 100)
                await tap.wait(for: .puback, count: 100)
            }
            #expect(inbox.payloads == (0..<100).map(String.init))
            #expect(Set(tap.levels) == [4])
            await publisher.disconnect()
        }
    }

    @Test func retainedMessagesAreNoNewsButWhatIsPublishedRetainedIs() async throws {
        try await TemporaryMosquitto.with { broker in
            var address = broker.address
            address.version = .only(.mqtt311)
            let publisher = try await Publisher.connected(to: address)
            try await publisher.publish("plant/old", "old", retain: true)
            let consumer = DurableConsumer(.test(address), logger: quiet)
            let inbox = Inbox()
            try await consumer.running(into: inbox) {
                await consumer.subscribed()
                try await publisher.publish("plant/new", "new", retain: true)
                await inbox.wait(forCount: 1)
            }
            try await publisher.publish("plant/old", "newer", retain: true)
            try await consumer.running(into: inbox) {
                await consumer.subscribed()
                try await publisher.publish("plant/last", "last")
                await inbox.wait { $0.last?.payload == Array("last".utf8) }
            }
            // The first life may have ended before its acknowledgement was written: then the message comes again.
            #expect(inbox.payloads.first == "new")
            #expect(inbox.payloads.filter { $0 != "new" } == ["newer", "last"])
            await publisher.disconnect()
        }
    }

    @Test func wrongPasswordsAreToldFromOtherRefusals() async throws {
        var options = TemporaryMosquitto.Options()
        options.accounts = ["plant": "right"]
        try await TemporaryMosquitto.with(options) { broker in
            var address = broker.address
            address.version = .only(.mqtt311)
            address.credentials?.password = "wrong"
            let error = await #expect(throws: MQTTError.self) { _ = try await Publisher.connected(to: address) }
            guard case .badCredentials = error?.kind else {
                Issue.record("\(String(describing: error))")
                return
            }
        }
    }
}
