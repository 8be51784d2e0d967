import ERP
import ERPConnectors
import Foundation
import PostgreSQL
import Primitives
import Testing

@testable import Outbox

/// Several dispatchers on one database, and the order of what is about one item.
@Suite(.timeLimit(.minutes(3))) struct RaceTests {
    @Test func fourDispatchersMakeOneOrderEach() async throws {
        try await OutboxFixture.with { fixture in
            var erps: [FakeERP] = []
            for number in 1...4 {
                let erp = FakeERP()
                // Every kind of trouble on the way; nothing of it may double an order.
                erp.plan(.worksSilently, .breaks, .isBusy(retryAfter: 1), .worksSilently)
                let connector = try await fixture.add(erp, key: "erp-\(number)", settle: 0)
                for _ in 1...50 { try await fixture.addOrder(connector) }
                erps.append(erp)
            }
            let dispatchers = (1...4).map { _ in fixture.dispatcher() }
            while try await fixture.pool.first(OutboxTestQueries.stateCount("delivered")) != 200, !Task.isCancelled {
                await dispatchers[0].idle()
                fixture.clock.advance(1)
            }
            for dispatcher in dispatchers { await dispatcher.stop() }
            for erp in erps {
                #expect(erp.orders.count == 50 && erp.orders.values.allSatisfy { $0.count == 1 })
            }
            #expect(try await fixture.pool.first(OutboxTestQueries.workOrderCount()) == 200)
            let delivered = dispatchers.map { dispatcher in
                (1...4).map { dispatcher.count("delivered", connector: "erp-\($0)") }.reduce(0, +)
            }
            #expect(delivered.reduce(0, +) == 200)
            #expect(delivered.count { $0 > 0 } > 1)
        }
    }

    @Test func figuresOfOneItemKeepTheirOrder() async throws {
        try await OutboxFixture.with { fixture in
            let erp = FakeERP()
            erp.plan(.isBusy(retryAfter: nil))
            let connector = try await fixture.add(erp)
            for quantity in 1...8 {
                try await fixture.addStock(connector, item: "flour", quantity: Double(quantity))
                try await fixture.addStock(connector, item: "sugar", quantity: Double(quantity * 10))
                fixture.clock.advance(0.001)
            }
            let dispatchers = [fixture.dispatcher(), fixture.dispatcher()]
            while try await fixture.pool.first(OutboxTestQueries.stateCount("delivered")) != 16, !Task.isCancelled {
                await dispatchers[0].idle()
                fixture.clock.advance(1)
            }
            for dispatcher in dispatchers { await dispatcher.stop() }
            #expect(erp.stock["flour"] == (1...8).map(Double.init))
            #expect(erp.stock["sugar"] == (1...8).map { Double($0 * 10) })
            let inventory = try await fixture.store.inventory(limit: 10).items
            #expect(inventory.map(\.item) == ["flour", "sugar"] && inventory.map(\.quantity) == [8, 80])
        }
    }

    @Test func aNewerFigureWaitsForAnUncertainOne() async throws {
        try await OutboxFixture.with { fixture in
            let erp = FakeERP()
            erp.plan(.worksSilently)
            let connector = try await fixture.add(erp)
            try await fixture.addStock(connector, item: "flour", quantity: 1)
            fixture.clock.advance(0.001)
            try await fixture.addStock(connector, item: "flour", quantity: 2)
            let dispatcher = fixture.dispatcher()
            await dispatcher.settled(.uncertain)
            await dispatcher.idle()
            #expect(erp.stock == ["flour": [1]])
            fixture.clock.advance(2)
            await dispatcher.settled(.delivered, times: 2)
            #expect(erp.stock == ["flour": [1, 1, 2]])
            await dispatcher.stop()
        }
    }

    @Test func anOlderReadingDoesNotOverwriteTheMirror() async throws {
        try await OutboxFixture.with { fixture in
            let connector = try await fixture.add(FakeERP())
            let older = try await fixture.addStock(connector, item: "flour", quantity: 1)
            fixture.clock.advance(10)
            let newer = try await fixture.addStock(connector, item: "flour", quantity: 2)
            func held(_ delivery: TestDelivery) -> LeasedDelivery {
                var held = LeasedDelivery.arbitrary
                (held.id, held.item) = (delivery.id, delivery.item)
                return held
            }
            let now = fixture.clock.now
            #expect(try await fixture.pool.execute(MirrorQueries.setStock(2, of: held(newer), at: now)) == 1)
            #expect(try await fixture.pool.execute(MirrorQueries.setStock(1, of: held(older), at: now)) == 0)
            #expect(try await fixture.store.inventory(limit: 10).items.map(\.quantity) == [2])
            #expect(try await fixture.pool.execute(MirrorQueries.setStock(3, of: held(newer), at: now)) == 1)
            #expect(try await fixture.store.inventory(limit: 10).items.map(\.quantity) == [3])
        }
    }
}
