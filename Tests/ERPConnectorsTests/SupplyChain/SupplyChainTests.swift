import HTTPClient
import Primitives
import Testing

@testable import ERPConnectors
@testable import ERPSimulators

extension ConformanceSubject {
    static let supplyChain = ConformanceSubject(
        name: "dynamics-scm",
        kind: .dynamicsSCM,
        simulator: .supplyChain,
        wrongCredentials: ["bearer": "another-token"],
        samples: [
            .workOrderCreate: ["title": "Check the bearing", "description": "91 °C", "equipment": "PUMP-7"],
            .workOrderUpdate: ["title": "Replace the bearing", "priority": "2"],
            .workOrderCancel: [:],
            .workOrderComment: ["text": "Still hot"],
            .partsCheck: ["item": "BRG-6204", "quantity": 2],
        ]
    )
}

/// What is particular to Dynamics 365 Supply Chain Management.
@Suite struct SupplyChainTests {
    private let order = DeliveryOrder(
        idempotencyKey: "pw-0123456789abc",
        operation: .workOrderCreate,
        fields: ["title": "Check it", "equipment": "PUMP-7", "priority": "high"]
    )

    private func connector(takesNumbers: Bool = true) throws -> any ERPConnector {
        let simulator = SupplyChainSimulator(
            plant: .example,
            account: ConformanceSubject.account,
            takesNumbers: takesNumbers,
            clock: { Timestamp(microseconds: 1_790_000_000_000_000) }
        )
        return try ConnectorDefinition.supplyChain.make(
            ConnectorSetup(
                url: "http://erp.test",
                options: ["company": "USMF"],
                caller: try SimulatedCaller.make(simulator, ["bearer": "s3cret-of-the-test"])
            )
        )
    }

    @Test func everyRequestLooksAcrossCompanies() throws {
        let connector = try connector()
        let comment = DeliveryOrder(
            idempotencyKey: "pw-c",
            operation: .workOrderComment,
            fields: ["text": "x"],
            target: "PW-1"
        )
        let requests = try connector.preview(order) + connector.preview(comment)
        #expect(requests.allSatisfy { $0.url.contains("cross-company=true") })
        #expect(requests.first?.body?["RequestId"] == "PW-0123456789ABC")
        #expect(requests.first?.body?["dataAreaId"] == "usmf")
        #expect(requests.first?.body?["WorkOrderPriority"] == nil, "a severity without a translation is not sent")
    }

    @Test func aNumberOfTheERPsOwnIsToldAtOnce() async throws {
        guard case .stuck(let reason, let detail) = try await connector(takesNumbers: false).perform(order).outcome
        else {
            Issue.record("not told")
            return
        }
        #expect(reason == "number-replaced" && detail.contains("MR-000001"))
    }

    @Test func aStaleEtagIsReadAgain() {
        let answer = ChangeAnswer(.success(OutboundResponse(status: 412)))
        guard case .ended(.transient) = SupplyChainConnector.change(answer) else {
            Issue.record("412 is no refusal")
            return
        }
    }

    @Test func theWorkOrderTellsTheState() async throws {
        let simulator = SupplyChainSimulator(
            plant: .example,
            account: ConformanceSubject.account,
            takesNumbers: true,
            clock: { Timestamp(microseconds: 1_790_000_000_000_000) }
        )
        let connector = try ConnectorDefinition.supplyChain.make(
            ConnectorSetup(
                url: "http://erp.test",
                options: ["company": "usmf"],
                caller: try SimulatedCaller.make(simulator, ["bearer": "s3cret-of-the-test"])
            )
        )
        #expect(await connector.perform(order).outcome.isDone)
        #expect(simulator.complete("PW-0123456789ABC", outcome: "-"))
        guard case .state(let state) = await connector.state(ofOrder: "PW-0123456789ABC") else {
            Issue.record("no state")
            return
        }
        #expect(state.number == "WO-PW-0123456789ABC" && state.assignee == "000123" && state.dueAt == nil)
    }

    @Test func lifecycleStatesAreTheCompanysOwn() throws {
        let options = try SupplyChainOptions(["company": "usmf", "states": ["Approved": "in-progress"]])
        #expect(options.phase("APPROVED") == .inProgress && options.phase("New") == .open)
        #expect(options.phase("Canceled") == .cancelled && options.phase("Finished") == .done)
    }

    @Test func optionsAndCredentialsAreChecked() {
        #expect(
            SimulatedCaller.pointers(.supplyChain, ["states": ["X": "gone"], "priorities": ["high": "x"]])
                == ["/options/company", "/options/priorities", "/options/states"]
        )
        #expect(SimulatedCaller.pointers(.supplyChain, ["company": "usmf"], ["username": "a"]) == ["/credentials"])
    }
}
