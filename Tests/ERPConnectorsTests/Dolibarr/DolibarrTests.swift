import HTTPClient
import Primitives
import Testing

@testable import ERPConnectors
@testable import ERPSimulators

@Suite struct DolibarrAnswerTests {
    private func content(_ status: Int, _ body: String) -> DolibarrAnswer.Content {
        DolibarrAnswer.content(.success(OutboundResponse(status: status, headers: [], body: Array(body.utf8))))
    }

    private func isRefused(_ content: DolibarrAnswer.Content) -> Bool {
        if case .refused = content { true } else { false }
    }

    @Test func anEmptyListIsNothingButAnUnknownPathIsNot() {
        #expect(content(404, #"{"error":{"code":404,"message":"Not Found: No stock movement found"}}"#) == .nothing)
        #expect(content(404, #"{"error":{"code":404,"message":"Not Found: Ticket not found"}}"#) == .nothing)
        #expect(isRefused(content(404, #"{"error":{"code":404,"message":"Not Found"}}"#)), "the module is off")
        #expect(isRefused(content(404, "<h1>Not Found</h1>")))
    }

    @Test func theInjectionProtectionAnswers200() {
        let body = "Access refused to 10.0.0.1 by SQL or Script injection protection in main.inc.php (type=2 value=a:b)"
        guard case .refused(let failure) = content(200, body) else {
            Issue.record("taken for a success")
            return
        }
        #expect(failure.reason == "injection-protection" && !failure.detail.contains("10.0.0.1"))
        guard case .uncertain = content(200, "<html>Login</html>") else {
            Issue.record("a page is no answer")
            return
        }
    }

    @Test func refusalsComeAs500And503() {
        let body =
            #"{"error":{"code":500,"message":"Internal Server Error: Error creating intervention","0":"a foreign key fails"}}"#
        guard case .refused(let failure) = content(500, body) else {
            Issue.record("not refused")
            return
        }
        #expect(failure.detail.hasSuffix("Error creating intervention: a foreign key fails"))
        let stock = #"{"error":{"code":503,"message":"Service Unavailable: Error when create stock movement : X"}}"#
        #expect(isRefused(content(503, stock)))
        guard case .transient = content(503, "busy"), case .uncertain = content(500, "oops"),
            case .unchanged = content(304, "")
        else {
            Issue.record("the rules of HTTP hold for the rest")
            return
        }
    }

    @Test func faultsOfOptionsHavePointers() throws {
        func pointers(_ options: JSONValue) throws -> Set<String> {
            let error = #expect(throws: InvalidInput.self) { try DolibarrOptions(options) }
            return Set(try #require(error).issues.map(\.pointer))
        }
        #expect(try pointers([:]) == ["/options/thirdparty"], "interventions need one")
        let wrong: JSONValue = ["document": "ticket", "thirdparty": 1.5, "warehouse": "A:B", "priorities": 3, "x": 1]
        #expect(
            try pointers(wrong)
                == ["/options/thirdparty", "/options/warehouse", "/options/priorities", "/options/x"]
        )
    }

    @Test func theAddressMayEndWithTheAPI() throws {
        let options = try DolibarrOptions(["thirdparty": 1])
        for url in ["https://erp.test/dolibarr", "https://erp.test/dolibarr/api/index.php"] {
            let requests = DolibarrRequests(url: url, options: options)
            #expect(requests.read("/status").url == "https://erp.test/dolibarr/api/index.php/status")
            #expect(requests.pages == "https://erp.test/dolibarr")
        }
    }

    @Test func statesAreReadFromBothDocuments() {
        #expect(DolibarrConnector.state(["statut": "1", "ref": "FI2611-0001"], .intervention).phase == .open)
        #expect(DolibarrConnector.state(["status": 3], .intervention).phase == .done)
        #expect(DolibarrConnector.state(["fk_statut": "5"], .ticket).phase == .inProgress)
        #expect(DolibarrConnector.state(["fk_statut": "9"], .ticket).phase == .cancelled)
        let closed = DolibarrConnector.state(["fk_statut": "8", "date_close": 1_790_000_000, "ref": "TS1"], .ticket)
        #expect(closed.phase == .done && closed.finishedAt == Timestamp(milliseconds: 1_790_000_000_000))
        #expect(closed.number == "TS1")
        #expect(DolibarrConnector.status(["status": 1e300]) == nil)
    }
}

@Suite struct DolibarrTests {
    private let simulator = DolibarrSimulator(
        plant: .example,
        account: ConformanceSubject.account,
        clock: { Timestamp(microseconds: 1_790_000_000_000_000) }
    )

    private func connector(_ definition: SimulatorDefinition = .dolibarr) throws -> any ERPConnector {
        let setup = definition.setup(ConformanceSubject.account)
        let caller = ERPCaller(credentials: try ConnectorCredentials(setup.credentials)) { [simulator] request in
            let answer = simulator.answer(
                SimulatedRequest(
                    method: request.method,
                    target: String(request.url.dropFirst("http://erp.test".count)),
                    headers: request.headers.map { (name: $0.name, value: $0.value) },
                    body: request.body
                )
            )
            return OutboundResponse(status: answer.status, headers: [], body: answer.body)
        }
        return try DolibarrConnector(ConnectorSetup(url: "http://erp.test", options: setup.options, caller: caller))
    }

    private func order(_ key: String) -> DeliveryOrder {
        DeliveryOrder(idempotencyKey: key, operation: .workOrderCreate, fields: ["title": "Check"])
    }

    @Test func aDraftThatWasLeftBehindIsValidatedByTheLookUp() async throws {
        simulator.edit { state in
            state.interventions = [["id": "1", "ref": "(PROV1)", "statut": "0", "ref_client": "pw-a"]]
        }
        #expect(try await connector().lookUp(order("pw-a")).outcome == .found(externalID: "1"))
        #expect(simulator.content.interventions[0]["statut"] == "1")
        #expect(try await connector().perform(order("pw-a")).outcome == .done(externalID: "1"))
        #expect(simulator.orders.count == 1)
    }

    @Test func aBrokenFilterIsNotANotFound() async throws {
        _ = try await connector().perform(order("pw-a"))
        // A key of ours has no colon; this is what an ignored filter looks like.
        guard case .failed(let reason, _, _) = try await connector().lookUp(order("a:b")).outcome else {
            Issue.record("the whole list was taken for an answer")
            return
        }
        #expect(reason == "filter-ignored")
    }

    @Test func aModuleThatIsOffIsNotANotFound() async throws {
        simulator.edit { $0.off = ["interventions"] }
        guard case .failed = try await connector().lookUp(order("pw-a")).outcome else {
            Issue.record("an unknown path says nothing about orders")
            return
        }
        let checks = try await connector().preflight(key: "pw-never-used-yet")
        #expect(checks.filter { $0.result == .failed }.map(\.name) == ["look-up"])
    }

    @Test func missingRightsAreNamed() async throws {
        simulator.edit { $0.denied = ["ficheinter.creer", "stock.mouvement.creer"] }
        let checks = try await connector().preflight(key: "pw-never-used-yet")
        let bad = checks.filter { $0.result != .ok }
        #expect(bad.map(\.result) == [.failed, .warning] && bad[0].detail.contains("ficheinter→creer"))
        guard case .refused(_, let detail) = try await connector().perform(order("pw-a")).outcome else {
            Issue.record("not refused")
            return
        }
        #expect(detail.contains("Insufficiant rights") && detail.contains("rights of its user"))
    }

    @Test func anInterventionForNobodyIsRefused() async throws {
        let setup = SimulatorDefinition.dolibarr.setup(ConformanceSubject.account)
        var options = try #require(setup.options.object)
        options["thirdparty"] = 7
        var definition = SimulatorDefinition.dolibarr
        let changed = options
        definition.setup = { account in
            var setup = SimulatorDefinition.dolibarr.setup(account)
            setup.options = .object(changed)
            return setup
        }
        guard case .refused(_, let detail) = try await connector(definition).perform(order("pw-a")).outcome else {
            Issue.record("not refused")
            return
        }
        #expect(detail.contains("foreign key"))
        let checks = try await connector(definition).preflight(key: "pw-never-used-yet")
        #expect(checks.contains { $0.name == "thirdparty" && $0.result != .ok })
    }

    @Test func stockIsSetByItsDifference() async throws {
        func set(_ key: String, _ quantity: Double) -> DeliveryOrder {
            DeliveryOrder(
                idempotencyKey: key,
                operation: .stockSet,
                fields: ["item": "BRG-6204", "quantity": .number(quantity)]
            )
        }
        #expect(try await connector().perform(set("pw-a", 25)).outcome.isDone && simulator.content.movements.isEmpty)
        #expect(try await connector().perform(set("pw-b", 7)).outcome == .done(externalID: "1"))
        #expect(simulator.content.movements[0]["qty"]?.double == -18 && simulator.stock["BRG-6204"] == 7)
    }

    @Test func aColonInAReferenceIsToldBeforeDolibarrSeesIt() async throws {
        let consume = DeliveryOrder(
            idempotencyKey: "pw-a",
            operation: .stockConsume,
            fields: ["item": "BRG:6204", "quantity": 1]
        )
        guard case .refused(let reason, let detail) = try await connector().perform(consume).outcome else {
            Issue.record("not refused")
            return
        }
        #expect(reason == "field-invalid" && detail.contains("BRG:6204"))
    }

    @Test func onlyTicketsTakeMore() async throws {
        let interventions = try connector()
        let tickets = try connector(.dolibarrTicket)
        for operation in [ERPOperation.workOrderUpdate, .workOrderCancel, .workOrderComment] {
            #expect(interventions.traits(of: operation) == nil && tickets.traits(of: operation) != nil)
            #expect(!interventions.issues(operation: operation, fields: []).isEmpty)
        }
        #expect(tickets.traits(of: .workOrderCreate)?.isUnique == true)
        #expect(interventions.traits(of: .workOrderCreate)?.isUnique == false)
    }

    @Test func aCancelledTicketSaysWhy() async throws {
        guard case .done(let id?, _) = try await connector(.dolibarrTicket).perform(order("pw-a")).outcome else {
            Issue.record("not done")
            return
        }
        let cancel = DeliveryOrder(
            idempotencyKey: "pw-cancel",
            operation: .workOrderCancel,
            fields: ["reason": "Sensor"],
            target: id
        )
        #expect(try await connector(.dolibarrTicket).perform(cancel).outcome.isDone)
        let ticket = simulator.content.tickets[0]
        #expect(ticket["fk_statut"] == "9")
        #expect(ticket["messages"] == [["message": "Sensor\n[pw-cancel]"]])
    }
}
