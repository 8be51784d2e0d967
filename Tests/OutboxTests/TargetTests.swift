import ERP
import ERPConnectors
import Foundation
import PostgreSQL
import Primitives
import Testing

@testable import Outbox

/// Deliveries about an order that another one makes.
@Suite(.timeLimit(.minutes(3))) struct TargetTests {
    @Test func aRemarkWaitsForItsOrder() async throws {
        try await OutboxFixture.with { fixture in
            let (erp, answer) = (FakeERP(), Gate())
            erp.plan(.waits(answer))
            let connector = try await fixture.add(erp)
            let alarm = try await fixture.addAlarm()
            try await fixture.addOrder(connector, alarm: alarm)
            fixture.clock.advance(1)
            let remark = try await fixture.addOrder(connector, alarm: alarm, operation: "work-order.comment")
            let dispatcher = fixture.dispatcher()
            await dispatcher.signals.wait(for: .waitsForOrder)
            #expect(try await fixture.row(remark).attempts == 0)
            answer.open()
            await dispatcher.settled(.delivered, times: 2)
            #expect(erp.targets[remark.key] == "WO-1")
            #expect(try await fixture.row(remark).attempts == 1)
            await dispatcher.stop()
        }
    }

    @Test func withoutItsOrderARemarkIsDead() async throws {
        try await OutboxFixture.with { fixture in
            let erp = FakeERP()
            erp.plan(.refuses)
            let connector = try await fixture.add(erp)
            let order = try await fixture.addOrder(connector)
            let remark = try await fixture.addOrder(connector, operation: "work-order.comment")
            try await fixture.pool.execute(OutboxTestQueries.aim(remark.id, atMaker: order.id, orOrder: nil))
            let orphan = try await fixture.addOrder(connector, operation: "work-order.update")
            let dispatcher = fixture.dispatcher()
            await dispatcher.settled(.dead, times: 3)
            #expect(try await fixture.row(remark).reason == "no-order")
            #expect(try await fixture.row(orphan).reason == "no-order")
            #expect(erp.calls.events.count == 1)
            await dispatcher.stop()
        }
    }

    @Test func anOrderOnWhichWorkBeganIsNotCancelled() async throws {
        try await OutboxFixture.with { fixture in
            let erp = FakeERP()
            erp.set(.state(OrderState("working", .inProgress)), of: "WO-1")
            let connector = try await fixture.add(erp)
            let order = try await fixture.addOrder(connector)
            let cancel = try await fixture.addOrder(connector, operation: "work-order.cancel")
            try await fixture.pool.execute(OutboxTestQueries.aim(cancel.id, atMaker: order.id, orOrder: nil))
            let dispatcher = fixture.dispatcher()
            await dispatcher.settled(.superseded)
            #expect(try await fixture.row(cancel).reason == "work-begun")
            #expect(erp.calls.events.filter { $0.kind == .perform }.map(\.key) == [order.key])
            await dispatcher.stop()
        }
    }

    @Test func anOpenOrderIsCancelled() async throws {
        try await OutboxFixture.with { fixture in
            let erp = FakeERP()
            let connector = try await fixture.add(erp)
            let cancel = try await fixture.addOrder(connector, operation: "work-order.cancel")
            try await fixture.pool.execute(OutboxTestQueries.aim(cancel.id, atMaker: nil, orOrder: "WO-9"))
            let dispatcher = fixture.dispatcher()
            await dispatcher.settled(.delivered)
            #expect(erp.targets[cancel.key] == "WO-9")
            await dispatcher.stop()
        }
    }

    @Test func whatFollowsFromWhatIsKnown() {
        let maker = LeasedDelivery.arbitrary.id
        #expect(TargetFacts(given: "7").step(.workOrderUpdate) == .go(target: "7"))
        let made = TargetFacts(maker: maker, makerState: .delivered, made: "8", phase: .done)
        #expect(made.step(.workOrderComment) == .go(target: "8"))
        #expect(made.step(.workOrderCancel) != .go(target: "8"))
        for state in [DeliveryState.held, .waiting, .leased, .uncertain] {
            #expect(TargetFacts(maker: maker, makerState: state).step(.workOrderUpdate) == .wait(for: maker))
        }
        for state in [DeliveryState.dead, .superseded, .dismissed, .delivered] {
            guard
                case .end(.dead(let reason, _, false)) = TargetFacts(maker: maker, makerState: state)
                    .step(.workOrderUpdate)
            else {
                Issue.record("\(state)")
                continue
            }
            #expect(reason == "no-order")
        }
    }
}
