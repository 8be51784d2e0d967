import ERP
import ERPConnectors
import Foundation
import Logging
import Observability
import PostgreSQL
import Primitives
import TestSupport
import Testing

@testable import Outbox

/// The ordinary ways of a delivery, against a real database.
@Suite(.timeLimit(.minutes(3))) struct DispatcherTests {
    @Test func statementsFitTheSchema() async throws {
        let database = try await TemporaryPostgreSQL.shared().migratedDatabase()
        try await assertPreparable(OutboxStatements.all, on: database)
    }

    @Test func anOrderIsCreatedOnceAndMirrored() async throws {
        try await OutboxFixture.with { fixture in
            let erp = FakeERP()
            let connector = try await fixture.add(erp)
            let delivery = try await fixture.addOrder(connector)
            let dispatcher = fixture.dispatcher()
            await dispatcher.settled(.delivered)
            await dispatcher.idle()
            await dispatcher.stop()
            #expect(erp.orders == [delivery.key: ["WO-1"]])
            let row = try await fixture.row(delivery)
            #expect(row.state == "delivered" && row.attempts == 1 && row.externalID == "WO-1" && row.token == nil)
            let timeline = try await fixture.timeline(delivery)
            #expect(timeline.map(\.purpose) == [.create])
            #expect(timeline.first?.outcome == "done" && timeline.first?.status == 201)
            #expect(timeline.first?.request == "POST http://erp.test/orders")
            let orders = try await fixture.store.workOrders(limit: 10).items
            #expect(orders.map(\.externalID) == ["WO-1"] && orders.map(\.title) == ["Check the bearing"])
            #expect(
                try await fixture.pool.first(OutboxTestQueries.nextCheck("WO-1"))
                    == fixture.clock.now.adding(seconds: 5)
            )
            #expect(dispatcher.count("delivered") == 1 && dispatcher.count("retry") == 0)
        }
    }

    @Test func aRefusalIsFinalAndAPersonCanRetryIt() async throws {
        try await OutboxFixture.with { fixture in
            let erp = FakeERP()
            erp.plan(.refuses)
            let delivery = try await fixture.addOrder(try await fixture.add(erp))
            let dispatcher = fixture.dispatcher()
            await dispatcher.settled(.dead)
            var row = try await fixture.row(delivery)
            #expect(row.state == "dead" && row.reason == "http-422" && row.startedAt == nil)
            let retried = try await fixture.store.retry(delivery.id)
            // The dispatcher may have it already.
            #expect(retried.delivery.state != .dead)
            await dispatcher.settled(.delivered)
            row = try await fixture.row(delivery)
            #expect(row.state == "delivered" && row.attempts == 2)
            #expect(try await fixture.timeline(delivery).map(\.outcome) == ["refused", "done"])
            #expect(erp.orders == [delivery.key: ["WO-1"]])
            #expect(erp.calls.events.allSatisfy { $0.kind == .perform })
            await dispatcher.stop()
        }
    }

    @Test func transientFailuresWaitAndNeverEnd() async throws {
        try await OutboxFixture.with { fixture in
            let erp = FakeERP()
            let delivery = try await fixture.addOrder(try await fixture.add(erp))
            let dispatcher = fixture.dispatcher { $0.breakerThreshold = 1_000 }
            var expected = fixture.clock.now
            erp.usually(.isBusy(retryAfter: nil))
            for (index, delay) in [2.0, 4, 8, 16, 32, 64, 128, 256, 300, 300, 300].enumerated() {
                await dispatcher.settled(.waiting, times: index + 1)
                let row = try await fixture.row(delivery)
                expected = expected.adding(seconds: delay)
                #expect(row.state == "waiting" && row.nextAttemptAt == expected && row.attempts == index + 1)
                erp.usually(index == 10 ? .works : .isBusy(retryAfter: nil))
                fixture.clock.advance(delay)
            }
            await dispatcher.settled(.delivered)
            #expect(erp.orders == [delivery.key: ["WO-1"]])
            #expect(erp.calls.events.allSatisfy { $0.kind == .perform })
            #expect(dispatcher.count("retry") == 11)
            await dispatcher.stop()
        }
    }

    @Test func retryAfterIsHonoured() async throws {
        try await OutboxFixture.with { fixture in
            let erp = FakeERP()
            erp.plan(.isBusy(retryAfter: 120))
            let delivery = try await fixture.addOrder(try await fixture.add(erp))
            let dispatcher = fixture.dispatcher()
            await dispatcher.settled(.waiting)
            #expect(try await fixture.row(delivery).nextAttemptAt == fixture.clock.now.adding(seconds: 120))
            fixture.clock.advance(119)
            await dispatcher.idle()
            #expect(erp.calls.events.count == 1)
            fixture.clock.advance(1)
            await dispatcher.settled(.delivered)
            await dispatcher.stop()
        }
    }

    @Test func aPausedConnectorIsSkippedUntilItIsResumed() async throws {
        try await OutboxFixture.with { fixture in
            let (paused, other) = (FakeERP(), FakeERP())
            let id = try await fixture.add(paused, key: "paused", isPaused: true)
            let waiting = try await fixture.addOrder(id)
            try await fixture.addOrder(try await fixture.add(other, key: "other"))
            let dispatcher = fixture.dispatcher()
            await dispatcher.settled(.delivered)
            await dispatcher.idle()
            #expect(paused.calls.events.isEmpty)
            #expect(try await fixture.row(waiting).attempts == 0)
            fixture.directory.set(
                ConnectorRuntime(id: id, key: "paused", connector: paused, isPaused: false),
                for: id
            )
            await dispatcher.settled(.delivered, times: 2)
            await dispatcher.stop()
        }
    }

    @Test func deliveriesOfADeletedConnectorEnd() async throws {
        try await OutboxFixture.with { fixture in
            let erp = FakeERP()
            let id = try await fixture.add(erp)
            let delivery = try await fixture.addOrder(id)
            fixture.directory.set(nil, for: id)
            let dispatcher = fixture.dispatcher()
            // Unknown to the directory, but not deleted: another process may have made it a moment ago.
            await dispatcher.idle()
            #expect(try await fixture.row(delivery).state == "waiting")
            try await fixture.pool.execute(OutboxTestQueries.deleteConnector(id))
            await dispatcher.signals.wait(for: .abandoned(1))
            let row = try await fixture.row(delivery)
            #expect(row.state == "dead" && row.reason == "connector-deleted")
            #expect(dispatcher.count("dead") == 1)
            #expect(erp.calls.events.isEmpty)
            await dispatcher.stop()
        }
    }

    @Test func aFailingERPIsProbedAndDoesNotHoldOthersUp() async throws {
        try await OutboxFixture.with { fixture in
            let (broken, sound) = (FakeERP(), FakeERP())
            broken.usually(.isBusy(retryAfter: nil))
            let brokenID = try await fixture.add(broken, key: "broken")
            let soundID = try await fixture.add(sound, key: "sound")
            for _ in 1...30 { try await fixture.addOrder(brokenID) }
            let dispatcher = fixture.dispatcher { $0.callsPerConnector = 1 }
            await dispatcher.settled(.waiting, times: 10)
            await dispatcher.idle()
            #expect(broken.calls.events.count == 10)
            try await fixture.addOrder(soundID)
            await dispatcher.settled(.delivered)
            for probe in 1...3 {
                fixture.clock.advance(10)
                await dispatcher.settled(.waiting, times: 10 + probe)
                await dispatcher.idle()
                #expect(broken.calls.events.count == 10 + probe)
            }
            broken.usually(.works)
            fixture.clock.advance(300)
            await dispatcher.settled(.delivered, times: 31)
            #expect(broken.orders.count == 30 && broken.orders.values.allSatisfy { $0.count == 1 })
            await dispatcher.stop()
        }
    }

    @Test func callsAreBoundedPerConnectorAndInAll() async throws {
        try await OutboxFixture.with { fixture in
            let gate = Gate()
            var erps: [FakeERP] = []
            for number in 1...3 {
                let erp = FakeERP()
                erp.usually(.waits(gate))
                let id = try await fixture.add(erp, key: "erp-\(number)")
                for _ in 1...6 { try await fixture.addOrder(id) }
                erps.append(erp)
            }
            let dispatcher = fixture.dispatcher {
                $0.callsPerConnector = 3
                $0.calls = 7
            }
            await dispatcher.signals.wait(for: .began(.create), times: 7)
            await dispatcher.idle()
            #expect(erps.map(\.mostInFlight).reduce(0, +) == 7)
            #expect(erps.allSatisfy { (2...3).contains($0.mostInFlight) })
            gate.open()
            await dispatcher.settled(.delivered, times: 18)
            #expect(erps.allSatisfy { $0.mostInFlight <= 3 })
            await dispatcher.stop()
        }
    }

    @Test func aNotificationBringsADeliveryOutAtOnce() async throws {
        try await OutboxFixture.with { fixture in
            let listener = NotificationListener(
                configuration: fixture.configuration,
                channels: [Dispatcher.channel],
                logger: OutboxFixture.logger
            )
            let listening = Task { await listener.run() }
            let erp = FakeERP()
            erp.plan(.refuses)
            let connector = try await fixture.add(erp)
            var configuration = DispatcherConfiguration()
            configuration.pollInterval = .seconds(3_600)
            let events = listener.subscribe()
            let dispatcher = RunningDispatcher(fixture, configuration, listener: listener)
            for await event in events where event == .reconnected { break }
            let delivery = try await fixture.addOrder(connector)
            dispatcher.dispatcher.hint()
            await dispatcher.settled(.dead)
            // A retry is committed with a notification; nothing else tells the dispatcher.
            try await fixture.store.retry(delivery.id)
            await dispatcher.settled(.delivered)
            await dispatcher.stop()
            listening.cancel()
            await listening.value
        }
    }

    @Test func theGaugeShowsWhatIsPending() async throws {
        try await OutboxFixture.with { fixture in
            let erp = FakeERP()
            let id = try await fixture.add(erp, isPaused: true)
            for _ in 1...3 { try await fixture.addOrder(id) }
            let dispatcher = fixture.dispatcher { $0.gaugeInterval = .milliseconds(5) }
            while dispatcher.metrics.deliveriesPending.value != 3, !Task.isCancelled { await dispatcher.idle() }
            #expect(try await fixture.store.counts() == OutboxCounts(waiting: 3, dead: 0, openOrders: 0))
            await dispatcher.stop()
        }
    }
}
