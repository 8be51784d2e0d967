import HTTPClient
import Primitives
import Testing

@testable import ERPConnectors
@testable import ERPSimulators

/// What is particular to IBM Maximo.
@Suite struct MaximoTests {
    private let order = DeliveryOrder(
        idempotencyKey: "pw-0123456789abc",
        operation: .workOrderCreate,
        fields: ["title": "Check it", "equipment": "PUMP-7", "priority": "high", "link": "http://pw/1"]
    )

    private func simulator() -> MaximoSimulator {
        MaximoSimulator(
            plant: .example,
            account: ConformanceSubject.account,
            clock: { Timestamp(microseconds: 1_790_000_000_000_000) }
        )
    }

    private func connector(
        _ simulator: MaximoSimulator,
        _ credentials: JSONValue = ["header": "apikey", "value": "s3cret-of-the-test"],
        options: JSONValue = ["site": "bedford", "storeroom": "CENTRAL"]
    ) throws -> any ERPConnector {
        try ConnectorDefinition.maximo.make(
            ConnectorSetup(
                url: "http://erp.test",
                options: options,
                caller: try SimulatedCaller.make(simulator, credentials)
            )
        )
    }

    @Test func aCreateBringsItsOwnNumber() throws {
        let request = try #require(try connector(simulator()).preview(order).first)
        #expect(request.method == "POST" && request.url == "http://erp.test/api/os/mxapiwodetail?lean=1")
        #expect(!request.headers.contains { $0.name == "x-method-override" }, "SYNC would undo what people changed")
        #expect(request.body?["wonum"] == "PW-0123456789ABC" && request.body?["siteid"] == "BEDFORD")
        #expect(request.body?["wopriority"] == 2)
        #expect(request.body?["description_longdescription"] == "http://pw/1\nPlantwright pw-0123456789abc")
    }

    @Test func numbersFitShortFields() throws {
        let options = try MaximoOptions(["site": "BEDFORD", "numberLength": 10])
        #expect(options.number(of: "pw-0123456789abc") == "P456789ABC")
        #expect(options.number(of: "pw-0123456789abd") == "P456789ABD")
        #expect(try MaximoOptions(["site": "BEDFORD"]).number(of: "pw-0123456789abc") == "PW-0123456789ABC")
    }

    @Test func aNumberOfAnotherCauseIsNotOurs() async throws {
        let simulator = simulator()
        let connector = try connector(
            simulator,
            options: ["site": "BEDFORD", "numberLength": 10]
        )
        #expect(await connector.perform(order).outcome == .done(externalID: "P456789ABC"))
        var other = order
        other.idempotencyKey = "pw-9999456789abc"
        guard case .stuck(let reason, _) = await connector.perform(other).outcome else {
            Issue.record("took another cause's order for its own")
            return
        }
        #expect(reason == "number-taken")
    }

    @Test func aLoginIsSentInMaximosOwnWay() async throws {
        let simulator = simulator()
        let basic = try connector(simulator, ["username": "plantwright", "password": "s3cret-of-the-test"])
        let report = await basic.perform(order)
        #expect(report.outcome.isDone)
        #expect(try basic.preview(order).first?.url == "http://erp.test/oslc/os/mxapiwodetail?lean=1")
        #expect(!report.trace.records.contains { $0.request.contains("maxauth") })
    }

    @Test func answersAreReadByTheirCodes() {
        func end(_ status: Int, _ message: String) -> PlanStepEnd {
            let body: JSONValue = ["Error": ["message": .string(message), "statusCode": .string(String(status))]]
            return MaximoService.creation(
                ChangeAnswer(.success(OutboundResponse(status: status, body: body.bytes))),
                "PW-1"
            )
        }
        #expect(end(201, "") == .done("PW-1"))
        #expect(end(400, "BMXAA4129E - The record PW-1 already exists.") == .exists)
        #expect(end(500, "BMXAA4129E - The record PW-1 already exists.") == .exists)
        guard case .ended(.refused(_, let detail)) = end(400, "BMXAA2661E - Asset X is not a valid asset.") else {
            Issue.record("not refused")
            return
        }
        #expect(detail.contains("BMXAA2661E"))
        guard case .ended(.uncertain) = end(500, "BMXAA1234E") else {
            Issue.record("a 500 says nothing")
            return
        }
    }

    @Test func stateSynonymsAreTheSitesOwn() throws {
        let options = try MaximoOptions(["site": "B", "states": ["REPAIRED": "done", "INPRG": "open"]])
        #expect(
            options.phase("REPAIRED") == .done && options.phase("INPRG") == .open && options.phase("CAN") == .cancelled
        )
        #expect(options.phase("WSCH") == .open)
    }

    @Test func commentsStandInTheLogWithTheirKey() async throws {
        let simulator = simulator()
        let connector = try connector(simulator)
        #expect(await connector.perform(order).outcome.isDone)
        let text = String(repeating: "still hot ", count: 20)
        let comment = DeliveryOrder(
            idempotencyKey: "pw-ccccccccccccc",
            operation: .workOrderComment,
            fields: ["text": .string(text)],
            target: "PW-0123456789ABC"
        )
        #expect(await connector.perform(comment).outcome.isDone)
        #expect(simulator.orders.first?.title.hasSuffix("[pw-ccccccccccccc]") == true)
    }

    @Test func anIssueNeedsSomethingToCharge() async throws {
        let issue = DeliveryOrder(
            idempotencyKey: "pw-i",
            operation: .stockConsume,
            fields: ["item": "BRG-6204", "quantity": 2]
        )
        guard case .refused(let reason, _) = try await connector(simulator()).perform(issue).outcome else {
            Issue.record("not refused")
            return
        }
        #expect(reason == "field-missing")
    }

    @Test func theLengthOfNumbersIsChecked() async throws {
        let checks = try await connector(simulator()).preflight(key: "pw-new")
        #expect(checks.first { $0.name == "reference-field" }?.result == .ok)
        #expect(checks.first { $0.name == "create-permission" }?.result == .skipped)
    }

    @Test func optionsAndCredentialsAreChecked() {
        #expect(SimulatedCaller.pointers(.maximo, [:]) == ["/options/site"])
        #expect(
            SimulatedCaller.pointers(
                .maximo,
                ["site": "B", "numberLength": 5, "priorities": ["high": "first"], "states": ["X": "gone"]]
            ) == ["/options/numberLength", "/options/priorities", "/options/states"]
        )
        #expect(SimulatedCaller.pointers(.maximo, ["site": "B"], ["bearer": "x"]) == ["/credentials"])
        #expect(
            SimulatedCaller.pointers(.maximo, ["site": "B"], ["header": "X-Key", "value": "x"]) == ["/credentials"]
        )
    }
}
