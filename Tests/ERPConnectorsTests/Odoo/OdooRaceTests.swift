import HTTPClient
import Primitives
import Testing

@testable import ERPConnectors
@testable import ERPSimulators

/// What a simulated Odoo does that the common suite does not ask for.
@Suite struct OdooRaceTests {
    private func connector(_ simulator: any SimulatedERP, _ definition: SimulatorDefinition) throws -> any ERPConnector
    {
        let setup = definition.setup(ConformanceSubject.account)
        let caller = ERPCaller(credentials: try ConnectorCredentials(setup.credentials)) {
            (request) throws(OutboundError) in
            let simulated = SimulatedRequest(
                method: request.method,
                target: String(request.url.dropFirst("http://erp.test".count)),
                headers: request.headers.map { (name: $0.name, value: $0.value) },
                body: request.body
            )
            let response = simulator.answer(simulated)
            return OutboundResponse(status: response.status, headers: [], body: response.body)
        }
        return try OdooConnector(ConnectorSetup(url: "http://erp.test", options: setup.options, caller: caller))
    }

    private func start(
        _ major: Int,
        refusesFirstRepeat: Bool = false
    ) throws -> (erp: any SimulatedERP, connector: any ERPConnector) {
        let definition = SimulatorDefinition.odoo(major, refusesFirstRepeat: refusesFirstRepeat)
        let erp = definition.make(.example, ConformanceSubject.account) { ConformanceWorld.causedAt }
        return (erp, try connector(erp, definition))
    }

    private let order = DeliveryOrder(
        idempotencyKey: "pw-0123456789abc",
        operation: .workOrderCreate,
        fields: ["title": "Check it", "equipment": "SN-70007"]
    )

    @Test(arguments: [11, 19]) func whoLosesTheRaceFindsTheOthersRequest(_ major: Int) async throws {
        let (erp, connector) = try start(major, refusesFirstRepeat: true)
        let first = await connector.perform(order).outcome
        let report = await connector.perform(order)
        #expect(report.outcome == first)
        #expect(report.trace.records.contains { $0.response?.contains("could not serialize") == true })
        #expect(erp.orders.count == 1)
    }

    @Test(arguments: [11, 19]) func aRepeatDoesNotOverwriteWhatPeopleChanged(_ major: Int) async throws {
        let (erp, connector) = try start(major)
        let outcome = await connector.perform(order).outcome
        guard case .done(let id?, _) = outcome else {
            Issue.record("\(outcome)")
            return
        }
        var change = order
        change.operation = .workOrderUpdate
        change.idempotencyKey = "pw-1"
        change.target = id
        change.fields = ["title": "Changed by a technician"]
        _ = await connector.perform(change)
        #expect(await connector.perform(order).outcome == outcome)
        #expect(erp.orders.map(\.title) == ["Changed by a technician"])
    }

    @Test func whatAPersonNotedLastIsTheOutcome() async throws {
        let (erp, connector) = try start(17)
        guard case .done(let id?, _) = await connector.perform(order).outcome else {
            Issue.record("not done")
            return
        }
        var note = order
        note.operation = .workOrderComment
        note.target = id
        note.fields = ["text": "Still hot"]
        #expect(erp.complete(id, outcome: "Bearing replaced"))
        _ = await connector.perform(note)
        guard case .state(let state) = await connector.state(ofOrder: id) else {
            Issue.record("no state")
            return
        }
        #expect(state.outcome == "Bearing replaced" && state.phase == .done && state.finishedAt != nil)
    }

    @Test func anAlarmsOwnOrderThatHasBegunIsNotCancelled() async throws {
        let (_, connector) = try start(19)
        guard case .done(let id?, _) = await connector.perform(order).outcome else {
            Issue.record("not done")
            return
        }
        var change = order
        change.operation = .workOrderUpdate
        change.target = id
        change.fields = ["stage": "In Progress"]
        _ = await connector.perform(change)
        change.operation = .workOrderCancel
        change.fields = [:]
        guard case .refused("work-begun", _) = await connector.perform(change).outcome else {
            Issue.record("cancelled")
            return
        }
    }

    /// More changes than fit on a page, many of them in one second.
    @Test func allChangesAreReadOnce() async throws {
        let (_, connector) = try start(19)
        for number in 0..<250 {
            var order = order
            order.idempotencyKey = "pw-\(number)"
            _ = await connector.perform(order)
        }
        var seen: [String] = []
        var cursor: String?
        repeat {
            let page = try await connector.changes(since: Timestamp(microseconds: 0), after: cursor)
            seen += page.items.compactMap(\.idempotencyKey)
            cursor = page.next
        } while cursor != nil && seen.count < 1_000
        #expect(seen.count == 250 && Set(seen).count == 250)
    }

    @Test func aBearerTokenForAnOldOdooIsToldSo() async throws {
        let definition = SimulatorDefinition.odoo(17)
        let erp = definition.make(.example, ConformanceSubject.account) { ConformanceWorld.causedAt }
        var setup = definition
        setup.setup = { account in
            SimulatorSetup(kind: "odoo", credentials: ["bearer": .string(account.secret.reveal())], options: [:])
        }
        let checks = try await connector(erp, setup).preflight(key: "pw-1")
        let check = try #require(checks.first { $0.name == "credentials" })
        #expect(check.result == .failed && check.remedy != nil && check.detail.contains("17"), "\(check)")
    }
}
