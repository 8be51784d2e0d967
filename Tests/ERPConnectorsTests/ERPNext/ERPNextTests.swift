import Expressions
import HTTPClient
import Primitives
import Testing

@testable import ERPConnectors
@testable import ERPSimulators

@Suite struct ERPNextTests {
    private let order = DeliveryOrder(
        idempotencyKey: "pw-0123456789abc",
        operation: .workOrderCreate,
        fields: [
            "title": "Check the bearing", "description": "Hot", "equipment": "PUMP-7", "priority": "critical",
            "link": "https://plant.example/alarms/7",
        ],
        causedAt: Timestamp(rfc3339: "2026-11-22T14:37:00Z") ?? Timestamp(microseconds: 0)
    )

    private func connector(_ options: JSONValue) throws -> ERPNextConnector {
        try ERPNextConnector(ConnectorSetup(url: "https://erp.test/", options: options, caller: .silent(.none)))
    }

    @Test func aRepairCarriesKeyAssetAndLocalTime() throws {
        let connector = try connector([
            "timeZone": "Europe/Berlin", "company": "Plant One", "site": "erp.example.com",
        ])
        let request = try #require(try connector.preview(order).first)
        #expect(request.method == "POST" && request.url == "https://erp.test/api/resource/Asset%20Repair")
        #expect(request.headers.contains { $0.name == "X-Frappe-Site-Name" && $0.value == "erp.example.com" })
        #expect(
            request.body
                == [
                    "asset": "PUMP-7",
                    "description": "Check the bearing\nHot\nPriority: High\nhttps://plant.example/alarms/7",
                    "repair_status": "Pending", "failure_date": "2026-11-22 15:37:00", "company": "Plant One",
                    "plantwright_ref": "pw-0123456789abc",
                ]
        )
    }

    @Test func anIssueTakesPriorityAndAssetField() throws {
        let options: JSONValue = [
            "document": "Issue", "equipmentField": "machine", "priorities": ["critical": "Urgent"],
            "referenceField": "iot_ref",
        ]
        let body = try #require(try connector(options).preview(order).first?.body)
        #expect(
            body
                == [
                    "subject": "Check the bearing", "machine": "PUMP-7",
                    "description": "Hot<br>https://plant.example/alarms/7", "priority": "Urgent",
                    "iot_ref": "pw-0123456789abc",
                ]
        )
    }

    @Test func faultsOfOptionsHavePointers() throws {
        let error = #expect(throws: InvalidInput.self) {
            try connector([
                "document": "Maintenance Visit", "referenceField": "Bad Name", "timeZone": "Mars/Olympus",
                "priorities": ["high": 3], "surplus": 1,
            ])
        }
        let pointers = Set(try #require(error).issues.map(\.pointer))
        #expect(
            pointers
                == [
                    "/options/document", "/options/referenceField", "/options/timeZone", "/options/priorities",
                    "/options/surplus",
                ]
        )
    }

    @Test func otherCredentialsAreUnsuitable() throws {
        let caller = ERPCaller(credentials: .bearer(Redacted("token"))) { (_) throws(OutboundError) in
            throw OutboundError(.closed, mayHaveReachedServer: false, detail: "")
        }
        let error = #expect(throws: InvalidInput.self) {
            try ERPNextConnector(ConnectorSetup(url: "https://erp.test", options: .null, caller: caller))
        }
        #expect(try #require(error).issues.map(\.pointer) == ["/credentials"])
    }

    @Test func aRepairWithoutItsAssetIsTold() throws {
        let issues = try connector([:]).issues(operation: .workOrderCreate, fields: [.init(name: "title", type: .text)])
        #expect(issues.map(\.pointer) == ["/fields/equipment"])
        var bare = order
        bare.fields["equipment"] = nil
        #expect(throws: CallFailure.self) { try connector([:]).preview(bare) }
    }

    @Test func localTimesGoBothWays() throws {
        let time = SiteTime(zone: try #require(SiteTime.zone("Europe/Berlin")))
        let summer = try #require(Timestamp(rfc3339: "2026-07-01T12:00:00Z"))
        #expect(time.text(summer) == "2026-07-01 14:00:00" && time.time("2026-07-01 14:00:00") == summer)
        // Clocks go back at 01:00 UTC: 02:30 local is there twice, and the earlier one is taken.
        #expect(time.time("2026-10-25 02:30:00") == Timestamp(rfc3339: "2026-10-25T00:30:00Z"))
        let before = try #require(Timestamp(rfc3339: "2026-10-25T00:45:00Z"))
        #expect(time.text(before) == "2026-10-25 02:45:00")
        #expect(time.earliestText(notBefore: before) == "2026-10-25 01:45:00", "02:10 of the second time comes later")
        #expect(time.time("2026-11-22 15:37:00.123456")?.rfc3339 == "2026-11-22T14:37:00.123Z")
        #expect(time.time("today") == nil)
    }

    @Test func stateIsReadFromDocuments() throws {
        let options = try ERPNextOptions(["document": "Issue"])
        let issue: JSONValue = [
            "status": "Closed", "resolution_details": "<div><p>Cancelled: it was the sensor</p></div>",
            "_assign": "[\"eva@example.com\"]",
        ]
        let state = ERPNextOrder.state(issue, options, nil)
        #expect(state.phase == .cancelled && state.outcome == "Cancelled: it was the sensor")
        #expect(state.assignee == "eva@example.com")
        #expect(ERPNextOrder.state(["status": "On Hold"], options, nil).phase == .inProgress)
        let repair: JSONValue = [
            "repair_status": "Completed", "completion_date": "2026-11-23 09:00:00", "total_repair_cost": 120.5,
            "actions_performed": "Bearing replaced",
        ]
        let zone = SiteTime(zone: try #require(SiteTime.zone("UTC")))
        let done = ERPNextOrder.state(repair, try ERPNextOptions(nil), zone)
        #expect(done.phase == .done && done.cost == 120.5 && done.outcome == "Bearing replaced")
        #expect(done.finishedAt == Timestamp(rfc3339: "2026-11-23T09:00:00Z"))
    }
}

/// What the connector does about a site that nobody has prepared.
@Suite struct ERPNextPreparationTests {
    private let simulator = ERPNextSimulator(
        plant: .example,
        account: ConformanceSubject.account,
        clock: { Timestamp(microseconds: 1_790_000_000_000_000) }
    )

    private func connector() throws -> any ERPConnector {
        let setup = SimulatorDefinition.erpnext.setup(ConformanceSubject.account)
        let caller = ERPCaller(credentials: try ConnectorCredentials(setup.credentials)) { [simulator] request in
            let target = String(request.url.dropFirst("http://erp.test".count))
            let answer = simulator.answer(
                SimulatedRequest(
                    method: request.method,
                    target: target,
                    headers: request.headers.map { (name: $0.name, value: $0.value) },
                    body: request.body
                )
            )
            return OutboundResponse(status: answer.status, headers: [], body: answer.body)
        }
        return try ERPNextConnector(ConnectorSetup(url: "http://erp.test", options: setup.options, caller: caller))
    }

    private let order = DeliveryOrder(
        idempotencyKey: "pw-0123456789abc",
        operation: .workOrderCreate,
        fields: ["title": "Check", "equipment": "PUMP-7"]
    )

    @Test func withoutTheFieldNoOrderIsMadeUntilItIsPrepared() async throws {
        simulator.removeCustomFields()
        guard case .transient(let reason, let detail, _) = try await connector().perform(order).outcome else {
            Issue.record("an order without its key would have been made")
            return
        }
        #expect(reason == "reference-field-missing" && detail.contains("plantwright_ref"))
        #expect(simulator.orders.isEmpty)

        let failed = try await connector().preflight(key: "pw-never-used-yet").filter { $0.name == "reference-field" }
        #expect(failed.map(\.result) == [.failed, .warning, .warning])
        #expect(failed.allSatisfy { $0.step == "reference-field" && $0.remedy != nil })

        #expect(try await connector().prepare("reference-field").result == .ok)
        #expect(try await connector().prepare("reference-field").result == .ok, "twice does no harm")
        let checks = try await connector().preflight(key: "pw-never-used-yet")
        #expect(!checks.contains { $0.result != .ok }, "\(checks)")
        #expect(try await connector().perform(order).outcome.isDone && simulator.orders.count == 1)
    }

    @Test func missingPermissionsAreNamed() async throws {
        simulator.deny(["create Asset Repair", "submit Stock Reconciliation"])
        let checks = try await connector().preflight(key: "pw-never-used-yet")
        let bad = checks.filter { $0.result != .ok }
        #expect(bad.map(\.result) == [.failed, .warning], "stock is needed by mappings of stock only")
        #expect(bad.first?.detail.contains("create Asset Repair") == true && bad.first?.remedy != nil)
        guard case .refused(_, let detail) = try await connector().perform(order).outcome else {
            Issue.record("not refused")
            return
        }
        #expect(detail.contains("create Asset Repair") && detail.contains("role"))
    }

    @Test func aWrongAddressAndAGuestAreTold() async throws {
        let caller = ERPCaller(credentials: .none) { (_) in
            OutboundResponse(status: 404, headers: [], body: Array("<h1>nginx</h1>".utf8))
        }
        let stranger = try ERPNextConnector(ConnectorSetup(url: "http://x.test", options: .null, caller: caller))
        let checks = await stranger.preflight(key: "pw-never-used-yet")
        #expect(checks.map(\.name) == ["reachable"] && checks.first?.result == .failed)
        #expect(checks.first?.remedy?.contains("site") == true)
    }

    @Test func whatIsNotThereCannotBeConsumed() async throws {
        let much = DeliveryOrder(
            idempotencyKey: "pw-much",
            operation: .stockConsume,
            fields: ["item": "BRG-6204", "quantity": 100]
        )
        guard case .refused(_, let detail) = try await connector().perform(much).outcome else {
            Issue.record("not refused")
            return
        }
        #expect(detail.contains("75 units of Item BRG-6204") && simulator.stock["BRG-6204"] == 25)
        let check = DeliveryOrder(
            idempotencyKey: "pw-check",
            operation: .partsCheck,
            fields: ["item": "BRG-6204", "quantity": 100]
        )
        guard case .done(_, let note?) = try await connector().perform(check).outcome else {
            Issue.record("not told")
            return
        }
        #expect(note.hasPrefix("Not enough: 25 on hand"))
    }

    @Test func settingTheSameStockAgainIsDone() async throws {
        let set = DeliveryOrder(
            idempotencyKey: "pw-set",
            operation: .stockSet,
            fields: ["item": "BRG-6204", "quantity": 25]
        )
        #expect(try await connector().perform(set).outcome.isDone)
        #expect(try await connector().lookUp(set).outcome == .notFound, "nothing had to be booked")
    }

    @Test func commentsCarryTheirKeyAndNoMarkup() async throws {
        let outcome = try await connector().perform(order).outcome
        guard case .done(let id?, _) = outcome else {
            Issue.record("not done: \(outcome)")
            return
        }
        let comment = DeliveryOrder(
            idempotencyKey: "pw-comment",
            operation: .workOrderComment,
            fields: ["text": "<b>80 °C</b>"],
            target: id
        )
        #expect(try await connector().perform(comment).outcome.isDone)
        #expect(
            simulator.comments(of: id) == ["<div>&lt;b&gt;80 °C&lt;/b&gt;</div><div><small>pw-comment</small></div>"]
        )
    }
}
