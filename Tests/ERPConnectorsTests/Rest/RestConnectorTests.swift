import HTTPClient
import Primitives
import Testing

@testable import ERPConnectors

/// The `rest` connector against a pretended ERP on a raw socket: with the real client, down to cut connections.
@Suite(.timeLimit(.minutes(1))) struct RestConnectorTests {
    static let options: JSONValue = [
        "create": ["path": "/orders", "id": "id", "body": ["title": "${title}", "ref": "${idempotencyKey}"]],
        "find": ["path": "/orders?ref=${idempotencyKey}", "items": "items", "id": "id"],
        "status": ["path": "/orders/${id}", "state": "status", "done": ["done"]],
        "stock": ["path": "/stock/${item}", "body": ["quantity": "${quantity}"]], "settle": 5,
    ]

    private let order = DeliveryOrder(
        idempotencyKey: "pw-0123456789abc",
        operation: .workOrderCreate,
        fields: ["title": "Check it"]
    )
    private let stock = DeliveryOrder(
        idempotencyKey: "pw-stock",
        operation: .stockSet,
        fields: ["item": "PP/7", "quantity": 41.5]
    )

    private func with(
        _ fault: PretendedERP.Fault = .none,
        _ body: (PretendedERP, any ERPConnector) async throws -> Void
    ) async throws {
        let erp = try PretendedERP(fault)
        defer { erp.server.stop() }
        let client = HTTPClient(.init(policy: try OutboundPolicy(allow: ["127.0.0.1"])))
        let caller = ERPCaller(
            credentials: try ConnectorCredentials(["bearer": "token-of-the-test"]),
            // Short only where the time-out is what is tested: a busy machine is slow.
            timeouts: CallTimeouts(
                change: fault == .hangAfterWork ? .seconds(1) : .seconds(30),
                question: .seconds(30)
            ),
            send: { request throws(OutboundError) in try await client.send(request) }
        )
        let setup = ConnectorSetup(url: erp.server.url("/api"), options: Self.options, caller: caller)
        try await body(erp, try RestConnector(setup))
    }

    @Test func aCreateMakesOneOrderThatIsFoundByItsKey() async throws {
        try await with { erp, connector in
            #expect(await connector.lookUp(order).outcome == .notFound)
            let report = await connector.perform(order)
            let (outcome, record) = (report.outcome, try #require(report.trace.records.first))
            guard case .done(let id?, _) = outcome else {
                Issue.record("not done: \(outcome)")
                return
            }
            #expect(await connector.lookUp(order).outcome == .found(externalID: id))
            #expect(erp.orders == [order.idempotencyKey])
            #expect(record.status.map { (200..<300).contains($0) } == true && !record.request.isEmpty)
        }
    }

    @Test func theRequestIsTheOnePreviewed() async throws {
        try await with { _, connector in
            for order in [order, stock] {
                let preview = try connector.preview(order)
                #expect(await connector.perform(order).trace.records.map(\.request) == preview.map(\.text))
            }
        }
    }

    @Test func noSecretLeavesButInTheRequest() async throws {
        try await with(.echo) { erp, connector in
            let record = try #require(await connector.perform(order).trace.records.first)
            #expect(erp.sawCredentials)
            #expect(
                !record.request.contains("token-of-the-test") && !(record.response ?? "").contains("token-of-the-test")
            )
        }
    }

    @Test func afterLostWorkTheOutcomeIsUncertainAndTheOrderIsFound() async throws {
        for fault in [
            PretendedERP.Fault.dropAfterWork, .hangAfterWork, .errorAfterWork(500), .errorAfterWork(502),
            .errorAfterWork(504),
        ] {
            try await with(fault) { erp, connector in
                guard case .uncertain = await connector.perform(order).outcome else {
                    Issue.record("not uncertain after \(fault)")
                    return
                }
                #expect(erp.orders == [order.idempotencyKey], "\(fault): one order")
                guard case .found = await connector.lookUp(order).outcome else {
                    Issue.record("not found after \(fault)")
                    return
                }
            }
        }
    }

    @Test func overloadAndAbsenceAreTransient() async throws {
        for status in [429, 503] {
            try await with(.errorWithoutWork(status, retryAfter: 7)) { erp, connector in
                guard case .transient(_, _, let retryAfter) = await connector.perform(order).outcome else {
                    Issue.record("not transient after \(status)")
                    return
                }
                #expect(retryAfter == 7 && erp.orders.isEmpty)
            }
        }
        try await with { erp, connector in
            erp.server.stop()
            var outcome = await connector.perform(order).outcome
            // The listener closes on its own thread; until then a connection can still be accepted and cut.
            while case .uncertain = outcome { outcome = await connector.perform(order).outcome }
            guard case .transient = outcome else {
                Issue.record("not transient when nobody listens: \(outcome)")
                return
            }
            guard case .failed = await connector.lookUp(order).outcome else {
                Issue.record("a look-up without an answer says nothing")
                return
            }
        }
    }

    @Test func refusalsAreFinalButADuplicateIsOurOwn() async throws {
        for status in [400, 401, 403, 404, 422] {
            try await with(.errorWithoutWork(status, retryAfter: nil)) { erp, connector in
                guard case .refused = await connector.perform(order).outcome else {
                    Issue.record("not refused after \(status)")
                    return
                }
                #expect(erp.orders.isEmpty)
            }
        }
        try await with(.refuseDuplicates) { erp, connector in
            let first = await connector.perform(order).outcome
            #expect(await connector.perform(order).outcome == first, "the order of the first attempt")
            #expect(erp.orders == [order.idempotencyKey])
        }
    }

    @Test func aBrokenLookUpIsNotANotFound() async throws {
        for fault in [PretendedERP.Fault.brokenLookUp(500), .brokenLookUp(401), .brokenLookUp(200)] {
            try await with(fault) { _, connector in
                guard case .failed = await connector.lookUp(order).outcome else {
                    Issue.record("relied on a broken look-up: \(fault)")
                    return
                }
            }
        }
    }

    @Test func absoluteFiguresMayBeRepeated() async throws {
        try await with { erp, connector in
            #expect(
                connector.traits(of: .stockSet)?.isRepeatable == true
                    && connector.traits(of: .workOrderCreate)?.isRepeatable == false
            )
            #expect(await connector.perform(stock).outcome == .done(externalID: nil))
            #expect(await connector.perform(stock).outcome == .done(externalID: nil))
            #expect(erp.stock == ["PP/7": 41.5])
        }
    }

    @Test func theStateOfAnOrderIsTold() async throws {
        try await with { erp, connector in
            guard case .done(let id?, _) = await connector.perform(order).outcome else {
                Issue.record("not done")
                return
            }
            #expect(connector.manifest.capabilities.contains(.orderState))
            #expect(await connector.state(ofOrder: id) == .state(OrderState("open", .open)))
            erp.complete(order.idempotencyKey)
            #expect(await connector.state(ofOrder: id) == .state(OrderState("done", .done)))
            #expect(await connector.state(ofOrder: "none") == .gone)
        }
    }

    @Test func theTestTellsWhatIsWrong() async throws {
        let cases: [(PretendedERP.Fault, Bool)] = [
            (.none, true), (.brokenLookUp(401), false), (.brokenLookUp(403), false), (.brokenLookUp(200), false),
            (.lookUpIgnoresKey, false),
        ]
        for (fault, isOK) in cases {
            try await with(fault) { erp, connector in
                _ = await connector.perform(order)
                let checks = await connector.preflight(key: "pw-never-used")
                #expect(checks.allSatisfy { $0.result == .ok } == isOK, "\(fault): \(checks.map(\.detail))")
                #expect(erp.orders == [order.idempotencyKey], "a test changes nothing")
            }
        }
    }
}
