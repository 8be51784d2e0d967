import ERP
import ERPConnectors
import Foundation
import PostgreSQL
import Primitives
import Testing

@testable import Outbox

@Suite(.timeLimit(.minutes(3))) struct OrderStatusTests {
    /// A database with orders in it, made through the dispatcher, and a poller at work.
    private static func with(
        orders: Int,
        erp: FakeERP,
        calls: Int = 8,
        perSecond: Double? = nil,
        _ body: (OutboxFixture, Signals<OrderStatusEvent>) async throws -> Void
    ) async throws {
        try await OutboxFixture.with { fixture in
            let connector = try await fixture.add(erp)
            for _ in 0..<orders { try await fixture.addOrder(connector) }
            let dispatcher = fixture.dispatcher()
            await dispatcher.settled(.delivered, times: orders)
            await dispatcher.stop()
            var configuration = OrderStatusConfiguration()
            configuration.pace.pollInterval = .milliseconds(10)
            configuration.pace.calls = calls
            configuration.pace.callsPerSecond = perSecond
            let signals = Signals<OrderStatusEvent>()
            let poller = OrderStatusPoller(
                pool: fixture.pool,
                directory: fixture.directory,
                clock: fixture.clock.clock,
                configuration: configuration,
                logger: OutboxFixture.logger,
                note: { signals.send($0) }
            )
            let running = Task { await poller.run() }
            do {
                try await body(fixture, signals)
            } catch {
                running.cancel()
                await running.value
                throw error
            }
            running.cancel()
            await running.value
        }
    }

    private static func idle(_ signals: Signals<OrderStatusEvent>) async {
        let count = signals.events.count
        await signals.wait { events in events.dropFirst(count).count { $0 == .looked(claimed: 0) } >= 2 }
    }

    @Test func anOrderIsFollowedUntilItIsDone() async throws {
        let erp = FakeERP()
        try await Self.with(orders: 1, erp: erp) { fixture, signals in
            await Self.idle(signals)
            #expect(erp.calls.events.count { $0.kind == .status } == 0)
            erp.set(.state(OrderState("in progress", .open)), of: "WO-1")
            fixture.clock.advance(5)
            await signals.wait(for: .noted)
            var order = try OutboxFixture.one(try await fixture.store.workOrders(limit: 1).items.first)
            #expect(order.status == "in progress" && order.doneAt == nil && order.checkedAt == fixture.clock.now)
            #expect(try await fixture.store.counts().openOrders == 1)
            erp.set(.state(OrderState("completed", .done)), of: "WO-1")
            fixture.clock.advance(5)
            await signals.wait(for: .noted, times: 2)
            order = try OutboxFixture.one(try await fixture.store.workOrders(limit: 1).items.first)
            #expect(order.status == "completed" && order.doneAt == fixture.clock.now)
            #expect(try await fixture.store.counts().openOrders == 0)
            fixture.clock.advance(1_000)
            await Self.idle(signals)
            #expect(erp.calls.events.count { $0.kind == .status } == 2)
        }
    }

    @Test func aCheckWithoutNewsIsNoChange() async throws {
        try await Self.with(orders: 1, erp: FakeERP()) { fixture, signals in
            for number in 1...3 {
                fixture.clock.advance(5)
                await signals.wait(for: .noted, times: number)
            }
            let changes = try await fixture.pool.query(OutboxTestQueries.changes()).filter { $0.kind == "work-order" }
            #expect(changes.count == 2)
        }
    }

    @Test func anOrderThatIsGoneIsNotAskedForAgain() async throws {
        let erp = FakeERP()
        erp.set(.gone, of: "WO-1")
        try await Self.with(orders: 1, erp: erp) { fixture, signals in
            fixture.clock.advance(5)
            await signals.wait(for: .noted)
            let order = try OutboxFixture.one(try await fixture.store.workOrders(limit: 1).items.first)
            #expect(order.status == "gone in ERP" && order.doneAt == nil)
            #expect(try await fixture.store.workOrders(WorkOrderFilter(isOpen: true), limit: 1).items.isEmpty)
            #expect(try await fixture.store.workOrders(WorkOrderFilter(isOpen: false), limit: 1).items.count == 1)
            fixture.clock.advance(1_000)
            await Self.idle(signals)
            #expect(erp.calls.events.count { $0.kind == .status } == 1)
        }
    }

    @Test func failuresAreAskedForLessOften() async throws {
        let erp = FakeERP()
        erp.set(.failed(reason: "time-out"), of: "WO-1")
        try await Self.with(orders: 1, erp: erp) { fixture, signals in
            fixture.clock.advance(5)
            for (index, delay) in [10.0, 20, 40, 80, 160, 300, 300].enumerated() {
                await signals.wait(for: .noted, times: index + 1)
                let next = try await fixture.pool.first(OutboxTestQueries.nextCheck("WO-1"))
                #expect(next == fixture.clock.now.adding(seconds: delay))
                fixture.clock.advance(delay)
            }
            await signals.wait(for: .noted, times: 8)
            erp.set(.state(OrderState("open", .open)), of: "WO-1")
            fixture.clock.advance(300)
            await signals.wait(for: .noted, times: 9)
            let next = try await fixture.pool.first(OutboxTestQueries.nextCheck("WO-1"))
            // The order is 1,215 seconds old by now: it is checked again after a sixtieth of that.
            #expect(next == fixture.clock.now.adding(seconds: 1_215.0 / 60))
        }
    }

    @Test func manyOrdersAreCheckedInPortions() async throws {
        let erp = FakeERP()
        try await Self.with(orders: 30, erp: erp, calls: 3) { fixture, signals in
            fixture.clock.advance(5)
            await signals.wait(for: .noted, times: 30)
            let checked = erp.calls.events.filter { $0.kind == .status }
            #expect(checked.count == 30 && Set(checked).count == 30)
            for case .looked(let claimed) in signals.events { #expect(claimed <= 3) }
        }
    }

    @Test func soManyAreCheckedASecond() async throws {
        let erp = FakeERP()
        try await Self.with(orders: 12, erp: erp, perSecond: 5) { fixture, signals in
            fixture.clock.advance(5)
            for count in [5, 10, 12] {
                await signals.wait(for: .noted, times: count)
                await Self.idle(signals)
                #expect(erp.calls.events.count { $0.kind == .status } == count)
                fixture.clock.advance(1)
            }
        }
    }

    @Test func aBudgetComesBackSteadily() {
        let start = Timestamp(microseconds: 0)
        var budget = CallBudget(perSecond: 4, at: start)
        #expect(budget.available(at: start) == 4)
        budget.spend(4)
        #expect(budget.available(at: start) == 0)
        #expect(budget.available(at: start.adding(seconds: 0.5)) == 2)
        #expect(budget.available(at: start.adding(seconds: 0.25)) == 2)
        #expect(budget.available(at: start.adding(seconds: 60)) == 4)
    }

    @Test func connectorsWithoutStatusAreNotAsked() async throws {
        let erp = FakeERP(canReadStatus: false)
        try await Self.with(orders: 1, erp: erp) { fixture, signals in
            fixture.clock.advance(100)
            await Self.idle(signals)
            #expect(erp.calls.events.count { $0.kind == .status } == 0)
        }
    }
}
