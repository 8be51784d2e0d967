import ERPConnectors
import Foundation
import HTTPClient
import Primitives
import Testing

/// The connector against a real Odoo, as `Tests/RealERP/odoo_server.py` starts and fills one.
///
/// `PLANTWRIGHT_TEST_ODOO_URL` is its address; the database is `odoo`, the accounts are `plantwright` and `nobody`.
@Suite(
    .serialized,
    .timeLimit(.minutes(4)),
    .enabled(if: ProcessInfo.processInfo.environment["PLANTWRIGHT_TEST_ODOO_URL"] != nil)
)
struct OdooLiveTests {
    private static let url = ProcessInfo.processInfo.environment["PLANTWRIGHT_TEST_ODOO_URL"] ?? ""
    private let run = UInt32.random(in: 0..<1_000_000)

    private func connector(
        _ username: String = "plantwright",
        _ password: String = "tell-nobody-11",
        options: JSONValue = ["database": "odoo"],
        isCut: @escaping @Sendable (String) -> Bool = { _ in false }
    ) throws -> any ERPConnector {
        let client = HTTPClient(.init(policy: try OutboundPolicy(allow: ["127.0.0.1"])))
        let caller = ERPCaller(
            credentials: .basic(username: username, password: Redacted(password)),
            timeouts: CallTimeouts(change: .seconds(60), question: .seconds(60)),
            send: { (request) throws(OutboundError) in
                let response = try await client.send(request)
                // The work is done, and the answer does not arrive.
                if isCut(String(decoding: request.body, as: UTF8.self)) {
                    throw OutboundError(.connectionLost, mayHaveReachedServer: true, detail: "The connection was cut.")
                }
                return response
            }
        )
        let definition = try #require(ConnectorDefinition.of(.odoo))
        return try definition.make(ConnectorSetup(url: Self.url, options: options, caller: caller))
    }

    private func order(
        _ operation: ERPOperation,
        _ number: Int,
        _ fields: JSONObject,
        target: String? = nil
    ) -> DeliveryOrder {
        let text = String(Int(run) * 100 + number, radix: 32)
        let key = "pw-" + String(repeating: "0", count: max(0, 13 - text.count)) + text
        return DeliveryOrder(idempotencyKey: key, operation: operation, fields: fields, target: target)
    }

    private func done(_ report: CallReport<CallOutcome>) throws -> (id: String?, note: String?) {
        guard case .done(let id, let note) = report.outcome else {
            Issue.record("\(report.outcome): \(report.trace.records.last?.response ?? "")")
            throw CallFailure(reason: "test", detail: "not done")
        }
        return (id, note)
    }

    private let request: JSONObject = [
        "title": "Check the bearing", "equipment": "SN-70007", "priority": "high", "description": "71 °C < 80 °C",
        "workType": "corrective", "link": "https://plant.example/alarms/1", "dueAt": "2026-11-30T08:00:00Z",
        "technician": "plantwright",
    ]

    @Test func preflightPassesAndReadsTheVersion() async throws {
        let checks = try await connector().preflight(key: "pw-never-used-yet")
        #expect(!checks.contains { $0.result != .ok }, "\(checks)")
        #expect(checks.first?.detail.contains("11") == true)
    }

    @Test func aRequestIsMadeOnceByFourAtOnceAndKeepsWhatPeopleChange() async throws {
        let order = order(.workOrderCreate, 1, request)
        #expect(try await connector().lookUp(order).outcome == .notFound)
        let ids = try await withThrowingTaskGroup(of: String?.self) { group in
            for _ in 0..<4 {
                group.addTask {
                    let connector = try connector()
                    for _ in 0..<20 {
                        // As the outbox does: transient means that it did not happen.
                        let report = await connector.perform(order)
                        if case .transient = report.outcome { continue }
                        return try done(report).id
                    }
                    return nil
                }
            }
            return try await group.reduce(into: [String?]()) { $0.append($1) }
        }
        let id = try #require(ids.first ?? nil)
        #expect(Set(ids) == [id], "\(ids)")
        #expect(try await connector().lookUp(order).outcome == .found(externalID: id))

        let change = self.order(.workOrderUpdate, 2, ["title": "Changed by a technician"], target: id)
        #expect(try await done(try connector().perform(change)).id == id)
        // A repeat of the create, whoever sent it, changes nothing.
        #expect(try await done(try connector().perform(order)).id == id)
        let changes = try await connector().changes(since: Timestamp(microseconds: 0), after: nil)
        let change1 = try #require(changes.items.filter { $0.idempotencyKey == order.idempotencyKey }.first)
        #expect(change1.title == "Changed by a technician" && change1.equipment == "SN-70007", "\(change1)")
        #expect(changes.items.filter { $0.externalID == id }.count == 1)
        #expect(change1.state.phase == .open && change1.state.assignee == "Plantwright", "\(change1.state)")
        #expect(change1.state.dueAt == Timestamp(rfc3339: "2026-11-30T08:00:00Z"))
    }

    @Test func whateverAnswerIsLostTheRequestAndItsPartsAreThereOnce() async throws {
        var fields = request
        fields["item"] = "BRG-6204"
        fields["quantity"] = 2
        // Odoo 11 confirms a transfer as it makes it.
        for (number, method) in ["maintenance.request\",\"load", "stock.picking\",\"load", "action_assign"]
            .enumerated()
        {
            let order = order(.workOrderCreate, 10 + number, fields)
            let before = try await connector().stock(of: "BRG-6204", at: nil)
            let cut = try connector { $0.contains(method) }
            guard case .uncertain = await cut.perform(order).outcome else {
                Issue.record("not uncertain without the answer of \(method)")
                continue
            }
            guard case .found(let id?, let note?) = try await connector().lookUp(order).outcome else {
                Issue.record("not found after \(method)")
                continue
            }
            #expect(note.contains("reserved by"), "\(note)")
            #expect(try await done(try connector().perform(order)).id == id)
            let after = try await connector().stock(of: "BRG-6204", at: nil)
            #expect(after.onHand == before.onHand && after.available == before.available.map { $0 - 2 }, "\(method)")
        }
    }

    @Test func anOrderIsFollowedToItsEnd() async throws {
        let connector = try connector()
        let id = try #require(try done(await connector.perform(order(.workOrderCreate, 20, request))).id)
        let comment = order(.workOrderComment, 21, ["text": "Still 83 °C & rising <fast>"], target: id)
        #expect(await connector.lookUp(comment).outcome == .notFound)
        _ = try done(await connector.perform(comment))
        _ = try done(await connector.perform(comment))
        #expect(await connector.lookUp(comment).outcome == .found(externalID: id))
        for (stage, phase) in [("In Progress", OrderState.Phase.inProgress), ("Repaired", .done)] {
            _ = try done(await connector.perform(order(.workOrderUpdate, 22, ["stage": .string(stage)], target: id)))
            guard case .state(let state) = await connector.state(ofOrder: id) else {
                Issue.record("no state")
                return
            }
            #expect(state.phase == phase && state.text == stage, "\(state)")
            // Our own note is not what a person found.
            #expect(state.outcome == nil && (state.finishedAt != nil) == (phase == .done), "\(state)")
        }
        let late = order(.workOrderCancel, 23, ["reason": "Too late"], target: id)
        guard case .refused("work-begun", _) = await connector.perform(late).outcome else {
            Issue.record("a finished request was cancelled")
            return
        }
        #expect(await connector.state(ofOrder: "99999999") == .gone)
    }

    @Test func aPictureIsAttachedOnceWhateverAnswerIsLost() async throws {
        let connector = try connector()
        let id = try #require(try done(await connector.perform(order(.workOrderCreate, 40, request))).id)
        var picture = order(.workOrderAttach, 41, [:], target: id)
        #expect(await connector.lookUp(picture).outcome == .notFound)
        picture.attachment = ConformanceWorld.picture
        let cut = try self.connector { $0.contains("ir.attachment\",\"load") }
        guard case .uncertain = await cut.perform(picture).outcome else {
            Issue.record("not uncertain without the answer")
            return
        }
        #expect(await connector.lookUp(picture).outcome == .found(externalID: id))
        #expect(try done(await connector.perform(picture)).id == id)
        var gone = order(.workOrderAttach, 42, [:], target: "99999999")
        gone.attachment = ConformanceWorld.picture
        guard case .refused("no-order", _) = await connector.perform(gone).outcome else {
            Issue.record("attached to a request that is not there")
            return
        }
    }

    @Test func anOpenOrderIsCancelledOnce() async throws {
        let connector = try connector()
        let id = try #require(try done(await connector.perform(order(.workOrderCreate, 30, request))).id)
        let cancel = order(.workOrderCancel, 31, ["reason": "It was a false alarm."], target: id)
        _ = try done(await connector.perform(cancel))
        _ = try done(await connector.perform(cancel))
        guard case .state(let state) = await connector.state(ofOrder: id) else {
            Issue.record("no state")
            return
        }
        #expect(state.phase == .cancelled, "\(state)")
    }

    @Test func stockIsSetUsedUpAndReceivedOnce() async throws {
        let connector = try connector()
        _ = try done(await connector.perform(order(.stockSet, 40, ["item": "PELLET-PP", "quantity": 3_500.5])))
        #expect(try await connector.stock(of: "PELLET-PP", at: nil).onHand == 3_500.5)
        let cases: [(ERPOperation, Double, Double)] = [
            (.stockConsume, 500.25, 3_000.25), (.stockReceive, 99.75, 3_100),
        ]
        for (index, (operation, quantity, expected)) in cases.enumerated() {
            for (number, method) in ["\"load", "stock.move\",\"write", "button_validate"].enumerated() {
                _ = try done(
                    await connector.perform(
                        order(
                            .stockSet,
                            41,
                            ["item": "PELLET-PP", "quantity": operation == .stockConsume ? 3_500.5 : 3_000.25]
                        )
                    )
                )
                let fields: JSONObject = ["item": "PELLET-PP", "quantity": .number(quantity)]
                let move = order(operation, 50 + index * 10 + number, fields)
                guard case .uncertain = await (try self.connector { $0.contains(method) }).perform(move).outcome else {
                    Issue.record("not uncertain without the answer of \(method)")
                    continue
                }
                guard case .found(let name?, _) = await connector.lookUp(move).outcome else {
                    Issue.record("not found after \(method)")
                    continue
                }
                #expect(name.hasPrefix("WH/"), "\(name)")
                #expect(try done(await connector.perform(move)).id == name)
                #expect(
                    try await connector.stock(of: "PELLET-PP", at: nil).onHand == expected,
                    "\(operation), \(method)"
                )
            }
        }
        let check = try done(await connector.perform(order(.partsCheck, 70, ["item": "PELLET-PP", "quantity": 4_000])))
        #expect(check.note?.contains("not enough") == true, "\(check)")
    }

    @Test func masterDataIsRead() async throws {
        let connector = try connector()
        let equipment = try await connector.equipment(after: nil).items
        let pump = try #require(equipment.first { $0.reference == "SN-70007" })
        #expect(pump.name == "Circulation pump 7" && pump.serial == "SN-70007" && pump.location == "Hall 1")
        #expect(equipment.contains { $0.reference == "SN-30003" && $0.isRetired })
        let items = try await connector.items(after: nil).items
        #expect(items.contains { $0.reference == "BRG-6204" && $0.name == "Bearing 6204" && $0.unit == "Unit(s)" })
        #expect(try await connector.choices("teams").contains { $0.value == "Internal Maintenance" })
        #expect(try await connector.choices("stages").count == 4)
        for list in ["companies", "users", "warehouses", "locations"] {
            #expect(try await !connector.choices(list).isEmpty, "\(list)")
        }
        let place = try #require(try await connector.choices("locations").first { $0.value.hasSuffix("Stock") })
        #expect(try await connector.stock(of: "BRG-6204", at: place.value).onHand >= 0)
    }

    @Test func whatIsWrongIsTold() async throws {
        var unknown = request
        unknown["equipment"] = "NO-SUCH-9"
        var retired = request
        retired["equipment"] = "SN-30003"
        let cases: [(any ERPConnector, DeliveryOrder, String, String)] = [
            (try connector(), order(.workOrderCreate, 80, unknown), "equipment-unknown", "NO-SUCH-9"),
            (try connector(), order(.workOrderCreate, 81, retired), "equipment-unknown", "SN-30003"),
            (
                try connector("plantwright", "wrong"), order(.workOrderCreate, 82, request), "credentials-refused",
                "Odoo"
            ),
            (
                try connector(options: ["database": "none"]), order(.workOrderCreate, 83, request), "no-database",
                "none"
            ),
            (
                try connector(), order(.stockConsume, 84, ["item": "NOT-THERE", "quantity": 1]), "product-unknown",
                "NOT-THERE"
            ),
            (
                try connector(), order(.stockSet, 85, ["item": "PELLET-PP", "quantity": 1, "unit": "t"]),
                "unit-differs", "kg"
            ),
            (
                try connector("nobody", "may-do-nothing-11"),
                order(.stockConsume, 86, ["item": "BRG-6204", "quantity": 1]), "not-allowed", "Odoo"
            ),
            (
                try connector(options: ["database": "odoo", "team": "Night shift"]),
                order(.workOrderCreate, 87, request), "maintenance-team-unknown", "Night shift"
            ),
        ]
        for (connector, order, reason, words) in cases {
            let outcome = await connector.perform(order).outcome
            guard case .refused(let actual, let detail) = outcome else {
                Issue.record("\(reason): \(outcome)")
                continue
            }
            #expect(actual == reason && detail.contains(words), "\(actual): \(detail)")
        }
        let checks = try await connector("nobody", "may-do-nothing-11").preflight(key: "pw-never-used-yet")
        #expect(checks.contains { $0.result != .ok && $0.remedy?.isEmpty == false }, "\(checks)")
    }

    @Test func longTextsAreShortened() async throws {
        var fields = request
        fields["title"] = .string(String(repeating: "Bearing of the circulation pump ", count: 200))
        fields["description"] = .string(String(repeating: "71 °C & rising. ", count: 5_000))
        let order = order(.workOrderCreate, 90, fields)
        let id = try #require(try done(await connector().perform(order)).id)
        let changes = try await connector().changes(since: Timestamp(microseconds: 0), after: nil)
        let title = try #require(changes.items.first { $0.externalID == id }?.title)
        #expect(title.count <= 200 && title.hasSuffix("…"))
    }
}
