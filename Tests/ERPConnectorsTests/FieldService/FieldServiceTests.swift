import HTTPClient
import Primitives
import Testing

@testable import ERPConnectors
@testable import ERPSimulators

/// What is particular to Dynamics 365 Field Service.
@Suite struct FieldServiceTests {
    private func connector(
        _ simulator: FieldServiceSimulator,
        options: JSONValue = ["equipmentColumn": "msdyn_assettag"]
    ) throws -> any ERPConnector {
        try ConnectorDefinition.fieldService.make(
            ConnectorSetup(
                url: "http://erp.test/",
                options: options,
                caller: SimulatedCaller.make(simulator, ["bearer": "s3cret-of-the-test"])
            )
        )
    }

    private func simulator(isPrepared: Bool = true) -> FieldServiceSimulator {
        FieldServiceSimulator(
            plant: .example,
            account: ConformanceSubject.account,
            isPrepared: isPrepared,
            clock: { Timestamp(microseconds: 1_790_000_000_000_000) }
        )
    }

    private let order = DeliveryOrder(
        idempotencyKey: "pw-0123456789abc",
        operation: .workOrderCreate,
        fields: ["title": "Check it", "equipment": "PUMP-7", "priority": "high", "link": "http://pw/1"]
    )

    @Test func aCreateIsAnUpsertThatOnlyCreates() throws {
        let requests = try connector(simulator()).preview(order)
        let create = try #require(requests.last)
        #expect(create.method == "PATCH")
        #expect(
            create.url == "http://erp.test/api/data/v9.2/msdyn_workorders(pw_plantwrightkey='pw-0123456789abc')"
                + "?$select=msdyn_workorderid%2Cmsdyn_name"
        )
        #expect(create.headers.contains { $0.name == "If-None-Match" && $0.value == "*" })
        #expect(create.body?["msdyn_customerasset@odata.bind"] == "/msdyn_customerassets(‹equipment PUMP-7›)")
        #expect(create.body?["msdyn_instructions"] == "http://pw/1")
        #expect(create.body?["msdyn_priority@odata.bind"] == nil, "a severity without a translation is not sent")
    }

    @Test func quotesInNamesStayInsideTheirLiteral() throws {
        var order = order
        order.fields["equipment"] = "O'Neill's pump"
        let question = try #require(try connector(simulator()).preview(order).first)
        #expect(question.url.contains("%27O%27%27Neill%27%27s%20pump%27"))
    }

    @Test func identifiersAreMadeOfTheKeyAlone() {
        let id = DataverseIdentifier.of(key: "pw-0123456789abc")
        #expect(id == "70772d30-3132-3334-3536-373839616263")
        #expect(DataverseIdentifier.isValid(id) && id != DataverseIdentifier.of(key: "pw-0123456789abd"))
        #expect(DataverseIdentifier.of(key: "pw") == "70770000-0000-0000-0000-000000000000")
        #expect(DataverseIdentifier.inHeader("https://x/api/data/v9.2/msdyn_workorders(\(id))") == id)
        #expect(DataverseIdentifier.inHeader("https://x/msdyn_workorders(pw_plantwrightkey='a')") == nil)
    }

    @Test func answersAreReadByBodyAndStatus() {
        func answer(_ status: Int, _ code: String?, headers: [OutboundHeader] = []) -> ChangeAnswer {
            let body: JSONValue? = code.map { ["error": ["code": .string($0), "message": "m"]] }
            return ChangeAnswer(
                .success(OutboundResponse(status: status, headers: headers, body: body?.bytes ?? []))
            )
        }
        func end(_ answer: ChangeAnswer) -> PlanStepEnd { DataverseAnswer.creation(answer, id: "msdyn_workorderid") }
        #expect(end(answer(412, nil)) == .exists)
        #expect(end(answer(400, "0x80040237")) == .exists)
        #expect(
            end(answer(400, "0x80060888")) == .ended(.refused(reason: "http-400", detail: "The ERP answered 400: m"))
        )
        let limited = answer(429, "0x80072322", headers: [OutboundHeader("Retry-After", "17")])
        #expect(
            end(limited)
                == .ended(.transient(reason: "http-429", detail: "The ERP answered 429: m", retryAfter: 17))
        )
        let id = "70772d30-3132-3334-3536-373839616263"
        let header = OutboundHeader("OData-EntityId", "https://x/api/data/v9.2/msdyn_workorders(\(id.uppercased()))")
        #expect(end(answer(204, nil, headers: [header])) == .done(id))
        guard case .ended(.uncertain(let reason, _)) = end(answer(204, nil)) else {
            Issue.record("a success without an identifier is no success")
            return
        }
        #expect(reason == "no-id")
    }

    @Test func thePreflightMakesTheKeyWithConsent() async throws {
        let simulator = simulator(isPrepared: false)
        let connector = try connector(simulator)
        let before = await connector.preflight(key: "pw-new")
        let missing = try #require(before.first { $0.name == "reference-field" })
        #expect(missing.result == .failed && missing.step == "key" && missing.remedy != nil)
        #expect(await connector.prepare("key").result == .ok)
        #expect(await connector.prepare("key").result == .ok, "a second time does no harm")
        let after = await connector.preflight(key: "pw-new")
        #expect(!after.contains { $0.result == .failed }, "\(after)")
        #expect(await connector.prepare("other").result == .failed)
    }

    @Test func withoutTheKeyAnOrderIsRefusedInWords() async throws {
        let simulator = simulator(isPrepared: false)
        guard case .refused(_, let detail) = try await connector(simulator).perform(order).outcome else {
            Issue.record("not refused")
            return
        }
        #expect(detail.contains("key") && simulator.orders.isEmpty)
    }

    @Test func workThatBeganIsNotCancelled() async throws {
        let simulator = simulator()
        let connector = try connector(simulator)
        guard case .done(let id?, _) = await connector.perform(order).outcome else {
            Issue.record("not done")
            return
        }
        #expect(simulator.complete(id, outcome: "Done"))
        let cancel = DeliveryOrder(idempotencyKey: "pw-c", operation: .workOrderCancel, fields: [:], target: id)
        guard case .refused(let reason, _) = await connector.perform(cancel).outcome else {
            Issue.record("not refused")
            return
        }
        #expect(reason == "work-begun")
    }

    @Test func theStateTellsWhatPeopleNeed() async throws {
        let simulator = simulator()
        let connector = try connector(simulator)
        guard case .done(let id?, _) = await connector.perform(order).outcome else {
            Issue.record("not done")
            return
        }
        _ = simulator.complete(id, outcome: "Bearing replaced")
        guard case .state(let state) = await connector.state(ofOrder: id) else {
            Issue.record("no state")
            return
        }
        #expect(state.number == "10001" && state.assignee == "Ada Fitter" && state.currency == "EUR")
        #expect(state.outcome == "Bearing replaced" && state.finishedAt != nil && state.text == "Completed")
        let changes = try await connector.changes(since: Timestamp(microseconds: 0), after: nil)
        #expect(changes.items.first?.equipment == "PUMP-7" && changes.items.first?.title == "Check it")
    }

    @Test func shortagesAreAnAnswer() async throws {
        let connector = try connector(simulator(), options: ["warehouse": "Main"])
        let check = DeliveryOrder(
            idempotencyKey: "pw-p",
            operation: .partsCheck,
            fields: ["item": "BRG-6204", "quantity": 30]
        )
        #expect(
            await connector.perform(check).outcome
                == .done(externalID: nil, note: "Only 25 of “BRG-6204” are there; 30 are needed.")
        )
    }

    @Test func aRevokedTokenIsFetchedAgain() async throws {
        let simulator = simulator()
        let caller = try SimulatedCaller.make(
            simulator,
            [
                "tokenUrl": "http://erp.test/tenant/oauth2/v2.0/token", "clientId": "plantwright",
                "clientSecret": "s3cret-of-the-test", "scope": "https://contoso.crm4.dynamics.com/.default",
            ]
        )
        let connector = try ConnectorDefinition.fieldService.make(
            ConnectorSetup(url: "http://erp.test", options: ["equipmentColumn": "msdyn_assettag"], caller: caller)
        )
        #expect(await connector.lookUp(order).outcome == .notFound)
        simulator.endSessions()
        #expect(await connector.perform(order).outcome.isDone)
        #expect(simulator.orders.map(\.reference) == ["pw-0123456789abc"])
    }

    @Test func aCursorLeadsNowhereElse() async throws {
        let connector = try connector(simulator())
        await #expect(throws: CallFailure.self) {
            _ = try await connector.equipment(after: "http://evil.example/api/data/v9.2/products")
        }
    }

    @Test func optionsAndCredentialsAreChecked() throws {
        func issues(_ options: JSONValue, _ credentials: JSONValue = [:]) -> [String] {
            SimulatedCaller.pointers(.fieldService, options, credentials)
        }
        #expect(issues([:]) == [])
        #expect(
            issues(["serviceAccount": "Contoso", "keyColumn": "plantwright_key", "equipmentColumn": "a b", "x": 1])
                == ["/options/equipmentColumn", "/options/serviceAccount", "/options/keyColumn", "/options/x"]
        )
        #expect(issues(["priorities": ["urgent": "1"]]) == ["/options/priorities"])
        #expect(issues([:], ["username": "a", "password": "b"]) == ["/credentials"])
    }
}
