import ERP
import ERPConnectors
import Foundation
import PostgreSQL
import Primitives
import Synchronization
import Testing

@testable import Outbox

/// What the ERP's list of changed orders says.
@Suite(.timeLimit(.minutes(3))) struct OrderChangeTests {
    /// Remembers the labels that alarms got.
    private final class Labels: AlarmOutcomes {
        let all = Mutex<[UUID: OrderOutcome]>([:])

        func label(_ alarms: [UUID], with outcome: OrderOutcome?, in transaction: Transaction) async throws {
            all.withLock { labels in for alarm in alarms { labels[alarm] = outcome } }
        }
    }

    private static func change(
        _ id: String,
        _ state: OrderState,
        equipment: String?,
        key: String? = nil,
        at time: Timestamp
    ) -> OrderChange {
        OrderChange(
            externalID: id,
            idempotencyKey: key,
            title: "By hand",
            equipment: equipment,
            changedAt: time,
            state: state
        )
    }

    private static func poller(
        _ fixture: OutboxFixture,
        _ labels: Labels,
        _ signals: Signals<OrderChangeEvent>
    ) -> OrderChangePoller {
        var configuration = OrderChangeConfiguration()
        configuration.pace.pollInterval = .milliseconds(20)
        return OrderChangePoller(
            pool: fixture.pool,
            directory: fixture.directory,
            outcomes: labels,
            clock: fixture.clock.clock,
            identifiers: .system,
            configuration: configuration,
            logger: OutboxFixture.logger,
            note: { signals.send($0) }
        )
    }

    @Test func ordersMadeThereAreMirroredAndOursAreFollowed() async throws {
        try await OutboxFixture.with { fixture in
            let (erp, labels) = (FakeERP(listsChanges: true), Labels())
            let connector = try await fixture.add(erp)
            try await fixture.pool.execute(OutboxTestQueries.equip(fixture.plant.asset, ["erp": "PUMP-7"]))
            let alarm = try await fixture.addAlarm()
            let ours = try await fixture.addOrder(connector, alarm: alarm)
            let dispatcher = fixture.dispatcher()
            await dispatcher.settled(.delivered)
            await dispatcher.stop()
            let now = fixture.clock.now
            var done = OrderState("repaired", .done)
            (done.number, done.outcome, done.failureCode) = ("4711", "new bearing", "BRG")
            erp.change([
                Self.change("WO-1", done, equipment: "PUMP-7", key: ours.key, at: now),
                Self.change("X-1", OrderState("new", .open), equipment: "PUMP-7", at: now),
                Self.change("X-2", OrderState("new", .open), equipment: "ELSEWHERE", at: now),
                // The delivery that makes it has not settled as yet.
                Self.change("WO-9", OrderState("new", .open), equipment: "PUMP-7", key: ours.key, at: now),
            ])
            let signals = Signals<OrderChangeEvent>()
            let poller = Self.poller(fixture, labels, signals)
            let task = Task { await poller.run() }
            await signals.wait(for: .read)
            let orders = try await fixture.store.workOrders(limit: 10).items
            #expect(Set(orders.map(\.externalID)) == ["WO-1", "X-1"])
            let mine = try #require(orders.first { $0.externalID == "WO-1" })
            #expect(mine.phase == .done && mine.number == "4711" && mine.outcome == "new bearing")
            let theirs = try #require(orders.first { $0.externalID == "X-1" })
            #expect(theirs.madeBy == "erp" && theirs.deliveryID == nil && theirs.asset?.key == "line-1")
            #expect(labels.all.withLock { $0[alarm]?.failureCode } == "BRG")
            #expect(labels.all.withLock { $0[alarm]?.order } == "4711")

            // Read again within the overlap: no news.
            let applied = signals.events.count { if case .applied = $0 { true } else { false } }
            fixture.clock.advance(10)
            await signals.wait(for: .read, times: 2)
            #expect(signals.events.count { if case .applied = $0 { true } else { false } } == applied)

            // A hint wakes it before its time; a second one within a second does not.
            erp.change([
                Self.change("X-1", OrderState("at it", .inProgress), equipment: "PUMP-7", at: now.adding(seconds: 5))
            ])
            #expect(try await poller.hint(connector))
            #expect(try await !poller.hint(connector))
            // Nor does another process's.
            #expect(try await !Self.poller(fixture, labels, Signals()).hint(connector))
            await signals.wait(for: .read, times: 3)
            let again = try await fixture.store.workOrders(limit: 10).items
            #expect(again.first { $0.externalID == "X-1" }?.phase == .inProgress)
            task.cancel()
            await task.value
        }
    }
}
