import ERPConnectors
import PostgreSQL
import Primitives
import TestSupport
import Testing

@testable import ERP

@Suite(.timeLimit(.minutes(1))) struct ConnectorStoreTests {
    @Test func everyStatementFitsTheSchema() async throws {
        let database = try await TemporaryPostgreSQL.shared().migratedDatabase()
        try await assertPreparable(
            ConnectorQueries.all + MappingQueries.all + MappingStateQueries.all + MappingVersionQueries.all
                + DeliveryInsertQueries.all + GuardQueries.all + PastOrderQueries.all + EquipmentQueries.all
                + ItemQueries.all,
            on: database
        )
    }

    @Test func writesReadAndList() async throws {
        try await ERPWorld.with { world in
            let document: JSONValue = [
                "name": "ERP", "kind": "rest", "url": "https://erp.example", "options": ["settle": 3],
            ]
            let (made, isNew) = try await world.connectors.put(key: world.key("erp"), document: document)
            #expect(isNew && made.revision == 1 && !made.hasCredentials)
            #expect(
                made.json == [
                    "key": "erp", "name": "ERP", "kind": "rest", "url": "https://erp.example", "hasCredentials": false,
                    "options": ["settle": 3],
                    "limits": ["perMinute": nil, "perHour": nil, "concurrent": nil], "paused": false, "webhook": nil,
                ]
            )
            let again = try await world.connectors.put(key: world.key("erp"), document: document)
            #expect(!again.isNew && again.connector.revision == 1, "the same again changes nothing")
            let patched = try await world.connectors.patch(
                key: world.key("erp"),
                document: ["options": ["settle": nil, "link": "http://x/${id}"]],
                onlyIf: .version([made.version])
            )
            #expect(patched.options == ["link": "http://x/${id}"] && patched.revision == 2)
            #expect(try await world.connectors.get(key: world.key("erp")) == patched)
            try await world.connectors.put(key: world.key("aaa"), document: document)
            #expect(try await world.connectors.list().map(\.key) == ["aaa", "erp"])
            #expect(try await world.connectors.list(after: "aaa", limit: 1).map(\.key) == ["erp"])
        }
    }

    @Test func revisionsGuardWrites() async throws {
        try await ERPWorld.with { world in
            try await world.addConnector()
            let document: JSONValue = ["name": "Other", "kind": "rest", "url": "https://erp.example"]
            let current = try await world.connectors.get(key: world.key("erp")).version
            let other = WriteCondition.version([ResourceVersion(id: current.id, revision: 7)])
            await #expect(throws: ResourceFailure.preconditionFailed(current: current)) {
                try await world.connectors.put(key: world.key("erp"), document: document, onlyIf: other)
            }
            await #expect(throws: ResourceFailure.preconditionFailed(current: current)) {
                try await world.connectors.put(key: world.key("erp"), document: document, onlyIf: .absent)
            }
            await #expect(throws: ResourceFailure.preconditionFailed(current: current)) {
                try await world.connectors.delete(key: world.key("erp"), onlyIf: other)
            }
            await #expect(throws: ResourceFailure.notFound("connector none")) {
                try await world.connectors.patch(key: world.key("none"), document: ["name": "x"])
            }
        }
    }

    @Test func credentialsAreSealedAndWriteOnly() async throws {
        try await ERPWorld.with { world in
            try await world.addConnector(credentials: ["bearer": "s3cret-token"])
            let sealed = try #require(try await world.sealedCredentials())
            #expect(!String(decoding: sealed, as: UTF8.self).contains("s3cret"))
            let read = try await world.connectors.get(key: world.key("erp"))
            #expect(read.hasCredentials && !read.json.text.contains("s3cret"))

            try await world.addConnector()
            #expect(try await world.sealedCredentials() == sealed, "absent keeps them")
            try await world.addConnector(credentials: ["bearer": "s3cret-token"])
            #expect(try await world.connectors.get(key: world.key("erp")).revision == 1, "the same again is no change")
            try await world.connectors.patch(key: world.key("erp"), document: ["name": "New name"])
            #expect(try await world.connectors.get(key: world.key("erp")).hasCredentials)
            try await world.connectors.patch(key: world.key("erp"), document: ["credentials": nil])
            #expect(try await !world.connectors.get(key: world.key("erp")).hasCredentials)
            try await world.addConnector(credentials: ["bearer": "x"])
            try await world.addConnector(credentials: [:])
            #expect(try await !world.connectors.get(key: world.key("erp")).hasCredentials)
        }
    }

    @Test func writesAreInForceWhenTheyReturn() async throws {
        try await ERPWorld.with { world in
            try await world.addConnector()
            let id = try await world.connectors.get(key: world.key("erp")).id
            #expect(world.registry.runtime(id)?.settle == 5)
            try await world.connectors.patch(key: world.key("erp"), document: ["options": ["settle": 0, "find": nil]])
            let runtime = try #require(world.registry.runtime(id))
            #expect(runtime.settle == 0 && runtime.connector.traits(of: .workOrderCreate)?.canLookUp == false)
            try await world.connectors.delete(key: world.key("erp"))
            let key = try world.key("erp")
            #expect(world.registry.runtime(id) == nil && world.registry.connector(key: key) == nil)
        }
    }

    @Test func whatIsInUseStays() async throws {
        try await ERPWorld.with { world in
            try await world.addConnector(credentials: ["bearer": "t"])
            try await world.mappings.put(key: world.key("order"), document: ERPWorld.orderMapping())
            await #expect(throws: ResourceFailure.self) { try await world.connectors.delete(key: world.key("erp")) }
            #expect(try await world.deliver(world.raise()) == 1)
            try await world.mappings.delete(key: world.key("order"))
            await #expect(throws: ResourceFailure.self, "a delivery is under way") {
                try await world.connectors.delete(key: world.key("erp"))
            }
            let delivery = try #require(try await world.deliveries().first)
            try await world.pool.execute(ERPTestQueries.setState(delivery.id, "waiting", next: ERPWorld.start))
            #expect(try await world.connectors.list().count == 1)
        }
    }

    @Test func credentialsOfAnotherKeyAreToldAndLoseNothing() async throws {
        try await ERPWorld.with { world in
            try await world.addConnector(credentials: ["bearer": "t"])
            let id = try await world.connectors.get(key: world.key("erp")).id
            try await world.pool.execute(ERPTestQueries.spoilCredentials("erp"))
            try await world.registry.load()
            let runtime = try #require(world.registry.runtime(id))
            let order = DeliveryOrder(idempotencyKey: "pw-1", operation: .workOrderCreate, fields: [:])
            guard case .transient(let reason, let detail, _) = await runtime.connector.perform(order).outcome else {
                Issue.record("not transient")
                return
            }
            #expect(reason == "credentials-unreadable" && detail.contains("another key"), "\(detail)")
        }
    }
}
