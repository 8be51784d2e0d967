import ERP
import ERPConnectors
import Foundation
import PostgreSQL
import Primitives
import Testing

@testable import Outbox

@Suite(.timeLimit(.minutes(3))) struct OutboxStoreTests {
    @Test func listsAreFilteredAndPaged() async throws {
        try await OutboxFixture.with { fixture in
            let erp = FakeERP()
            erp.plan(.refuses, .works)
            let connector = try await fixture.add(erp)
            let paused = try await fixture.add(FakeERP(), key: "paused", isPaused: true)
            let alarm = IdentifierSource.system.next()
            try await fixture.pool.execute(
                OutboxTestQueries.addAlarm(alarm, plant: fixture.plant, at: fixture.clock.now)
            )
            let dead = try await fixture.addOrder(connector, alarm: alarm)
            let dispatcher = fixture.dispatcher()
            await dispatcher.settled(.dead)
            fixture.clock.advance(1)
            let delivered = try await fixture.addOrder(connector)
            await dispatcher.settled(.delivered)
            await dispatcher.stop()
            var pending: [UUID] = []
            for _ in 1...5 {
                fixture.clock.advance(1)
                pending.insert(try await fixture.addOrder(paused).id, at: 0)
            }
            func ids(_ filter: DeliveryFilter) async throws -> [UUID] {
                try await fixture.store.deliveries(filter, limit: 100).items.map(\.id)
            }
            #expect(try await ids(DeliveryFilter()) == pending + [delivered.id, dead.id])
            #expect(try await ids(DeliveryFilter(state: .pending)) == pending)
            #expect(try await ids(DeliveryFilter(state: .dead)) == [dead.id])
            #expect(try await ids(DeliveryFilter(state: .delivered)) == [delivered.id])
            #expect(try await ids(DeliveryFilter(state: .superseded)) == [])
            #expect(try await ids(DeliveryFilter(connector: "erp")) == [delivered.id, dead.id])
            #expect(try await ids(DeliveryFilter(state: .pending, connector: "erp")) == [])
            #expect(try await ids(DeliveryFilter(device: "motor-1")).count == 7)
            #expect(try await ids(DeliveryFilter(state: .dead, device: "motor-2")) == [])
            #expect(try await ids(DeliveryFilter(alarmID: alarm)) == [dead.id])
            #expect(try await fixture.store.counts() == OutboxCounts(waiting: 5, dead: 1, openOrders: 1))

            var seen: [UUID] = []
            var cursor: OutboxCursor?
            repeat {
                let page = try await fixture.store.deliveries(
                    DeliveryFilter(state: .pending),
                    after: cursor,
                    limit: 2
                )
                seen += page.items.map(\.id)
                cursor = page.nextCursor.flatMap(OutboxCursor.init)
            } while cursor != nil
            #expect(seen == pending)
        }
    }

    @Test func cursorsReadWhatTheyWrite() throws {
        let id = IdentifierSource.system.next()
        let cursor = OutboxCursor(createdAt: Timestamp(microseconds: 1_790_000_000_000_001), id: id)
        #expect(OutboxCursor(cursor.text) == cursor)
        for text in ["", "_", "1_2", "x_\(id)", "1_\(id)_", "9223372036854775807_\(id)"] {
            #expect(OutboxCursor(text) == nil)
        }
        let place = InventoryCursor(connectorID: 3, item: "a/b")
        #expect(InventoryCursor(place.text) == place)
        #expect(InventoryCursor("x/1") == nil && InventoryCursor("3") == nil)
    }

    @Test func aDeliveryIsShownAsTheContractSays() async throws {
        try await OutboxFixture.with { fixture in
            let erp = FakeERP()
            erp.plan(.isBusy(retryAfter: nil))
            let connector = try await fixture.add(erp)
            let delivery = try await fixture.addOrder(connector)
            let dispatcher = fixture.dispatcher()
            await dispatcher.settled(.waiting)
            let waiting = try await fixture.store.delivery(delivery.id).json
            #expect(waiting["state"] == "waiting" && waiting["reason"] == "http-503" && waiting["detail"] == "busy")
            #expect(waiting["nextAttemptAt"] == .string(fixture.clock.now.adding(seconds: 2).rfc3339))
            #expect(waiting["finishedAt"] == .null && waiting["latency"]?["receivedToDelivered"] == .null)
            fixture.clock.advance(2)
            await dispatcher.settled(.delivered)
            await dispatcher.stop()
            let json = try await fixture.store.delivery(delivery.id).json
            #expect(
                json.object?.names == [
                    "id", "idempotencyKey", "mapping", "connector", "operation", "state", "reason", "detail",
                    "attempts",
                    "createdAt", "nextAttemptAt", "finishedAt", "externalId", "alarmId", "device", "asset", "fields",
                    "readingTs", "note", "targetId", "attachedTo", "target", "timeline", "acts", "approvedBy",
                    "picture",
                    "waitsFor", "holdsUp", "mayStepAside", "latency",
                ]
            )
            let mapping: JSONValue = [
                "key": .string("work-order-create-\(connector)"), "name": .string("WORK-ORDER-CREATE-\(connector)"),
                "revision": 3,
            ]
            #expect(json["mapping"] == mapping)
            #expect(json["connector"] == ["key": "erp", "name": "ERP"])
            #expect(json["device"] == ["key": "motor-1", "name": "Motor 1"])
            #expect(json["asset"] == ["key": "line-1", "name": "Line 1"])
            #expect(json["fields"] == ["title": "Check the bearing"])
            #expect(json["id"] == .string(delivery.id.uuidString.lowercased()))
            #expect(json["state"] == "delivered" && json["reason"] == .null && json["nextAttemptAt"] == .null)
            #expect(json["externalId"] == "WO-1" && json["attempts"] == 2 && json["alarmId"] == .null)
            #expect(json["latency"]?["readingToReceived"]?.double == 0.25)
            #expect(json["latency"]?["receivedToDelivered"]?.double == 2.75)
            let timeline = try OutboxFixture.one(json["timeline"]?.array)
            #expect(timeline.map { $0["outcome"] } == ["transient", "done"])
            #expect(
                timeline.last == [
                    "number": 2, "purpose": "create", "startedAt": .string(fixture.clock.now.rfc3339),
                    "endedAt": .string(fixture.clock.now.rfc3339), "outcome": "done",
                    "request": "POST http://erp.test/orders", "status": 201, "response": "{}",
                    "exchanges": [["request": "POST http://erp.test/orders", "status": 201, "response": "{}"]],
                    "note": .null,
                ]
            )
        }
    }

    @Test func onlyDeadDeliveriesCanBeRetried() async throws {
        try await OutboxFixture.with { fixture in
            let connector = try await fixture.add(FakeERP(), isPaused: true)
            let waiting = try await fixture.addOrder(connector)
            let incomplete = try await fixture.addOrder(connector, state: "dead", reason: "template-failed")
            let superseded = try await fixture.addOrder(connector, state: "superseded")
            let unknown = IdentifierSource.system.next()
            await #expect(throws: ResourceFailure.notFound("delivery \(unknown.uuidString.lowercased())")) {
                try await fixture.store.retry(unknown)
            }
            for (id, code) in [
                (waiting.id, "delivery-not-dead"), (superseded.id, "delivery-not-dead"),
                (incomplete.id, "delivery-incomplete"),
            ] {
                await #expect { try await fixture.store.retry(id) } throws: { error in
                    guard case .conflict(code, _)? = error as? ResourceFailure else { return false }
                    return true
                }
            }
            #expect(try await fixture.row(waiting).state == "waiting")
            #expect(try await fixture.row(incomplete).state == "dead")
        }
    }

    @Test func anOldFigureIsNotSentAfterANewerOne() async throws {
        try await OutboxFixture.with { fixture in
            let erp = FakeERP()
            erp.plan(.refuses)
            let connector = try await fixture.add(erp)
            let old = try await fixture.addStock(connector, item: "flour", quantity: 1)
            let dispatcher = fixture.dispatcher()
            await dispatcher.settled(.dead)
            fixture.clock.advance(1)
            try await fixture.addStock(connector, item: "flour", quantity: 2)
            await dispatcher.settled(.delivered)
            await dispatcher.stop()
            await #expect { try await fixture.store.retry(old.id) } throws: { error in
                guard case .conflict("newer-figure", _)? = error as? ResourceFailure else { return false }
                return true
            }
        }
    }

    @Test func ordersAndFiguresAreShownAsTheContractSays() async throws {
        try await OutboxFixture.with { fixture in
            let connector = try await fixture.add(
                FakeERP(),
                options: ["link": "http://erp.test/orders/${id}", "create": ["body": ["link": "x"]]]
            )
            let order = try await fixture.addOrder(connector)
            try await fixture.addStock(connector, item: "flour/type 405", quantity: 12.5)
            let dispatcher = fixture.dispatcher()
            await dispatcher.settled(.delivered, times: 2)
            await dispatcher.stop()
            let work = try OutboxFixture.one(try await fixture.store.workOrders(limit: 1).items.first)
            let now = JSONValue.string(fixture.clock.now.rfc3339)
            #expect(
                work.json == [
                    "id": .string(work.id.uuidString.lowercased()), "externalId": "WO-1", "title": "Check the bearing",
                    "status": "", "doneAt": .null, "createdAt": now, "checkedAt": .null,
                    "connector": ["key": "erp", "name": "ERP"], "device": ["key": "motor-1", "name": "Motor 1"],
                    "asset": ["key": "line-1", "name": "Line 1"], "alarmId": .null,
                    "deliveryId": .string(order.id.uuidString.lowercased()), "link": "http://erp.test/orders/WO-1",
                    "madeBy": "plantwright", "phase": "open", "number": .null, "assignee": .null, "dueAt": .null,
                    "startedAt": .null, "finishedAt": .null, "cost": .null, "currency": .null, "outcome": .null,
                    "failureCode": .null, "equipment": .null,
                ]
            )
            let figure = try OutboxFixture.one(try await fixture.store.inventory(limit: 1).items.first)
            #expect(
                figure.json == [
                    "connector": ["key": "erp", "name": "ERP"], "item": "flour/type 405", "itemName": .null,
                    "itemUnit": .null, "quantity": 12.5, "unit": .null, "location": .null,
                    "device": ["key": "motor-1", "name": "Motor 1"], "asset": ["key": "line-1", "name": "Line 1"],
                    "readingTs": .string(fixture.clock.now.adding(seconds: -1).rfc3339), "updatedAt": now,
                ]
            )
            #expect(try await fixture.store.inventory(connector: "other", limit: 1).items.isEmpty)
            #expect(try await fixture.store.inventory(device: "motor-1", limit: 1).items.count == 1)
            #expect(try await fixture.store.workOrders(WorkOrderFilter(device: "motor-2"), limit: 1).items.isEmpty)
        }
    }

    @Test func bookingsMoveTheFigureOnceTheERPHasThem() async throws {
        try await OutboxFixture.with { fixture in
            let erp = FakeERP()
            let connector = try await fixture.add(erp, settle: 0)
            let dispatcher = fixture.dispatcher()
            func quantities() async throws -> [Double] {
                try await fixture.store.inventory(limit: 5).items.map(\.quantity)
            }
            // Nobody knows how much there is.
            try await fixture.addStock(connector, item: "flour", quantity: 3, operation: "stock.consume")
            await dispatcher.settled(.delivered)
            #expect(try await quantities().isEmpty)
            try await fixture.addStock(connector, item: "flour", quantity: 20)
            await dispatcher.settled(.delivered, times: 2)
            try await fixture.addStock(connector, item: "flour", quantity: 3, operation: "stock.consume")
            await dispatcher.settled(.delivered, times: 3)
            #expect(try await quantities() == [17])
            try await fixture.addStock(connector, item: "flour", quantity: 5, operation: "stock.receive")
            await dispatcher.settled(.delivered, times: 4)
            erp.plan(.refuses)
            try await fixture.addStock(connector, item: "flour", quantity: 7, operation: "stock.consume")
            await dispatcher.settled(.dead)
            #expect(try await quantities() == [22])
            await dispatcher.stop()
        }
    }

    @Test func theDeliveriesOfManyAlarmsAreReadAtOnce() async throws {
        try await OutboxFixture.with { fixture in
            let connector = try await fixture.add(FakeERP())
            let (one, two, none) = (
                try await fixture.addAlarm(), try await fixture.addAlarm(), try await fixture.addAlarm()
            )
            var expected: [UUID: [UUID]] = [:]
            for alarm in [one, two, one, one] {
                expected[alarm, default: []].insert(try await fixture.addOrder(connector, alarm: alarm).id, at: 0)
                fixture.clock.advance(1)
            }
            let found = try await fixture.store.deliveries(ofAlarms: [two, one, none], limit: 2)
            let byAlarm = Dictionary(grouping: found, by: \.alarmID).mapValues { $0.map(\.id) }
            #expect(byAlarm == expected.mapValues { Array($0.prefix(2)) })
            #expect(found.allSatisfy { $0.state == .waiting && $0.externalID == nil })
        }
    }

    @Test func theTitleIsTheFirstTextOfTheUsualFields() {
        var delivery = LeasedDelivery.arbitrary
        delivery.fields = ["description": "long", "name": "", "subject": 4, "title": .null]
        #expect(delivery.title == "long")
        delivery.fields["subject"] = "short"
        #expect(delivery.title == "short")
        delivery.fields = ["quantity": "7.5", "item": "flour"]
        #expect(delivery.title == "" && delivery.quantity == 7.5 && delivery.stockItem == "flour")
        delivery.fields["quantity"] = "nan"
        #expect(delivery.quantity == nil)
    }

    /// What the database's triggers note can be looked up under the identifiers that they use.
    @Test func everyChangeCanBeShown() async throws {
        try await OutboxFixture.with { fixture in
            let connector = try await fixture.add(FakeERP())
            try await fixture.addOrder(connector)
            try await fixture.addStock(connector, item: "flour/type 405", quantity: 12.5)
            let dispatcher = fixture.dispatcher()
            await dispatcher.settled(.delivered, times: 2)
            await dispatcher.stop()
            let changes = try await fixture.pool.query(OutboxTestQueries.changes())
            #expect(Set(changes.map(\.kind)) == ["delivery", "work-order", "inventory"])
            for (kind, group) in Dictionary(grouping: changes, by: \.kind) {
                let ids = Array(Set(group.map(\.id)))
                let forms = try await fixture.store.entities(kind: kind, ids: ids + ["nonsense"])
                #expect(Set(forms.keys) == Set(ids))
                #expect(forms.values.allSatisfy { $0["connector"]?["key"] == "erp" })
            }
            #expect(try await fixture.store.entities(kind: "alarm", ids: ["1"]).isEmpty)
        }
    }
}
