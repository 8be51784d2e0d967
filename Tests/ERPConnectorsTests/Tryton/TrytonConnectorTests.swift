import ERPConnectors
import ERPSimulators
import Primitives
import Testing

/// What only Tryton does, against the simulator.
@Suite struct TrytonConnectorTests {
    private func order(_ operation: ERPOperation, _ fields: JSONObject, target: String? = nil) -> DeliveryOrder {
        DeliveryOrder(idempotencyKey: "pw-0123456789abc", operation: operation, fields: fields, target: target)
    }

    @Test func aLostSessionIsOpenedAgainAndTheChangeIsMadeOnce() async throws {
        let world = ConformanceWorld(.tryton)
        let connector = try world.connector()
        _ = try await connector.stock(of: "BRG-6204", at: nil)
        world.erp.endSessions()
        let report = await connector.perform(order(.workOrderCreate, ["title": "Check", "equipment": "PUMP-7"]))
        #expect(report.outcome.isDone && world.erp.orders.count == 1, "\(report.outcome)")
        let logins = world.injector.requests.filter { $0.json?["method"] == "common.db.login" }
        #expect(logins.count == 2)
        let shown = report.trace.records.first { $0.request.contains("common.db.login") }
        #expect(shown?.response == "(not shown)" && shown?.request.contains("(redacted)") == true)
    }

    @Test func partsThatAreNotThereAreTold() async throws {
        let world = ConformanceWorld(.tryton)
        let fields: JSONObject = ["title": "Check", "equipment": "PUMP-7", "item": "BRG-6204", "quantity": 26]
        let outcome = try await world.perform(order(.workOrderCreate, fields))
        guard case .done(_, let note?) = outcome else {
            Issue.record("\(outcome)")
            return
        }
        #expect(note.contains("not all reserved") && note.contains("BRG-6204"))
        #expect(world.erp.orders.map(\.status) == ["waiting"])
    }

    @Test func reservedPartsAreNotAvailableAnyMore() async throws {
        let world = ConformanceWorld(.tryton)
        let fields: JSONObject = ["title": "Check", "equipment": "PUMP-7", "item": "BRG-6204", "quantity": 2]
        #expect(try await world.perform(order(.workOrderCreate, fields)).isDone)
        let figure = try await world.connector().stock(of: "BRG-6204", at: nil)
        #expect(figure == StockFigure(onHand: 25, available: 23))
        let check = try await world.perform(order(.partsCheck, ["item": "BRG-6204", "quantity": 24]))
        #expect(check == .done(externalID: nil, note: "Not enough: 23 of “BRG-6204” not reserved, 24 wanted."))
    }

    @Test func aShipmentWithoutStockWaitsAndGoesOnLater() async throws {
        let world = ConformanceWorld(.tryton)
        let consume = order(.stockConsume, ["item": "BRG-6204", "quantity": 30])
        guard case .stuck(let reason, _) = try await world.perform(consume) else {
            Issue.record("not stuck")
            return
        }
        #expect(reason == "not-enough-stock" && world.erp.stock["BRG-6204"] == 25)
        let set = DeliveryOrder(
            idempotencyKey: "pw-set",
            operation: .stockSet,
            fields: ["item": "BRG-6204", "quantity": 40]
        )
        #expect(try await world.perform(set).isDone)
        guard case .found = try await world.lookUp(consume) else {
            Issue.record("not taken to its end")
            return
        }
        #expect(world.erp.stock["BRG-6204"] == 10)
    }

    @Test func whatIsRunningIsNotCancelled() async throws {
        let world = ConformanceWorld(.tryton)
        let id = try await world.createdOrder()
        #expect(world.erp.complete(id, outcome: "Replaced"))
        let outcome = try await world.perform(order(.workOrderCancel, ["reason": "Too late"], target: id))
        guard case .refused(let reason, let detail) = outcome else {
            Issue.record("\(outcome)")
            return
        }
        #expect(reason == "order-state" && detail.contains("done"))
    }

    @Test func theOutcomeIsWhatAPersonWroteLast() async throws {
        let world = ConformanceWorld(.tryton)
        let id = try await world.createdOrder()
        _ = try await world.perform(order(.workOrderComment, ["text": "It came back."], target: id))
        #expect(world.erp.complete(id, outcome: "Bearing replaced"))
        guard case .state(let state) = try await world.connector().state(ofOrder: id) else {
            Issue.record("no state")
            return
        }
        #expect(state.outcome == "Bearing replaced" && state.number == "1" && state.cost == 25)
        #expect(state.currency == "EUR" && state.finishedAt != nil)
        let changes = try await world.connector().changes(since: Timestamp(microseconds: 0), after: nil).items
        #expect(changes.map(\.equipment) == ["PUMP-7"] && changes.map(\.title) == ["Check the bearing"])
    }

    @Test func anUnknownUnitIsRefusedAndDigitsAreRounded() async throws {
        let world = ConformanceWorld(.tryton)
        let litres: JSONObject = ["item": "PELLET-PP", "quantity": 1, "unit": "L"]
        guard case .refused(let reason, let detail) = try await world.perform(order(.stockConsume, litres)) else {
            Issue.record("not refused")
            return
        }
        #expect(reason == "unknown-unit" && detail.contains("kg"))
        let outcome = try await world.perform(order(.stockConsume, ["item": "PELLET-PP", "quantity": 1.23456]))
        guard case .done(_, let note) = outcome else {
            Issue.record("\(outcome)")
            return
        }
        #expect(note == "1.23456 is rounded to 1.23 “kg”." && world.erp.stock["PELLET-PP"] == 3_998.77)
        let nothing = try await world.perform(order(.stockConsume, ["item": "BRG-6204", "quantity": 0.2]))
        guard case .refused = nothing else {
            Issue.record("\(nothing)")
            return
        }
    }

    @Test func aPreflightNamesWhatIsMissing() async throws {
        let world = ConformanceWorld(.tryton)
        let definition = try #require(ConnectorDefinition.of(.tryton))
        #expect(!definition.manifest.json.text.isEmpty)
        let checks = try await world.connector().preflight(key: "pw-none")
        #expect(checks.map(\.name).prefix(4) == ["reachable", "credentials", "options", "create-permission"])
    }
}
