import HTTPClient
import Primitives
import Testing

@testable import ERPConnectors
@testable import ERPSimulators

@Suite struct InvenTreeAnswerTests {
    private func change(_ status: Int, _ body: String) -> InvenTreeAnswer.Change {
        InvenTreeAnswer.change(
            ChangeAnswer(.success(OutboundResponse(status: status, headers: [], body: Array(body.utf8))))
        )
    }

    @Test(arguments: [
        (400, #"{"reference":["Build Order with this Reference already exists."]}"#),
        (500, #"{"error":"IntegrityError","error_details":"UNIQUE constraint failed: build_build.reference"}"#),
    ])
    func aTakenReferenceHasTwoFaces(_ status: Int, _ body: String) {
        guard case .duplicate = change(status, body) else {
            Issue.record("not a duplicate")
            return
        }
    }

    @Test func refusalsAreTold() {
        guard case .refused(let failure) = change(400, #"{"part":["Invalid pk \"7\" - object does not exist."]}"#)
        else {
            Issue.record("not refused")
            return
        }
        #expect(failure.detail == #"The ERP answered 400: part: Invalid pk "7" - object does not exist."#)
        guard case .refused(let other) = change(400, #"{"reference":["Reference must match required pattern: X"]}"#)
        else {
            Issue.record("a wrong reference is no duplicate")
            return
        }
        #expect(other.detail.contains("must match"))
        guard case .uncertain = change(500, #"{"error":"OperationalError"}"#), case .uncertain = change(200, "<html>")
        else {
            Issue.record("not uncertain")
            return
        }
    }

    @Test func patternsAreFixedTextAroundANumber() throws {
        let pattern = try #require(ReferencePattern("BO-{ref:04d}"))
        #expect(pattern.reference(42) == "BO-0042" && pattern.reference(123_456) == "BO-123456")
        #expect(pattern.number(in: "BO-0042") == 42 && pattern.number(in: "MO-0042") == nil)
        #expect(pattern.number(in: "BO-") == nil && pattern.number(in: "BO-4x") == nil)
        #expect(try #require(ReferencePattern("W{ref}/26")).reference(7) == "W7/26")
        for text in ["BO-{ref:04d}-???", "BO-{date:%Y}-{ref}", "BO-0001", "BO-{ref:x}", "BO-{ref:99d}"] {
            #expect(ReferencePattern(text) == nil, "\(text)")
        }
    }

    @Test func faultsOfOptionsHavePointers() throws {
        let error = #expect(throws: InvalidInput.self) {
            try InvenTreeOptions(["referencePattern": "BO", "priorities": ["high": "much"], "surplus": true])
        }
        let pointers = Set(try #require(error).issues.map(\.pointer))
        #expect(pointers == ["/options/referencePattern", "/options/priorities", "/options/surplus"])
    }

    @Test func theKeyStaysInTheDescription() throws {
        #expect(InvenTreeRequests.key(in: "Check [pw-0123456789abc]") == "pw-0123456789abc")
        #expect(InvenTreeRequests.key(in: "Check [later]") == nil && InvenTreeRequests.key(in: "Check") == nil)
        let title = InvenTreeRequests.title(String(repeating: "x", count: 80), "pw-0123456789abc")
        #expect(title.count <= 100)
    }

    @Test func stockIsTakenFromOneItemAfterTheOther() throws {
        let items = [3.0, 0, 5].enumerated().map { index, quantity in
            InvenTreeConnector.StockItem(
                id: Int64(index),
                quantity: quantity,
                allocated: 0,
                isDeletedWhenEmpty: true
            )
        }
        func figures(_ operation: ERPOperation, _ quantity: Double) throws -> [[Double]] {
            try InvenTreeConnector.targets(operation, quantity, items, "X").map { [Double($0.item.id), $0.figure] }
        }
        #expect(try figures(.stockConsume, 4) == [[0, 3], [2, 1]])
        #expect(try figures(.stockReceive, 4) == [[0, 4]])
        #expect(try figures(.stockSet, 10) == [[0, 5]])
        #expect(try figures(.stockSet, 8) == [[0, 3]], "counted, though nothing changes: the log holds the key")
        #expect(try figures(.stockSet, 2) == [[0, 0], [2, 2]])
        #expect(throws: CallFailure.self) { try figures(.stockConsume, 9) }
        #expect(throws: CallFailure.self) { try InvenTreeConnector.targets(.stockReceive, 1, [], "X") }
    }
}

@Suite struct InvenTreeTests {
    private let simulator = InvenTreeSimulator(
        plant: .example,
        account: ConformanceSubject.account,
        clock: { Timestamp(microseconds: 1_790_000_000_000_000) }
    )

    private func connector() throws -> any ERPConnector {
        let setup = SimulatorDefinition.inventree.setup(ConformanceSubject.account)
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
        return try InvenTreeConnector(ConnectorSetup(url: "http://erp.test", options: setup.options, caller: caller))
    }

    private func order(_ key: String) -> DeliveryOrder {
        DeliveryOrder(idempotencyKey: key, operation: .workOrderCreate, fields: ["title": "Check"])
    }

    @Test func ordersTakeTheSitesNextNumbers() async throws {
        for key in ["pw-a", "pw-b"] { #expect(try await connector().perform(order(key)).outcome.isDone) }
        simulator.edit { state in state.builds[1]["reference"] = "BO-0099" }
        #expect(try await connector().perform(order("pw-c")).outcome.isDone)
        let references = simulator.builds.compactMap { $0["reference"]?.string }
        #expect(references == ["BO-0001", "BO-0099", "BO-0100"])
    }

    @Test func whatIsThereIsNotMadeAgain() async throws {
        let first = try await connector().perform(order("pw-a")).outcome
        #expect(try await connector().perform(order("pw-a")).outcome == first && simulator.orders.count == 1)
    }

    @Test func fourAtOnceMakeOne() async throws {
        let order = order("pw-a")
        let outcomes = try await withThrowingTaskGroup(of: CallOutcome.self) { group in
            for _ in 0..<4 {
                group.addTask { try await connector().perform(order).outcome }
            }
            return try await group.reduce(into: [CallOutcome]()) { $0.append($1) }
        }
        #expect(!outcomes.contains { !$0.isDone } && simulator.orders.count == 1, "\(outcomes)")
    }

    @Test func aPatternForPeopleIsTold() async throws {
        simulator.edit { $0.pattern = "BO-{ref:04d}-???" }
        let checks = try await connector().preflight(key: "pw-never-used-yet")
        let bad = checks.filter { $0.result != .ok }
        #expect(bad.map(\.name) == ["reference-pattern"] && bad.first?.remedy != nil)
        guard case .refused(let reason, _) = try await connector().perform(order("pw-a")).outcome else {
            Issue.record("not refused")
            return
        }
        #expect(reason == "reference-pattern")
    }

    @Test func missingRolesAreNamed() async throws {
        simulator.edit { $0.roles["build"] = ["view"] }
        let checks = try await connector().preflight(key: "pw-never-used-yet")
        let bad = try #require(checks.first { $0.result == .failed })
        #expect(bad.name == "create-permission" && bad.detail.contains("build add, build change"))
        guard case .refused(_, let detail) = try await connector().perform(order("pw-a")).outcome else {
            Issue.record("not refused")
            return
        }
        #expect(detail.contains("permission") && detail.contains("role"))
    }

    @Test func nothingIsTakenWhenThereIsNotEnough() async throws {
        let much = DeliveryOrder(
            idempotencyKey: "pw-much",
            operation: .stockConsume,
            fields: ["item": "BRG-6204", "quantity": 26]
        )
        guard case .refused(let reason, let detail) = try await connector().perform(much).outcome else {
            Issue.record("InvenTree would have taken all there is")
            return
        }
        #expect(reason == "no-stock" && detail.contains("25 of BRG-6204") && simulator.stock["BRG-6204"] == 25)
    }

    @Test func anEmptiedStockItemKeepsItsLogAndCanBeFilled() async throws {
        func stock(_ operation: ERPOperation, _ key: String, _ quantity: Double) -> DeliveryOrder {
            DeliveryOrder(
                idempotencyKey: key,
                operation: operation,
                fields: ["item": "BRG-6204", "quantity": .number(quantity)]
            )
        }
        let consume = stock(.stockConsume, "pw-all", 25)
        #expect(try await connector().perform(consume).outcome.isDone && simulator.stock["BRG-6204"] == 0)
        #expect(try await connector().lookUp(consume).outcome == .found(externalID: nil))
        #expect(try await connector().perform(stock(.stockReceive, "pw-more", 3)).outcome.isDone)
        #expect(simulator.stock["BRG-6204"] == 3)
    }

    @Test func remarksAndReasonsAddToTheNotes() async throws {
        guard case .done(let id?, _) = try await connector().perform(order("pw-a")).outcome else {
            Issue.record("not done")
            return
        }
        let comment = DeliveryOrder(
            idempotencyKey: "pw-comment",
            operation: .workOrderComment,
            fields: ["text": "Worse"],
            target: id
        )
        let cancel = DeliveryOrder(
            idempotencyKey: "pw-cancel",
            operation: .workOrderCancel,
            fields: ["reason": "Sensor"],
            target: id
        )
        for order in [comment, comment, cancel] { #expect(try await connector().perform(order).outcome.isDone) }
        let notes = simulator.builds.first?["notes"]?.string
        #expect(notes == "\n\n---\n\nWorse\n\n`pw-comment`\n\n---\n\nCancelled: Sensor\n\n`pw-cancel`")
        simulator.edit { $0.builds[0]["status"] = 20 }
        guard case .refused(let reason, _) = try await connector().perform(cancel).outcome else {
            Issue.record("work that has begun is not cancelled")
            return
        }
        #expect(reason == "work-begun")
    }
}
