import ERP
import ERPConnectors
import Foundation
import Observability
import PostgreSQL
import Primitives
import TestSupport
import Testing

@testable import Outbox

/// What becomes of deliveries when answers get lost, or the dispatcher ends at the worst moment.
@Suite(.timeLimit(.minutes(3))) struct CrashTests {
    @Test func anOrderWhoseAnswerWasLostIsFoundNotMadeAgain() async throws {
        try await OutboxFixture.with { fixture in
            let erp = FakeERP()
            erp.plan(.worksSilently)
            let delivery = try await fixture.addOrder(try await fixture.add(erp))
            let dispatcher = fixture.dispatcher()
            await dispatcher.settled(.uncertain)
            let row = try await fixture.row(delivery)
            #expect(row.startedAt == fixture.clock.now && row.nextAttemptAt == fixture.clock.now.adding(seconds: 2))
            fixture.clock.advance(2)
            await dispatcher.settled(.delivered)
            #expect(erp.orders == [delivery.key: ["WO-1"]])
            #expect(try await fixture.row(delivery).externalID == "WO-1")
            #expect(try await fixture.timeline(delivery).map(\.outcome) == ["uncertain", "found"])
            #expect(try await fixture.store.workOrders(limit: 10).items.map(\.externalID) == ["WO-1"])
            #expect(dispatcher.count("uncertain") == 1 && dispatcher.count("delivered") == 1)
            await dispatcher.stop()
        }
    }

    @Test func anOrderThatIsNotThereIsMadeAgainOnlyAfterTheSettleTime() async throws {
        try await OutboxFixture.with { fixture in
            let erp = FakeERP()
            erp.plan(.breaks)
            let delivery = try await fixture.addOrder(try await fixture.add(erp, settle: 60))
            let dispatcher = fixture.dispatcher()
            await dispatcher.settled(.uncertain)
            for (number, delay) in [2.0, 4, 8, 16].enumerated() {
                fixture.clock.advance(delay)
                await dispatcher.settled(.uncertain, times: number + 2)
            }
            #expect(try await fixture.row(delivery).nextAttemptAt == fixture.clock.now.adding(seconds: 30))
            fixture.clock.advance(29)
            await dispatcher.idle()
            #expect(erp.calls.events.count { $0.kind == .perform } == 1)
            fixture.clock.advance(1)
            await dispatcher.settled(.delivered)
            #expect(erp.orders == [delivery.key: ["WO-1"]])
            #expect(
                try await fixture.timeline(delivery).map(\.purpose)
                    == [.create, .lookUp, .lookUp, .lookUp, .lookUp, .lookUp, .create]
            )
            await dispatcher.stop()
        }
    }

    @Test func anOrderThatTheERPCommitsLateIsFound() async throws {
        try await OutboxFixture.with { fixture in
            let (erp, late) = (FakeERP(), Gate())
            erp.plan(.worksLate(late))
            let delivery = try await fixture.addOrder(try await fixture.add(erp, settle: 60))
            let dispatcher = fixture.dispatcher()
            await dispatcher.settled(.uncertain)
            fixture.clock.advance(2)
            await dispatcher.settled(.uncertain, times: 2)
            late.open()
            while erp.orders.isEmpty, !Task.isCancelled { await Task.yield() }
            fixture.clock.advance(60)
            await dispatcher.settled(.delivered)
            #expect(erp.orders == [delivery.key: ["WO-1"]])
            await dispatcher.stop()
        }
    }

    @Test func withoutLookUpAnUncertainOrderIsLeftToAPerson() async throws {
        try await OutboxFixture.with { fixture in
            let erp = FakeERP(canFind: false)
            erp.plan(.worksSilently)
            let delivery = try await fixture.addOrder(try await fixture.add(erp))
            let dispatcher = fixture.dispatcher()
            await dispatcher.settled(.dead)
            #expect(try await fixture.row(delivery).reason == "outcome-unknown")
            #expect(try await fixture.row(delivery).startedAt != nil)
            // A retry must not double it: it may be there.
            try await fixture.store.retry(delivery.id)
            await dispatcher.settled(.dead, times: 2)
            #expect(erp.orders == [delivery.key: ["WO-1"]])
            #expect(erp.calls.events.count == 1)
            await dispatcher.stop()
        }
    }

    @Test func aPersonWhoHasLookedCanHaveItSentAgain() async throws {
        try await OutboxFixture.with { fixture in
            let erp = FakeERP(canFind: false)
            erp.plan(.breaks)
            let delivery = try await fixture.addOrder(try await fixture.add(erp))
            let dispatcher = fixture.dispatcher()
            await dispatcher.settled(.dead)
            try await fixture.store.retry(delivery.id, isKnownAbsent: true)
            await dispatcher.settled(.delivered)
            #expect(erp.orders == [delivery.key: ["WO-1"]])
            await dispatcher.stop()
        }
    }

    @Test func aRepeatableWriteIsRepeated() async throws {
        try await OutboxFixture.with { fixture in
            let erp = FakeERP()
            erp.plan(.worksSilently)
            let delivery = try await fixture.addStock(try await fixture.add(erp), item: "flour", quantity: 12)
            let dispatcher = fixture.dispatcher()
            await dispatcher.settled(.uncertain)
            fixture.clock.advance(2)
            await dispatcher.settled(.delivered)
            #expect(erp.stock == ["flour": [12, 12]])
            #expect(try await fixture.timeline(delivery).map(\.purpose) == [.write, .write])
            await dispatcher.stop()
        }
    }

    /// The server is killed between "the ERP created the order" and "we noted it".
    @Test func aKillAfterTheERPsWorkMakesNoSecondOrder() async throws {
        try await OutboxFixture.with { fixture in
            let (erp, answer) = (FakeERP(), Gate())
            erp.plan(.worksThenWaits(answer))
            let delivery = try await fixture.addOrder(try await fixture.add(erp))
            let killed = fixture.dispatcher()
            await killed.signals.wait(for: .began(.create))
            while erp.orders.isEmpty, !Task.isCancelled { await Task.yield() }
            await killed.kill()
            answer.open()
            await killed.ended()
            #expect(try await fixture.row(delivery).state == "leased")

            let next = fixture.dispatcher()
            fixture.clock.advance(39)
            await next.idle()
            #expect(erp.calls.events.count == 1)
            fixture.clock.advance(1)
            await next.settled(.delivered)
            #expect(erp.orders == [delivery.key: ["WO-1"]])
            #expect(erp.calls.events.map(\.kind) == [.perform, .lookUp])
            #expect(try await fixture.timeline(delivery).map(\.outcome) == [nil, "found"])
            await next.stop()
        }
    }

    /// The server is killed before the request reached the ERP: the order is made, once the ERP cannot be at it any more.
    @Test func aKillBeforeTheERPsWorkLosesNothing() async throws {
        try await OutboxFixture.with { fixture in
            let (erp, never) = (FakeERP(), Gate())
            erp.plan(.worksLate(never))
            let delivery = try await fixture.addOrder(try await fixture.add(erp, settle: 100))
            let killed = fixture.dispatcher()
            await killed.signals.wait(for: .began(.create))
            await killed.kill()
            await killed.ended()

            let next = fixture.dispatcher()
            fixture.clock.advance(41)
            await next.settled(.uncertain)
            #expect(erp.orders.isEmpty)
            fixture.clock.advance(59)
            await next.settled(.delivered)
            #expect(erp.orders == [delivery.key: ["WO-1"]])
            await next.stop()
        }
    }

    /// A lease whose call never began is no reason for a look-up.
    @Test func aKillBeforeTheCallBeganIsSimplyRepeated() async throws {
        try await OutboxFixture.with { fixture in
            let erp = FakeERP(canFind: false)
            let connector = try await fixture.add(erp)
            let delivery = try await fixture.addOrder(connector, operation: "work-order.comment")
            try await fixture.pool.execute(OutboxTestQueries.aim(delivery.id, atMaker: nil, orOrder: "WO-7"))
            let now = fixture.clock.now
            let leased = try await fixture.pool.query(
                DispatchQueries.lease(
                    [CallAllotment(connectorID: connector, places: 4)],
                    ended: [],
                    token: IdentifierSource.system.next(),
                    at: now,
                    until: now.adding(seconds: 40)
                )
            )
            #expect(leased.count == 1)
            let next = fixture.dispatcher()
            await next.idle()
            #expect(erp.calls.events.isEmpty)
            fixture.clock.advance(40)
            await next.settled(.delivered)
            #expect(try await fixture.row(delivery).attempts == 1)
            #expect(erp.calls.events.map(\.kind) == [.perform])
            await next.stop()
        }
    }

    /// A dispatcher that was away for longer than its lease settles nothing.
    @Test func aLostLeaseSettlesNothing() async throws {
        try await OutboxFixture.with { fixture in
            let (erp, answer) = (FakeERP(), Gate())
            erp.plan(.worksThenWaits(answer))
            let delivery = try await fixture.addOrder(try await fixture.add(erp))
            let slow = fixture.dispatcher { $0.pollInterval = .seconds(3_600) }
            await slow.signals.wait(for: .began(.create))
            while erp.orders.isEmpty, !Task.isCancelled { await Task.yield() }
            fixture.clock.advance(41)
            erp.breakLookUps(true)
            let other = fixture.dispatcher()
            await other.settled(.uncertain)
            let before = try await fixture.row(delivery)
            answer.open()
            await slow.signals.wait(for: .lost)
            #expect(try await fixture.row(delivery) == before)
            #expect(try await fixture.store.workOrders(limit: 10).items.isEmpty)
            #expect(slow.count("delivered") == 0)
            // Having a free place again, it looks for work, and would take the delivery from the other one.
            await slow.stop()
            erp.breakLookUps(false)
            fixture.clock.advance(60)
            await other.settled(.delivered)
            #expect(erp.orders == [delivery.key: ["WO-1"]])
            await other.stop()
        }
    }

    /// A lease that was lost before the call began makes no call.
    @Test func aLostLeaseMakesNoCall() async throws {
        try await OutboxFixture.with { fixture in
            let connector = try await fixture.add(FakeERP())
            try await fixture.addOrder(connector)
            let now = fixture.clock.now
            let lease = DispatchQueries.lease(
                [CallAllotment(connectorID: connector, places: 1)],
                ended: [],
                token: IdentifierSource.system.next(),
                at: now,
                until: now.adding(seconds: 40)
            )
            let leased = try OutboxFixture.one(try await fixture.pool.first(lease))
            #expect(
                try await fixture.pool.execute(DispatchQueries.reclaim(at: now.adding(seconds: 40), except: [])) == 1
            )
            let begin = DispatchQueries.begin(leased, purpose: .create, at: now, until: now.adding(seconds: 40))
            #expect(try await fixture.pool.execute(begin) == 0)
            let call = SettledCall(delivery: leased, verdict: .delivered(externalID: "1"))
            #expect(try await fixture.pool.query(SettleQueries.settle([call], at: now)).isEmpty)
        }
    }

    @Test func aStopInOrderWaitsForTheAnswer() async throws {
        try await OutboxFixture.with { fixture in
            let (erp, answer) = (FakeERP(), Gate())
            erp.plan(.worksThenWaits(answer))
            let delivery = try await fixture.addOrder(try await fixture.add(erp))
            let dispatcher = fixture.dispatcher { $0.grace = .seconds(60) }
            await dispatcher.signals.wait(for: .began(.create))
            let stopped = Task { await dispatcher.stop() }
            while !dispatcher.dispatcher.loop.isStopping, !Task.isCancelled { await Task.yield() }
            answer.open()
            await stopped.value
            #expect(try await fixture.row(delivery).state == "delivered")
        }
    }

    /// A lease that runs out while its outcome is being written is not taken for an interrupted one.
    @Test func whatIsBeingSettledIsNotReclaimed() async throws {
        try await OutboxFixture.with { fixture in
            let connector = try await fixture.add(FakeERP())
            let delivery = try await fixture.addOrder(connector)
            let runtime = try #require(fixture.directory.runtime(connector))
            let now = fixture.clock.now
            let lease = DispatchQueries.lease(
                [CallAllotment(connectorID: connector, places: 1)],
                ended: [],
                token: IdentifierSource.system.next(),
                at: now,
                until: now.adding(seconds: 40)
            )
            let leased = try OutboxFixture.one(try await fixture.pool.first(lease))
            fixture.clock.advance(40)
            let dispatcher = Dispatcher(
                pool: fixture.pool,
                directory: fixture.directory,
                listener: nil,
                metrics: PlantwrightMetrics(),
                clock: fixture.clock.clock,
                identifiers: .system,
                random: { 1 },
                logger: OutboxFixture.logger
            )
            var whileSettling: DeliveryRow?
            await dispatcher.whileSettling(DeliveryCall(delivery: leased, runtime: runtime)) {
                try? await dispatcher.reclaim()
                whileSettling = try? await fixture.row(delivery)
            }
            #expect(whileSettling?.state == "leased")
            try await dispatcher.reclaim()
            #expect(try await fixture.row(delivery).state == "uncertain")
        }
    }

    /// PostgreSQL goes away during a call and comes back: what the ERP said is written down, not looked up.
    @Test func anOutcomeSurvivesADatabaseOutage() async throws {
        let server = try await TemporaryPostgreSQL(isDurable: false)
        let configuration = try await server.migratedDatabase()
        let fixture = try await OutboxFixture(configuration)
        let (erp, answer) = (FakeERP(canFind: false), Gate())
        erp.plan(.worksThenWaits(answer))
        let delivery = try await fixture.addOrder(try await fixture.add(erp))
        let dispatcher = fixture.dispatcher()
        await dispatcher.signals.wait(for: .began(.create))
        while erp.orders.isEmpty, !Task.isCancelled { await Task.yield() }
        try await server.stop(.immediate)
        answer.open()
        // The lease runs out meanwhile; the same process knows better than to call that interrupted.
        fixture.clock.advance(41)
        try await server.start()
        await dispatcher.settled(.delivered)
        #expect(try await fixture.row(delivery).externalID == "WO-1")
        #expect(erp.calls.events.count == 1)
        await dispatcher.stop()
        await fixture.pool.shutdown()
        await server.remove()
    }
}
