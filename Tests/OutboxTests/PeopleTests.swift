import ERP
import ERPConnectors
import Foundation
import PostgreSQL
import Primitives
import Testing

@testable import Outbox

/// What people do with deliveries.
@Suite(.timeLimit(.minutes(3))) struct PeopleTests {
    @Test func aHeldDeliveryWaitsForApprovalAndBlocksNothing() async throws {
        try await OutboxFixture.with { fixture in
            let erp = FakeERP()
            let connector = try await fixture.add(erp)
            let asset = fixture.plant.asset
            let held = try await fixture.addOrder(connector, state: "held", asset: asset)
            fixture.clock.advance(1)
            let other = try await fixture.addOrder(connector, asset: asset)
            let dispatcher = fixture.dispatcher()
            await dispatcher.settled(.delivered)
            await dispatcher.idle()
            #expect(erp.orders.keys.sorted() == [other.key])
            #expect(try await fixture.store.deliveries(DeliveryFilter(state: .held), limit: 5).items.count == 1)
            #expect(try await fixture.store.counts().waiting == 1)
            try await fixture.store.decide(held.id, isApproved: true, by: "ada", note: "looks right")
            await dispatcher.settled(.delivered, times: 2)
            let detail = try await fixture.store.delivery(held.id)
            #expect(detail.approvedBy == "ada" && detail.acts.first?.note == "looks right")
            await #expect(throws: ResourceFailure.self) {
                try await fixture.store.decide(held.id, isApproved: false, by: "ada", note: nil)
            }
            await dispatcher.stop()
        }
    }

    @Test func anOrderThatKeepsFailingLetsTheLaterOnesOfItsAssetGoFirst() async throws {
        try await OutboxFixture.with { fixture in
            let erp = FakeERP()
            erp.plan(.isBusy(retryAfter: nil))
            let connector = try await fixture.add(erp)
            let asset = fixture.plant.asset
            let first = try await fixture.addOrder(connector, asset: asset)
            fixture.clock.advance(1)
            let second = try await fixture.addOrder(connector, asset: asset)
            let dispatcher = fixture.dispatcher()
            await dispatcher.settled(.waiting)
            await dispatcher.idle()
            #expect(erp.orders.isEmpty)
            let lane = try #require(try await fixture.store.delivery(first.id).lane)
            #expect(lane == LanePlace(behind: 1, first: first.id, isOfAsset: true))
            #expect(try await fixture.store.delivery(second.id).json.object?["waitsFor"] == .string(first.id.text))
            let aside = try await fixture.store.stepAside(first.id, by: "ada")
            #expect(aside.acts.map(\.act) == [.steppedAside] && aside.lane == nil)
            await dispatcher.settled(.delivered)
            #expect(erp.orders.keys.sorted() == [second.key])
            await #expect(throws: ResourceFailure.self) {
                try await fixture.store.stepAside(first.id, by: "ada")
            }
            fixture.clock.advance(2)
            await dispatcher.settled(.delivered, times: 2)
            #expect(erp.orders[first.key]?.count == 1)
            await dispatcher.stop()
        }
    }

    @Test func whatIsRejectedIsDeadAndWaitsForApprovalAgainWhenRetried() async throws {
        try await OutboxFixture.with { fixture in
            let held = try await fixture.addOrder(try await fixture.add(FakeERP()), state: "held")
            try await fixture.store.decide(held.id, isApproved: false, by: "ada", note: nil)
            #expect(try await fixture.row(held).state == "dead")
            #expect(try await fixture.row(held).reason == "rejected")
            try await fixture.store.retry(held.id, by: "ada")
            #expect(try await fixture.row(held).state == "held")
        }
    }

    @Test func aDeadDeliveryIsMendedAndSent() async throws {
        try await OutboxFixture.with { fixture in
            let erp = FakeERP()
            let connector = try await fixture.add(erp)
            let dead = try await fixture.addOrder(connector, state: "dead", reason: "template-failed")
            await #expect(throws: ResourceFailure.self) { try await fixture.store.retry(dead.id) }
            let edited = try await fixture.store.edit(dead.id, fields: ["title": "Mended"], by: "ada")
            #expect(edited.acts.map(\.act) == [.edited] && edited.acts.first?.note == "title")
            try await fixture.store.retry(dead.id, by: "ada")
            let dispatcher = fixture.dispatcher()
            await dispatcher.settled(.delivered)
            #expect(try await fixture.store.workOrders(limit: 1).items.first?.title == "Mended")
            await dispatcher.stop()
        }
    }

    @Test func manyAreRetriedAtOnceAndOthersDismissed() async throws {
        try await OutboxFixture.with { fixture in
            let erp = FakeERP()
            let connector = try await fixture.add(erp)
            for _ in 1...3 { erp.plan(.refuses, .refuses, .refuses) }
            var orders: [TestDelivery] = []
            for _ in 1...3 { orders.append(try await fixture.addOrder(connector)) }
            try await fixture.addOrder(connector, state: "dead", reason: "template-failed")
            let dispatcher = fixture.dispatcher()
            await dispatcher.settled(.dead, times: 3)
            try await fixture.store.dismiss(orders[0].id, by: "ada")
            #expect(try await fixture.store.counts().dead == 3)
            #expect(try await fixture.store.retry(RetryFilter(connector: "other"), by: "ada") == 0)
            #expect(try await fixture.store.retry(RetryFilter(connector: "erp", reason: "http-422"), by: "ada") == 2)
            await dispatcher.settled(.dead, times: 5)
            #expect(try await fixture.row(orders[0]).state == "dismissed")
            #expect(try await fixture.store.delivery(orders[1].id).acts.map(\.act) == [.retried])
            await dispatcher.stop()
        }
    }
}
