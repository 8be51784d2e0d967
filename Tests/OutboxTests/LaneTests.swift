import ERP
import ERPConnectors
import Foundation
import PostgreSQL
import Primitives
import Testing

@testable import Outbox

/// What goes before what, and how much at once.
@Suite(.timeLimit(.minutes(3))) struct LaneTests {
    private static func performed(_ erp: FakeERP) -> [String] {
        erp.calls.events.filter { $0.kind == .perform }.map(\.key)
    }

    @Test func ordersOfOneAssetGoOneAfterTheOther() async throws {
        try await OutboxFixture.with { fixture in
            let (erp, answer) = (FakeERP(), Gate())
            erp.plan(.waits(answer))
            let connector = try await fixture.add(erp)
            let asset = fixture.plant.asset
            let first = try await fixture.addOrder(connector, asset: asset)
            fixture.clock.advance(1)
            let second = try await fixture.addOrder(connector, asset: asset)
            let dispatcher = fixture.dispatcher()
            await dispatcher.signals.wait(for: .began(.create))
            let other = try await fixture.addOrder(connector)
            await dispatcher.settled(.delivered)
            await dispatcher.idle()
            #expect(Self.performed(erp) == [first.key, other.key])
            answer.open()
            await dispatcher.settled(.delivered, times: 3)
            #expect(Self.performed(erp) == [first.key, other.key, second.key])
            await dispatcher.stop()
        }
    }

    @Test func theWorstAlarmsGoFirstThenTheOldest() async throws {
        try await OutboxFixture.with { fixture in
            let erp = FakeERP()
            let connector = try await fixture.add(erp)
            var keys: [String: String] = [:]
            for name in ["none", "low", "high", "medium", "critical", "later"] {
                let alarm = name == "none" ? nil : try await fixture.addAlarm(name == "later" ? "high" : name)
                keys[name] = try await fixture.addOrder(connector, alarm: alarm).key
                fixture.clock.advance(1)
            }
            let dispatcher = fixture.dispatcher { $0.callsPerConnector = 1 }
            await dispatcher.settled(.delivered, times: 6)
            await dispatcher.stop()
            let expected = ["critical", "high", "later", "medium", "low", "none"].compactMap { keys[$0] }
            #expect(Self.performed(erp) == expected)
        }
    }

    /// Two transactions that did not see each other leave a delivery behind that nobody told its turn.
    @Test func whoWasOverlookedIsFound() async throws {
        try await OutboxFixture.with { fixture in
            let erp = FakeERP()
            let delivery = try await fixture.addOrder(try await fixture.add(erp))
            try await fixture.pool.execute(OutboxTestQueries.overlook(delivery.id))
            let dispatcher = fixture.dispatcher { $0.sweepInterval = 5 }
            fixture.clock.advance(5)
            await dispatcher.settled(.delivered)
            #expect(erp.orders[delivery.key]?.count == 1)
            await dispatcher.stop()
        }
    }

    @Test func aLimitPerMinuteHoldsOverProcesses() async throws {
        try await OutboxFixture.with { fixture in
            let erp = FakeERP()
            let connector = try await fixture.add(erp)
            try await fixture.pool.execute(OutboxTestQueries.limit(connector, perMinute: 3, concurrent: nil))
            for _ in 1...5 { try await fixture.addOrder(connector) }
            let (one, two) = (fixture.dispatcher(), fixture.dispatcher())
            await one.idle()
            await two.idle()
            #expect(erp.orders.count == 3)
            fixture.clock.advance(60)
            while erp.orders.count < 5, !Task.isCancelled { await one.idle() }
            #expect(erp.orders.count == 5)
            await one.stop()
            await two.stop()
        }
    }

    @Test func aLimitOfCallsAtOnceHolds() async throws {
        try await OutboxFixture.with { fixture in
            let (erp, answer) = (FakeERP(), Gate())
            erp.usually(.waits(answer))
            let connector = try await fixture.add(erp)
            try await fixture.pool.execute(OutboxTestQueries.limit(connector, perMinute: nil, concurrent: 2))
            for _ in 1...4 { try await fixture.addOrder(connector) }
            let (one, two) = (fixture.dispatcher(), fixture.dispatcher())
            while erp.calls.events.count < 2, !Task.isCancelled { await Task.yield() }
            await one.idle()
            await two.idle()
            #expect(erp.calls.events.count == 2)
            answer.open()
            while erp.orders.count < 4, !Task.isCancelled { await one.idle() }
            #expect(erp.mostInFlight == 2)
            await one.stop()
            await two.stop()
        }
    }

    @Test func anERPThatAsksForARestGetsIt() async throws {
        try await OutboxFixture.with { fixture in
            let erp = FakeERP()
            erp.plan(.isBusy(retryAfter: 30))
            let connector = try await fixture.add(erp)
            for _ in 1...3 { try await fixture.addOrder(connector) }
            let dispatcher = fixture.dispatcher { $0.callsPerConnector = 1 }
            await dispatcher.settled(.waiting)
            await dispatcher.idle()
            fixture.clock.advance(29)
            await dispatcher.idle()
            #expect(erp.calls.events.count == 1)
            fixture.clock.advance(1)
            await dispatcher.settled(.delivered, times: 3)
            await dispatcher.stop()
        }
    }

    @Test func limitsLeaveWhatIsLeft() {
        let used = ConnectorUsage(connectorID: 1, thisMinute: 8, lastHour: 50, inFlight: 2)
        #expect(DueConnector(id: 1).places(of: 4, used: used) == 4)
        #expect(DueConnector(id: 1, perMinute: 10).places(of: 4, used: used) == 2)
        #expect(DueConnector(id: 1, perMinute: 10, perHour: 51).places(of: 4, used: used) == 1)
        #expect(DueConnector(id: 1, concurrent: 2).places(of: 4, used: used) == 0)
        #expect(DueConnector(id: 1, perMinute: 5).places(of: 4, used: used) == 0)
    }
}
