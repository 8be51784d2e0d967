import HTTPClient
import Primitives
import Testing

@testable import ERPConnectors
@testable import ERPSimulators

extension ConformanceSubject {
    static let oracle = ConformanceSubject(
        name: "oracle-maintenance",
        kind: .oracleMaintenance,
        simulator: .oracle,
        wrongCredentials: ["bearer": "another-token"],
        samples: [
            .workOrderCreate: [
                "title": "Check the bearing", "description": "91 °C", "equipment": "PUMP-7", "priority": "critical",
            ],
            .workOrderUpdate: ["title": "Replace the bearing", "priority": "medium"],
            .workOrderCancel: [:],
            .stockConsume: ["item": "BRG-6204", "quantity": 2],
            .stockReceive: ["item": "BRG-6204", "quantity": 5, "unit": "Each"],
            .meterRecord: ["equipment": "PUMP-7", "meter": "RUNHOURS", "value": 120.5],
            .partsCheck: ["item": "BRG-6204", "quantity": 2],
        ]
    )
}

/// What is particular to Oracle Fusion Cloud Maintenance.
@Suite struct OracleTests {
    private let order = DeliveryOrder(
        idempotencyKey: "pw-0123456789abc",
        operation: .workOrderCreate,
        fields: ["title": "Check it", "equipment": "PUMP-7", "priority": "high", "link": "http://pw/1"],
        causedAt: Timestamp(microseconds: 1_790_000_000_000_000)
    )

    private func connector(
        _ credentials: JSONValue = ["username": "plantwright", "password": "s3cret-of-the-test"]
    ) throws -> any ERPConnector {
        let simulator = OracleSimulator(
            plant: .example,
            account: ConformanceSubject.account,
            clock: { Timestamp(microseconds: 1_790_000_000_000_000) }
        )
        return try ConnectorDefinition.oracle.make(
            ConnectorSetup(
                url: "http://erp.test",
                options: ["organization": "M1", "subinventory": "MAIN"],
                caller: try SimulatedCaller.make(simulator, credentials)
            )
        )
    }

    @Test func aCreateBringsItsOwnNumber() throws {
        let request = try #require(try connector().preview(order).first)
        #expect(request.url == "http://erp.test/fscmRestApi/resources/11.13.18.05/maintenanceWorkOrders")
        #expect(request.body?["WorkOrderNumber"] == "pw-0123456789abc" && request.body?["WorkOrderPriority"] == 2)
        #expect(request.body?["WorkOrderDescription"] == "Check it · http://pw/1")
        #expect(request.body?["WorkOrderTypeCode"] == "CORRECTIVE")
        #expect(request.headers.contains { $0.name == "REST-Framework-Version" })
    }

    @Test func aTakenNumberIsOurOwn() async throws {
        let connector = try connector()
        let first = await connector.perform(order).outcome
        #expect(first == .done(externalID: "pw-0123456789abc"))
        #expect(await connector.perform(order).outcome == first)
    }

    @Test func aTransactionThatOnlyWaitsIsForAPerson() async throws {
        let issue = DeliveryOrder(
            idempotencyKey: "pw-i",
            operation: .stockConsume,
            fields: ["item": "BRG-6204", "quantity": 26]
        )
        guard case .stuck(let reason, let detail) = try await connector().perform(issue).outcome else {
            Issue.record("took 201 for done")
            return
        }
        #expect(reason == "not-processed" && detail.contains("not available"))
        #expect(try connector().traits(of: .stockConsume)?.canLookUp == false)
    }

    @Test func refusalsSayWhatOracleSays() async throws {
        var order = order
        order.fields["equipment"] = "NO-SUCH-9"
        guard case .refused(_, let detail) = try await connector().perform(order).outcome else {
            Issue.record("not refused")
            return
        }
        #expect(detail == "The ERP answered 400: The asset number NO-SUCH-9 is not valid.")
    }

    @Test func quotesCannotLeaveTheirLiteral() {
        #expect(OracleService.literal(#"A";X="1"#) == #""A;X=1""#)
    }

    @Test func releasedIsBegunOnceItStarted() {
        #expect(OracleStatus.phase("ORA_RELEASED", hasStarted: false) == .open)
        #expect(OracleStatus.phase("ORA_RELEASED", hasStarted: true) == .inProgress)
        #expect(OracleStatus.phase("ORA_CLOSED", hasStarted: true) == .done)
        #expect(OracleStatus.phase("ORA_CANCELED", hasStarted: true) == .cancelled)
    }

    @Test func optionsAndCredentialsAreChecked() {
        #expect(SimulatedCaller.pointers(.oracle, ["status": "a b"]) == ["/options/organization", "/options/status"])
        #expect(
            SimulatedCaller.pointers(.oracle, ["organization": "M1"], ["header": "apikey", "value": "x"])
                == ["/credentials"]
        )
    }
}
