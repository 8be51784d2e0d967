import ERPConnectors
import Foundation
import HTTPClient
import Primitives
import Testing

/// The connector against a real Tryton, as `Tests/RealERP/tryton_server.py` starts it.
///
/// Every test makes orders of its own; none relies on what another did.
@Suite(.enabled(if: liveTryton != nil), .serialized) struct TrytonLiveTests {
    private func connector(
        _ more: [(name: String, value: JSONValue)] = [],
        user: String = "plantwright",
        password: String = "tell-nobody-6"
    ) throws -> any ERPConnector {
        let client = HTTPClient(.init(policy: try OutboundPolicy(allow: ["127.0.0.1"])))
        let caller = ERPCaller(credentials: .basic(username: user, password: Redacted(password))) {
            (request) throws(OutboundError) in try await client.send(request)
        }
        var options: JSONObject = ["database": "tryton"]
        for (name, value) in more { options[name] = value }
        let definition = try #require(ConnectorDefinition.of(.tryton))
        return try definition.make(
            ConnectorSetup(url: try #require(liveTryton), options: .object(options), caller: caller)
        )
    }

    private let tasks: [(name: String, value: JSONValue)] = [("orderModel", "project.work"), ("equipment", "lot")]

    private func order(_ operation: ERPOperation, _ fields: JSONObject, target: String? = nil) -> DeliveryOrder {
        let letters = "abcdefghijklmnopqrstuvwxyz234567"
        let key = "pw-" + String((0..<13).map { _ in letters.randomElement() ?? "a" })
        return DeliveryOrder(idempotencyKey: key, operation: operation, fields: fields, target: target)
    }

    private func made(_ connector: any ERPConnector, _ order: DeliveryOrder) async throws -> String {
        let report = await connector.perform(order)
        guard case .done(let id?, _) = report.outcome else {
            throw Unexpected(what: "\(report.outcome) \(report.trace.records.map(\.response))")
        }
        return id
    }

    private struct Unexpected: Error { var what: String }

    @Test func aPreflightPasses() async throws {
        let checks = try await connector().preflight(key: "pw-never-used-yet")
        #expect(!checks.contains { $0.result != .ok }, "\(checks)")
        let byTask = try await connector(tasks).preflight(key: "pw-never-used-yet")
        #expect(!byTask.contains { $0.result != .ok }, "\(byTask)")
    }

    @Test func aPreflightNamesWhatIsWrong() async throws {
        let wrong = try await connector(password: "wrong").preflight(key: "pw-x")
        #expect(wrong.last?.name == "credentials" && wrong.last?.result == .failed, "\(wrong)")
        let nobody = try await connector(user: "nobody", password: "may-do-nothing-6").preflight(key: "pw-x")
        let failed = nobody.filter { $0.result == .failed }
        #expect(failed.contains { $0.remedy?.contains("group") == true }, "\(nobody)")
        let database = try await connector([("database", "elsewhere")]).preflight(key: "pw-x")
        #expect(database.last?.result == .failed && database.last?.detail.contains("elsewhere") == true, "\(database)")
    }

    @Test func aProductionReservesItsPartsAndIsFoundByItsKey() async throws {
        let connector = try connector()
        let create = order(
            .workOrderCreate,
            [
                "title": "Check the bearing", "description": "Above 80 °C: “hot”.", "equipment": "PUMP-7",
                "dueDate": "2027-01-15", "item": "BRG-6204", "quantity": 2,
            ]
        )
        #expect(await connector.lookUp(create).outcome == .notFound)
        let before = try await connector.stock(of: "BRG-6204", at: nil)
        let report = await connector.perform(create)
        guard case .done(let id?, let note) = report.outcome else { throw Unexpected(what: "\(report)") }
        #expect(note == "The parts are reserved.")
        guard case .found(id, _) = await connector.lookUp(create).outcome else {
            Issue.record("not found")
            return
        }
        let after = try await connector.stock(of: "BRG-6204", at: "STO")
        #expect(after.onHand == before.onHand && after.available == (before.available ?? 0) - 2)
        guard case .state(let state) = await connector.state(ofOrder: id) else { throw Unexpected(what: "no state") }
        #expect(state.phase == .open && state.text == "assigned" && state.cost == 25 && state.currency == "EUR")
        #expect(state.dueAt == Timestamp(rfc3339: "2027-01-15T00:00:00Z"))
        let remark = order(.workOrderComment, ["text": "It came back."], target: id)
        #expect(try await made(connector, remark) == id)
        guard case .found = await connector.lookUp(remark).outcome else {
            Issue.record("the remark is not found")
            return
        }
        let cancel = order(.workOrderCancel, ["reason": "The sensor was broken."], target: id)
        #expect(await connector.lookUp(cancel).outcome == .notFound)
        #expect(try await made(connector, cancel) == id)
        guard case .state(let end) = await connector.state(ofOrder: id) else { throw Unexpected(what: "no state") }
        #expect(end.phase == .cancelled)
        #expect(try await connector.stock(of: "BRG-6204", at: nil).available == before.available)
        #expect(await connector.state(ofOrder: "production,999999") == .gone)
    }

    @Test func aPictureIsAttachedOnce() async throws {
        let connector = try connector()
        let id = try await made(connector, order(.workOrderCreate, ["title": "With a picture"]))
        var picture = order(.workOrderAttach, [:], target: id)
        #expect(await connector.lookUp(picture).outcome == .notFound)
        picture.attachment = ConformanceWorld.picture
        #expect(try await made(connector, picture) == id)
        #expect(await connector.lookUp(picture).outcome == .found(externalID: id))
        #expect(try await made(connector, picture) == id)
        var gone = order(.workOrderAttach, [:], target: "production,999999")
        gone.attachment = ConformanceWorld.picture
        guard case .refused = await connector.perform(gone).outcome else {
            Issue.record("attached to a production that is not there")
            return
        }
    }

    @Test func anInterruptedOrderIsTakenToItsEnd() async throws {
        let connector = try connector()
        let create = order(
            .workOrderCreate,
            ["title": "Begun", "equipment": "FAN-2", "item": "BRG-6204", "quantity": 1]
        )
        // Only the first request of it, as if the server had been killed then.
        var bare = create
        bare.fields = ["title": "Begun"]
        let id = try await made(connector, bare)
        guard case .found(id, let note) = await connector.lookUp(create).outcome else {
            Issue.record("not found")
            return
        }
        #expect(note != nil)
        // Without inputs there is nothing to wait for.
        guard case .state(let state) = await connector.state(ofOrder: id) else { throw Unexpected(what: "no state") }
        #expect(state.text == "assigned")
    }

    @Test func partsThatAreNotThereAreTold() async throws {
        let connector = try connector()
        let create = order(
            .workOrderCreate,
            ["title": "Too much", "equipment": "PUMP-7", "item": "BRG-6204", "quantity": 9_999]
        )
        guard case .done(let id?, let note?) = await connector.perform(create).outcome else {
            Issue.record("no note")
            return
        }
        #expect(note.contains("not all reserved"))
        // Tryton reserved what there was; other tests need it.
        #expect(try await connector.stock(of: "BRG-6204", at: nil).available == 0)
        _ = try await made(connector, order(.workOrderCancel, ["reason": "Too much"], target: id))
        #expect(try await connector.stock(of: "BRG-6204", at: nil).available ?? 0 > 0)
    }

    @Test func aTaskIsMadeChangedAndFound() async throws {
        let connector = try connector(tasks)
        let create = order(.workOrderCreate, ["title": "Check the fan", "equipment": "SN-20002", "priority": "high"])
        let id = try await made(connector, create)
        guard case .found(id, _) = await connector.lookUp(create).outcome else {
            Issue.record("not found")
            return
        }
        let update = order(.workOrderUpdate, ["title": "Replace the fan", "description": "Worse."], target: id)
        #expect(try await made(connector, update) == id)
        guard case .found = await connector.lookUp(update).outcome else {
            Issue.record("the update is not found")
            return
        }
        guard case .state(let state) = await connector.state(ofOrder: id) else { throw Unexpected(what: "no state") }
        #expect(state.phase == .open && state.text == "Open")
        let changes = try await connector.changes(since: Timestamp(microseconds: 0), after: nil).items
        let change = try #require(changes.first { $0.externalID == id })
        #expect(change.title == "Replace the fan" && change.equipment == "SN-20002")
        #expect(change.idempotencyKey == create.idempotencyKey)
    }

    @Test func stockIsSetConsumedAndReceived() async throws {
        let connector = try connector()
        let set = order(.stockSet, ["item": "PELLET-PP", "quantity": 3_500.256])
        #expect(await connector.perform(set).outcome == .done(externalID: nil))
        #expect(try await connector.stock(of: "PELLET-PP", at: nil).onHand == 3_500.26)
        let consume = order(.stockConsume, ["item": "PELLET-PP", "quantity": 120_000, "unit": "g"])
        #expect(await connector.lookUp(consume).outcome == .notFound)
        let id = try await made(connector, consume)
        #expect(try await connector.stock(of: "PELLET-PP", at: nil).onHand == 3_380.26)
        guard case .found(id, _) = await connector.lookUp(consume).outcome else {
            Issue.record("not found")
            return
        }
        _ = try await made(connector, order(.stockReceive, ["item": "PELLET-PP", "quantity": 19.74]))
        #expect(try await connector.stock(of: "PELLET-PP", at: nil).onHand == 3_400)
        let tooMuch = order(.stockConsume, ["item": "PELLET-PP", "quantity": 99_999])
        guard case .stuck("not-enough-stock", _) = await connector.perform(tooMuch).outcome else {
            Issue.record("not stuck")
            return
        }
        // When there is more, the waiting shipment is taken to its end, as a retry of the delivery does.
        _ = await connector.perform(order(.stockSet, ["item": "PELLET-PP", "quantity": 103_999]))
        guard case .found = await connector.lookUp(tooMuch).outcome else {
            Issue.record("not taken to its end")
            return
        }
        #expect(try await connector.stock(of: "PELLET-PP", at: nil).onHand == 4_000)
        let check = await connector.perform(order(.partsCheck, ["item": "PELLET-PP", "quantity": 10]))
        guard case .done(_, let note?) = check.outcome else {
            Issue.record("no note")
            return
        }
        #expect(note.hasPrefix("Enough: "))
    }

    @Test func masterDataIsRead() async throws {
        let products = try await connector().equipment(after: nil)
        #expect(products.items.map(\.reference) == ["PUMP-7", "FAN-2"] && products.next == nil)
        #expect(products.items.first?.name == "Circulation pump 7" && products.items.first?.isRetired == false)
        let lots = try await connector([("equipment", "lot")]).equipment(after: nil).items
        #expect(lots.map(\.serial) == ["SN-70007", "SN-20002"] && lots.first?.tag == "PUMP-7")
        let byCategory = try await connector([("equipmentCategory", "Equipment")]).equipment(after: nil).items
        #expect(byCategory.map(\.reference) == ["PUMP-7", "FAN-2"])
        _ = try await connector([("equipment", "work-center")]).equipment(after: nil)
        let items = try await connector().items(after: nil).items
        #expect(items.map(\.reference) == ["BRG-6204", "PELLET-PP"] && items.map(\.unit) == ["u", "kg"])
        #expect(try await connector().choices("warehouses") == [Choice("WH", "Warehouse (WH)")])
        for list in ["companies", "locations", "categories", "projects", "statuses"] {
            _ = try await connector().choices(list)
        }
    }

    @Test func refusalsAreInWords() async throws {
        let connector = try connector()
        let unknown = await connector.perform(order(.workOrderCreate, ["title": "x", "equipment": "NO-SUCH-9"]))
        guard case .refused("unknown-equipment", let detail) = unknown.outcome, detail.contains("NO-SUCH-9") else {
            Issue.record("\(unknown.outcome)")
            return
        }
        let nobody = try self.connector(user: "nobody", password: "may-do-nothing-6")
        let forbidden = await nobody.perform(order(.workOrderCreate, ["title": "x", "equipment": "PUMP-7"]))
        guard case .refused("tryton-refused", let words) = forbidden.outcome, words.contains("not allowed") else {
            Issue.record("\(forbidden.outcome)")
            return
        }
        let wrong = await (try self.connector(password: "wrong")).perform(order(.workOrderCreate, ["title": "x"]))
        guard case .refused("credentials", _) = wrong.outcome else {
            Issue.record("\(wrong.outcome)")
            return
        }
        let long = String(repeating: "bearing ", count: 2_000)
        let made = await connector.perform(order(.workOrderCreate, ["title": .string(long), "equipment": "PUMP-7"]))
        guard case .done = made.outcome else {
            Issue.record("\(made.outcome)")
            return
        }
    }

    @Test func changesComeInOrderAndPageByPage() async throws {
        let connector = try connector()
        let first = try await made(connector, order(.workOrderCreate, ["title": "First", "equipment": "PUMP-7"]))
        let second = try await made(connector, order(.workOrderCreate, ["title": "Second"]))
        _ = try await made(connector, order(.workOrderCancel, ["reason": "No"], target: first))
        let all = try await connector.changes(since: Timestamp(microseconds: 0), after: nil).items
        let position = try #require(all.firstIndex { $0.externalID == second })
        let later = try #require(all.firstIndex { $0.externalID == first })
        #expect(position < later && all[later].state.phase == .cancelled)
        #expect(all[position].title == "Second" && all[later].equipment == "PUMP-7")
        let rest = try await connector.changes(since: all[later].changedAt, after: nil).items
        #expect(rest.contains { $0.externalID == first } && !rest.contains { $0.externalID == second })
    }
}

private let liveTryton = ProcessInfo.processInfo.environment["PLANTWRIGHT_TEST_TRYTON_URL"]
