import Assets
import ERPConnectors
import PostgreSQL
import Primitives
import Testing

@testable import ERP

@Suite(.timeLimit(.minutes(1))) struct MappingPreviewTests {
    private func preview(
        _ world: ERPWorld,
        _ document: JSONValue,
        device: String? = nil,
        values: [Double]? = [81.26, 2]
    ) async throws -> MappingPreview {
        try await world.previewer.preview(document: document, key: world.key("m"), deviceKey: device) { id in
            values.map {
                Reading(
                    deviceID: id,
                    timestamp: ERPWorld.start,
                    receivedAt: ERPWorld.start,
                    quality: 0,
                    values: MetricValues(slots: $0)
                )
            }
        }
    }

    @Test func showsExactlyWhatWouldBeSent() async throws {
        try await ERPWorld.with { world in
            try await world.addConnector(credentials: ["bearer": "s3cret-token"])
            let document = ERPWorld.orderMapping(["title": "Hot: ${round(temperature, 1)}"])
            let shown = try await preview(world, document)
            #expect(shown.issues == [] && shown.fields == ["title": "Hot: 81.3"])
            #expect(shown.device?.key == "motor-1")

            try await world.mappings.put(key: world.key("m"), document: document)
            #expect(try await world.deliver(world.raise()) == 1)
            let delivery = try #require(try await world.deliveries().first)
            let erp = try #require(world.registry.connector(key: try world.key("erp"))?.erp)
            let sent = try erp.preview(
                DeliveryOrder(
                    idempotencyKey: delivery.key,
                    operation: .workOrderCreate,
                    fields: delivery.fields.object ?? [:]
                )
            )
            #expect(shown.requests == sent)
            #expect(!shown.json.text.contains("s3cret"))
            #expect(try await world.deliveries().count == 1, "a preview stores nothing")
        }
    }

    @Test func aPictureNeedsAnAlarmAnOrderAndAnERPThatTakesIt() async throws {
        try await ERPWorld.with { world in
            try await world.addConnector()
            var order = try #require(ERPWorld.orderMapping(["title": "Hot"]).object)
            order["attachChart"] = true
            let refused = try await preview(world, .object(order)).issues
            #expect(refused.map(\.pointer) == ["/attachChart"] && refused.first?.code == "operation-not-configured")
            var stock = try #require(ERPWorld.stockMapping(["item": "PP 7"]).object)
            stock["attachChart"] = true
            let misplaced = try await preview(world, .object(stock), values: [41.25]).issues
            #expect(misplaced.map(\.pointer) == ["/attachChart"] && misplaced.first?.code == "not-applicable")
            order["operation"] = "work-order.attach"
            #expect(try await preview(world, .object(order)).issues.contains { $0.pointer == "/operation" })
        }
    }

    @Test func thePictureIsShownAfterItsOrder() async throws {
        try await ERPWorld.with { world in
            try await world.connectors.put(
                key: world.key("odoo"),
                document: [
                    "name": "Odoo", "kind": "odoo", "url": "https://odoo.example",
                    "credentials": ["username": "u", "password": "s3cret-word"], "options": ["database": "plant"],
                ]
            )
            var order = try #require(ERPWorld.orderMapping(["title": "Hot"]).object)
            order["connector"] = "odoo"
            order["attachChart"] = true
            let shown = try await preview(world, .object(order))
            #expect(shown.issues == [] && shown.requests.count == 2, "\(shown.issues)")
            let picture = try #require(shown.requests.last?.text)
            #expect(picture.contains("ir.attachment") && picture.contains("‹contents of plantwright-pc-"))

            try await world.mappings.put(key: world.key("m"), document: .object(order))
            #expect(try await world.deliver(world.raise()) == 1)
            #expect(try await world.pool.first(PictureTestQueries.asksForPicture()) == true)
        }
    }

    @Test func showsStockFigures() async throws {
        try await ERPWorld.with { world in
            try await world.addConnector()
            let shown = try await preview(world, ERPWorld.stockMapping(["item": "PP 7"]), values: [41.25])
            #expect(shown.issues == [] && shown.device?.key == "silo-1")
            #expect(shown.requests.first?.url == "https://erp.example/api/stock/PP%207")
            #expect(shown.requests.first?.body == ["quantity": 41.25])
        }
    }

    @Test func showsWhatMakesSenseAndEveryFault() async throws {
        try await ERPWorld.with { world in
            try await world.addConnector()
            let shown = try await preview(
                world,
                ERPWorld.orderMapping(["title": "Hot: ${temprature}", "good": "${device.name}"])
            )
            #expect(shown.fields == ["good": "Motor-1"] && shown.requests.isEmpty)
            #expect(shown.issues.map { "\($0.pointer) \($0.code)" } == ["/fields/title unknown-name"])
            let empty = try await preview(world, [:])
            #expect(empty.requests.isEmpty && empty.issues.count == 5)
        }
    }

    @Test func withoutAReadingPlaceholdersHaveNoValue() async throws {
        try await ERPWorld.with { world in
            try await world.addConnector()
            let shown = try await preview(world, ERPWorld.orderMapping(["title": "at ${temperature}"]), values: nil)
            #expect(shown.issues.map { "\($0.pointer) \($0.code)" } == ["/fields/title no-value"])
        }
    }

    @Test func theSampleCanBeChosen() async throws {
        try await ERPWorld.with { world in
            try await world.addConnector()
            let shown = try await preview(world, ERPWorld.stockMapping([:]), device: "silo-2", values: [3])
            #expect(shown.fields == ["item": "silo-2", "quantity": 3.0])
            await #expect(throws: InvalidInput.self) {
                try await preview(world, ERPWorld.stockMapping(), device: "none")
            }
        }
    }
}

private enum PictureTestQueries {
    static func asksForPicture() -> Statement<Bool> {
        Statement("test.delivery.asks-for-picture", "SELECT attach_chart FROM delivery") {
            row throws(PostgresError) in try row.bool(0)
        }
    }
}
