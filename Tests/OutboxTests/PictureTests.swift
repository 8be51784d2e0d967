import ERP
import ERPConnectors
import Foundation
import PostgreSQL
import Primitives
import Synchronization
import Testing

@testable import Outbox

/// Draws what tests say.
final class FakePictures: OrderPictures {
    struct Unreachable: Error {}

    private let failures: Mutex<[any Error]>
    let file = OrderAttachment(title: "Chart", mediaType: "image/png", bytes: [0x89, 0x50])

    /// The first pictures fail so.
    init(failing failures: [any Error] = []) { self.failures = Mutex(failures) }

    func picture(forDelivery deliveryID: UUID) async throws -> OrderAttachment {
        if let failure = failures.withLock({ $0.isEmpty ? nil : $0.removeFirst() }) { throw failure }
        return file
    }
}

/// Pictures follow their orders and never touch them.
@Suite(.timeLimit(.minutes(3))) struct PictureTests {
    /// An order whose mapping asks for a picture.
    private func addOrder(_ fixture: OutboxFixture, _ connector: Int32) async throws -> TestDelivery {
        let order = try await fixture.addOrder(connector, alarm: try await fixture.addAlarm())
        try await fixture.pool.execute(OutboxTestQueries.wantPicture(order.id))
        return order
    }

    private func picture(_ fixture: OutboxFixture, of order: TestDelivery) async throws -> DeliveryRecord {
        try #require(try await fixture.store.delivery(order.id).picture)
    }

    @Test func aPictureFollowsItsOrderOnce() async throws {
        try await OutboxFixture.with { fixture in
            let (erp, pictures) = (FakeERP(), FakePictures())
            let order = try await addOrder(fixture, try await fixture.add(erp))
            let dispatcher = fixture.dispatcher(pictures: pictures)
            await dispatcher.settled(.delivered, times: 2)
            let picture = try await picture(fixture, of: order)
            #expect(picture.state == .delivered && picture.operation == "work-order.attach")
            #expect(picture.idempotencyKey == "pc-" + order.key.dropFirst(3) && picture.targetID == order.id)
            #expect(erp.targets[picture.idempotencyKey] == "WO-1")
            #expect(erp.attachments[picture.idempotencyKey] == pictures.file)
            await dispatcher.idle()
            #expect(erp.calls.events.count == 2)
            await dispatcher.stop()
        }
    }

    @Test func withoutTheOptionOrTheOrderThereIsNone() async throws {
        try await OutboxFixture.with { fixture in
            let erp = FakeERP()
            let connector = try await fixture.add(erp)
            let plain = try await fixture.addOrder(connector, alarm: try await fixture.addAlarm())
            let dispatcher = fixture.dispatcher(pictures: FakePictures())
            await dispatcher.settled(.delivered)
            erp.plan(.refuses)
            let refused = try await addOrder(fixture, connector)
            dispatcher.dispatcher.hint()
            await dispatcher.settled(.dead)
            await dispatcher.idle()
            for order in [plain, refused] { #expect(try await fixture.store.delivery(order.id).picture == nil) }
            #expect(erp.calls.events.count == 2)
            await dispatcher.stop()
        }
    }

    @Test func whatCannotBeDrawnEndsAloneAndSaysWhy() async throws {
        try await OutboxFixture.with { fixture in
            let erp = FakeERP()
            let order = try await addOrder(fixture, try await fixture.add(erp))
            let dispatcher = fixture.dispatcher(pictures: FakePictures(failing: [NoPicture("No readings are kept.")]))
            await dispatcher.settled(.dead)
            let picture = try await picture(fixture, of: order)
            #expect(picture.state == .dead && picture.reason == "no-picture")
            #expect(picture.detail == "No readings are kept.")
            #expect(try await fixture.row(order).state == "delivered")
            #expect(erp.calls.events.count == 1)
            await dispatcher.stop()
        }
    }

    @Test func whatCannotBeDrawnNowIsDrawnLater() async throws {
        try await OutboxFixture.with { fixture in
            let erp = FakeERP()
            let order = try await addOrder(fixture, try await fixture.add(erp))
            let dispatcher = fixture.dispatcher(pictures: FakePictures(failing: [FakePictures.Unreachable()]))
            await dispatcher.settled(.waiting)
            #expect(try await picture(fixture, of: order).reason == "picture-failed")
            fixture.clock.advance(10)
            dispatcher.dispatcher.hint()
            await dispatcher.settled(.delivered, times: 2)
            #expect(try await picture(fixture, of: order).state == .delivered)
            await dispatcher.stop()
        }
    }

    @Test func aLostAnswerMakesNoSecondPicture() async throws {
        try await OutboxFixture.with { fixture in
            let erp = FakeERP()
            erp.plan(.works, .worksSilently)
            let order = try await addOrder(fixture, try await fixture.add(erp))
            let dispatcher = fixture.dispatcher(pictures: FakePictures())
            await dispatcher.settled(.uncertain)
            fixture.clock.advance(10)
            dispatcher.dispatcher.hint()
            await dispatcher.settled(.delivered, times: 2)
            let picture = try await picture(fixture, of: order)
            #expect(erp.orders[picture.idempotencyKey]?.count == 1)
            #expect(erp.calls.events.map(\.kind) == [.perform, .perform, .lookUp])
            await dispatcher.stop()
        }
    }

    /// After an outage orders go first, however old the pictures are.
    @Test func ordersGoBeforePictures() async throws {
        try await OutboxFixture.with { fixture in
            let erp = FakeERP()
            let connector = try await fixture.add(erp)
            let first = try await addOrder(fixture, connector)
            let one = fixture.dispatcher(pictures: FakePictures(failing: [FakePictures.Unreachable()]))
            await one.settled(.waiting)
            await one.stop()
            fixture.clock.advance(60)
            let second = try await fixture.addOrder(connector, alarm: try await fixture.addAlarm("low"))
            let other = fixture.dispatcher(pictures: FakePictures()) { $0.callsPerConnector = 1 }
            await other.settled(.delivered, times: 2)
            let keys = erp.calls.events.map(\.key)
            let picture = try await picture(fixture, of: first)
            #expect(keys == [first.key, second.key, picture.idempotencyKey])
            await other.stop()
        }
    }
}
