import ERP
import ERPConnectors
import Foundation
import PostgreSQL
import Primitives
import Synchronization
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
            try await fixture.pool.execute(OutboxTestQueries.limit(connector, perMinute: 3))
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
            try await fixture.pool.execute(OutboxTestQueries.limit(connector, concurrent: 2))
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

    @Test func theTightestLimitHolds() async throws {
        try await OutboxFixture.with { fixture in
            let erp = FakeERP()
            let connector = try await fixture.add(erp)
            try await fixture.pool.execute(
                OutboxTestQueries.limit(connector, perMinute: 3, perHour: 5, concurrent: 16)
            )
            for _ in 1...8 { try await fixture.addOrder(connector) }
            let dispatcher = fixture.dispatcher()
            for (minutes, count) in [(1.0, 3), (1, 5), (58, 5), (1, 8)] {
                while erp.orders.count < count, !Task.isCancelled { await dispatcher.idle() }
                await dispatcher.idle()
                #expect(erp.orders.count == count)
                fixture.clock.advance(60 * minutes)
            }
            await dispatcher.stop()
        }
    }

    /// What waits to be written down is no call any more: the ERP is not kept waiting for our database.
    @Test func anEndedCallLeavesItsPlaceBeforeItIsWrittenDown() async throws {
        let loop = CallLoop<TestCall>(
            places: CallPlaces(perConnector: 1, total: 1),
            pollInterval: .seconds(60),
            grace: .seconds(1)
        )
        let (written, calls) = (Gate(), Signals<Int>())
        let left = Mutex([1, 2, 3])
        let running = Task {
            await loop.run(
                claim: {
                    if loop.free(for: 1) == 0 { return [] }
                    return left.withLock { left in left.isEmpty ? [] : [TestCall(number: left.removeFirst())] }
                },
                perform: { call, giveBack in
                    calls.send(call.number)
                    if call.number < 3 { giveBack() }
                    await written.pass()
                }
            )
        }
        await calls.wait { $0.count == 3 }
        #expect(loop.inFlight(1) == 1)
        written.open()
        running.cancel()
        await running.value
        #expect(loop.inFlight(1) == 0)
    }
}

private struct TestCall: ConnectorCall {
    var number: Int
    var connectorID: Int32 { 1 }
}
