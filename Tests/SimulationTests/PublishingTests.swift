import MQTT
import Primitives
import Simulation
import Synchronization
import TestSupport
import Testing

@Suite("Simulation with Mosquitto", .timeLimit(.minutes(2)))
struct PublishingTests {
    private func plant(
        _ broker: BrokerAddress,
        state: PlantState,
        interval: Duration = .milliseconds(200)
    ) -> PlantPublisher {
        PlantPublisher(
            model: PlantModel(),
            state: state,
            broker: broker,
            interval: interval,
            clock: .system,
            logger: quiet
        )
    }

    @Test func everyDeviceIsPublishedInEveryRound() async throws {
        let (broker, inbox) = (try TemporaryMosquitto(), BrokerInbox())
        let state = PlantState(clock: .system)
        state.goLive()
        let publisher = plant(broker.address, state: state)
        try await inbox.subscribed(to: broker) {
            let run = Task { await publisher.run() }
            await inbox.wait { $0.count >= 58 * 5 }
            #expect(publisher.isConnected)
            run.cancel()
            await run.value
        }
        let payloads = try inbox.payloads
        let model = PlantModel()
        #expect(Set(payloads.keys) == Set(model.devices.map { "plantwright/v1/\($0.key)/telemetry" }))
        for (topic, list) in payloads {
            let times = list.compactMap { $0["ts"]?.integer }
            #expect(times.count == list.count && zip(times.dropFirst(), times).allSatisfy(>), "\(topic)")
        }
        // What is sent is what the model says for the time that is sent.
        let key = PlantModel.wearingDeviceKey
        for payload in try #require(payloads["plantwright/v1/\(key)/telemetry"]) {
            let time = Timestamp(milliseconds: try #require(payload["ts"]?.integer))
            let expected = model.reading(of: key, at: time, liveSince: state.liveSince)
            #expect(try JSONValue(parsing: expected.bytes) == payload)
        }
        #expect(!publisher.isConnected)
    }

    @Test func itBeginsWithoutABrokerAndGoesOnAfterARestart() async throws {
        let (broker, inbox) = (try TemporaryMosquitto(), BrokerInbox())
        let publisher = plant(broker.address, state: PlantState(clock: .system))
        broker.stop()
        let run = Task { await publisher.run() }
        try broker.start()
        try await inbox.subscribed(to: broker) {
            await inbox.wait { !$0.isEmpty }
            broker.stop()
            let before = inbox.messages.count
            try broker.start()
            await inbox.wait { $0.count >= before + 58 * 3 }
            run.cancel()
            await run.value
        }
        let topics = Set(inbox.messages.map(\.topic))
        #expect(topics.count == 58)
    }

    @Test func whatABrokerThatHangsDoesNotTakeIsSkipped() async throws {
        let (broker, inbox) = (try TemporaryMosquitto(), BrokerInbox())
        let made = Mutex(0)
        let clock = WallClock {
            made.withLock { $0 += 1 }
            return WallClock.system.now
        }
        let model = PlantModel()
        let publisher = PlantPublisher(
            model: model,
            state: PlantState(clock: .system),
            broker: broker.address,
            interval: .milliseconds(10),
            clock: clock,
            logger: quiet
        )
        try await inbox.subscribed(to: broker) {
            let run = Task { await publisher.run() }
            await inbox.wait { !$0.isEmpty }
            broker.setSuspended(true)
            let before = made.withLock { $0 }
            // Time that passes is the input here: 30 rounds of 10 ms fill the backlog, then nothing more is made.
            try await Task.sleep(for: .milliseconds(700))
            #expect(made.withLock { $0 } - before <= PlantPublisher.backlogPerDevice * model.deviceCount + 2)
            broker.setSuspended(false)
            let count = inbox.messages.count
            await inbox.wait { $0.count > count + 58 * 40 }
            run.cancel()
            await run.value
        }
        #expect(publisher.skippedCount > 58)
    }

    @Test func aLoadArrivesWholeAndOnceWithIncreasingTimes() async throws {
        let (broker, inbox) = (try TemporaryMosquitto(), BrokerInbox())
        let options = SimulateOptions(broker: broker.address, devices: 7, metrics: 3, messages: 5_000)
        let before = WallClock.system.now.milliseconds
        let summary = try await inbox.subscribed(to: broker) {
            let summary = try await LoadGenerator(options, clock: .system, logger: quiet).run { _ in }
            await inbox.wait { $0.count >= 5_000 }
            return summary
        }
        print("load: \(Int(summary.rate)) acknowledged messages/s")
        #expect(summary.sent == 5_000)
        #expect(summary.acknowledged == 5_000)
        #expect(inbox.messages.count == 5_000)
        let payloads = try inbox.payloads
        #expect(Set(payloads.keys) == Set((1...7).map { "plantwright/v1/sim-00000\($0)/telemetry" }))
        for list in payloads.values {
            let times = list.compactMap { $0["ts"]?.integer }
            #expect(zip(times.dropFirst(), times).allSatisfy { $0 == $1 + 1 })
            #expect(abs(try #require(times.last) - before) < 5_000)
        }
    }

    @Test func aRateIsKeptAndToldEverySecond() async throws {
        let broker = try TemporaryMosquitto()
        let options = SimulateOptions(broker: broker.address, devices: 10, rate: 500, metrics: 1, messages: 1_100)
        let reports = Mutex<[LoadProgress]>([])
        let summary = try await LoadGenerator(options, clock: .system, logger: quiet).run { progress in
            reports.withLock { $0.append(progress) }
        }
        // 1,100 messages at 500/s take 2.2 s; never less, and more only on a machine that is very busy.
        #expect(summary.seconds > 2.1)
        #expect(summary.acknowledged == 1_100)
        let first = try #require(reports.withLock { $0 }.first)
        #expect((1..<2).contains(first.seconds))
        #expect((1...1_000).contains(first.sent))
        #expect(first.refused == 0)
    }

    @Test func cancellingAnEndlessLoadGivesItsSummary() async throws {
        let (broker, inbox) = (try TemporaryMosquitto(), BrokerInbox())
        let options = SimulateOptions(broker: broker.address, devices: 2)
        let summary = try await inbox.subscribed(to: broker) {
            let run = Task { () throws(MQTTError) in
                try await LoadGenerator(options, clock: .system, logger: quiet).run { _ in }
            }
            await inbox.wait { $0.count > 1_000 }
            run.cancel()
            return try await run.value
        }
        #expect(summary.sent > 1_000)
        #expect(summary.acknowledged <= summary.sent)
    }

    @Test func anUnreachableBrokerAndRefusedMessagesAreErrors() async throws {
        var options = TemporaryMosquitto.Options()
        options.accounts = ["reader": "secret"]
        options.accessRules = ["user reader", "topic read #"]
        let broker = try TemporaryMosquitto(options)
        let load = LoadGenerator(
            SimulateOptions(broker: broker.address, devices: 1, messages: 3),
            clock: .system,
            logger: quiet
        )
        await #expect { try await load.run { _ in } } throws: { error in
            guard case .publishRefused = (error as? MQTTError)?.kind else { return false }
            return true
        }
        broker.stop()
        await #expect { try await load.run { _ in } } throws: { error in
            (error as? MQTTError)?.kind == .unreachable
        }
    }
}
