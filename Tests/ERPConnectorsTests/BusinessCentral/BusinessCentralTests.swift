import HTTPClient
import Primitives
import Testing

@testable import ERPConnectors
@testable import ERPSimulators

extension ConformanceSubject {
    static let businessCentral = ConformanceSubject(
        name: "business-central",
        kind: .businessCentral,
        simulator: .businessCentral,
        wrongCredentials: ["bearer": "another-token"],
        samples: [
            .workOrderCreate: [
                "title": "Check the bearing", "description": "91 °C", "equipment": "PUMP-7", "priority": "critical",
            ],
            .workOrderUpdate: ["title": "Replace the bearing", "priority": "medium"],
            .workOrderCancel: [:],
            .workOrderComment: ["text": "Still hot"],
            .stockSet: ["item": "PELLET-PP", "quantity": 3_500],
            .stockConsume: ["item": "BRG-6204", "quantity": 2],
            .stockReceive: ["item": "BRG-6204", "quantity": 5],
            .meterRecord: ["equipment": "PUMP-7", "meter": "RUNHOURS", "value": 120.5],
            .partsCheck: ["item": "BRG-6204", "quantity": 2],
        ]
    )
}

/// What is particular to Business Central.
@Suite struct BusinessCentralTests {
    private func connector() throws -> any ERPConnector {
        let simulator = BusinessCentralSimulator(
            plant: .example,
            account: ConformanceSubject.account,
            clock: { Timestamp(microseconds: 1_790_000_000_000_000) }
        )
        return try ConnectorDefinition.businessCentral.make(
            ConnectorSetup(
                url: "http://erp.test/v2.0/tenant/Production",
                options: ["company": .string(BusinessCentralSimulator.company)],
                caller: try SimulatedCaller.make(simulator, ["bearer": "s3cret-of-the-test"])
            )
        )
    }

    @Test func everythingThatIsMadeBringsItsOwnNumber() throws {
        let connector = try connector()
        let issue = DeliveryOrder(
            idempotencyKey: "pw-0123456789abc",
            operation: .stockConsume,
            fields: ["item": "BRG-6204", "quantity": 2],
            causedAt: Timestamp(microseconds: 1_790_000_000_000_000)
        )
        let request = try #require(try connector.preview(issue).first)
        #expect(
            request.url == "http://erp.test/v2.0/tenant/Production/api/plantwright/maintenance/v1.0/"
                + "companies(\(BusinessCentralSimulator.company))/stockPostings"
        )
        #expect(request.body?["number"] == "PW-0123456789ABC" && request.body?["kind"] == "Consume")
        #expect(request.body?["postingDate"] == "2026-09-21")
    }

    @Test func aTakenNumberIsKnownByItsCode() {
        func end(_ status: Int, _ code: String) -> PlanStepEnd {
            let body: JSONValue = ["error": ["code": .string(code), "message": "m"]]
            let response = OutboundResponse(status: status, body: body.bytes)
            return BusinessCentralConnector.creation(ChangeAnswer(.success(response)), "PW-1")
        }
        #expect(end(400, "Internal_EntityWithSameKeyExists") == .exists)
        #expect(end(409, "Internal_EntityWithSameKeyExists") == .exists)
        #expect(
            end(400, "Application_DialogException")
                == .ended(.refused(reason: "http-400", detail: "The ERP answered 400: m"))
        )
    }

    @Test func optionsAndCredentialsAreChecked() {
        #expect(SimulatedCaller.pointers(.businessCentral, ["company": "CRONUS"]) == ["/options/company"])
        #expect(
            SimulatedCaller.pointers(
                .businessCentral,
                ["company": .string(BusinessCentralSimulator.company)],
                ["header": "X-Key", "value": "x"]
            ) == ["/credentials"]
        )
    }
}
