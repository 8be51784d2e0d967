import ERP
import ERPConnectors
import Foundation
import HTTPClient
import PostgreSQL
import Primitives
import Secrets
import Testing

@testable import Outbox

/// The whole way to the ERP: stored connector, dispatcher, HTTP, a pretended ERP on a raw socket.
@Suite(.timeLimit(.minutes(3))) struct RestDeliveryTests {
    private static let options: JSONValue = [
        "create": ["path": "/orders", "id": "id", "body": ["title": "${title}", "ref": "${idempotencyKey}"]],
        "find": ["path": "/orders?ref=${idempotencyKey}", "items": "items", "id": "id"],
        "status": ["path": "/orders/${id}", "state": "status", "done": ["done"]],
        "stock": ["path": "/stock/${item}", "body": ["quantity": "${quantity}"]], "settle": 0,
    ]

    /// Stores a connector as an admin does, and lets the fixture's dispatchers use it.
    private func connect(
        _ erp: PretendedERP,
        _ fixture: OutboxFixture,
        timeout: Duration = .seconds(15)
    ) async throws -> Int32 {
        let client = HTTPClient(.init(policy: try OutboundPolicy(allow: ["127.0.0.1"])))
        let box = try SecretBox(key: Array(0..<32))
        let registry = ConnectorRegistry(
            session: fixture.pool,
            box: box,
            client: client,
            timeouts: CallTimeouts(change: timeout, question: .seconds(15)),
            clock: fixture.clock.clock
        )
        let store = ConnectorStore(pool: fixture.pool, box: box, registry: registry, clock: fixture.clock.clock)
        let key = try OutboxFixture.one(ResourceKey("erp"))
        let document: JSONValue = [
            "name": "ERP", "kind": "rest", "url": .string(erp.server.url("/api")), "options": Self.options,
            "credentials": ["bearer": "token-of-the-test"],
        ]
        let id = try await store.put(key: key, document: document).connector.id
        fixture.directory.set(try OutboxFixture.one(registry.runtime(id)), for: id)
        return id
    }

    private func finish(_ count: Int64, _ dispatcher: RunningDispatcher, _ fixture: OutboxFixture) async throws {
        while try await fixture.pool.first(OutboxTestQueries.stateCount("delivered")) != count, !Task.isCancelled {
            await dispatcher.idle()
            fixture.clock.advance(1)
        }
    }

    @Test(arguments: [
        PretendedERP.Fault.none, .dropAfterWork, .hangAfterWork, .errorAfterWork(500), .errorAfterWork(502),
        .errorAfterWork(504), .errorWithoutWork(503, retryAfter: 1), .refuseDuplicates,
    ])
    func fourDispatchersMakeOneOrderEachWhateverGoesWrong(_ fault: PretendedERP.Fault) async throws {
        try await OutboxFixture.with { fixture in
            let erp = try PretendedERP(fault, times: 8)
            defer { erp.server.stop() }
            let isHanging = fault == .hangAfterWork
            let connector = try await connect(erp, fixture, timeout: isHanging ? .milliseconds(400) : .seconds(15))
            var keys: Set<String> = []
            for _ in 1...8 { keys.insert(try await fixture.addOrder(connector).key) }
            let dispatchers = (1...4).map { _ in fixture.dispatcher() }
            try await finish(8, dispatchers[0], fixture)
            for dispatcher in dispatchers { await dispatcher.stop() }
            #expect(erp.orders.count == 8 && Set(erp.orders) == keys)
            #expect(try await fixture.store.workOrders(limit: 20).items.count == 8)
        }
    }

    @Test func aKillDuringTheCallMakesNoSecondOrder() async throws {
        try await OutboxFixture.with { fixture in
            let erp = try PretendedERP(.hangAfterWork, times: 1)
            defer { erp.server.stop() }
            let delivery = try await fixture.addOrder(try await connect(erp, fixture, timeout: .seconds(60)))
            let first = fixture.dispatcher()
            await erp.server.arrival(of: 1)
            await first.kill()
            fixture.clock.advance(41)
            let second = fixture.dispatcher()
            try await finish(1, second, fixture)
            await second.stop()
            #expect(erp.orders == [delivery.key])
            let row = try await fixture.row(delivery)
            #expect(row.externalID == "1")
            #expect(try await fixture.timeline(delivery).map(\.purpose) == [.create, .lookUp])
        }
    }

    @Test func theTimeLineShowsTheRequestWithoutCredentials() async throws {
        try await OutboxFixture.with { fixture in
            let erp = try PretendedERP(.echo)
            defer { erp.server.stop() }
            let delivery = try await fixture.addOrder(try await connect(erp, fixture), title: "Grease it")
            let dispatcher = fixture.dispatcher()
            await dispatcher.settled(.delivered)
            await dispatcher.stop()
            let attempt = try OutboxFixture.one(try await fixture.timeline(delivery).first)
            #expect(erp.sawCredentials)
            #expect(attempt.request?.hasPrefix("POST \(erp.server.url("/api/orders"))\n") == true)
            #expect(attempt.request?.hasSuffix("{\"title\":\"Grease it\",\"ref\":\"\(delivery.key)\"}") == true)
            #expect(attempt.status == 201 && attempt.response?.contains("(redacted)") == true)
            #expect(!"\(attempt)".contains("token-of-the-test"))
        }
    }

    @Test func figuresArriveAndAreMirrored() async throws {
        try await OutboxFixture.with { fixture in
            let erp = try PretendedERP(.none)
            defer { erp.server.stop() }
            try await fixture.addStock(try await connect(erp, fixture), item: "PP/7", quantity: 41.5)
            let dispatcher = fixture.dispatcher()
            await dispatcher.settled(.delivered)
            await dispatcher.stop()
            #expect(erp.stock == ["PP/7": 41.5])
            #expect(try await fixture.store.inventory(limit: 5).items.map(\.quantity) == [41.5])
        }
    }
}
