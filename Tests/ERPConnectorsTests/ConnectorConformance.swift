import HTTPClient
import Primitives
import Testing

@testable import ERPConnectors

/// A kind of connector under test, together with a pretended ERP of that kind.
///
/// Another kind joins the suite by one more value of this type.
struct ConformanceSubject: Sendable, CustomTestStringConvertible {
    var name: String
    /// Starts a pretended ERP that misbehaves as told, and a connector that talks to it.
    var start: @Sendable (PretendedERP.Fault) throws -> (erp: PretendedERP, connector: any ConfiguredConnector)

    var testDescription: String { name }

    static let all = [rest]

    static let rest = ConformanceSubject(name: "rest") { fault in
        let erp = try PretendedERP(fault)
        let client = HTTPClient(.init(policy: try OutboundPolicy(allow: ["127.0.0.1"])))
        let connector = RestConnector(
            url: erp.server.url("/api"),
            options: try RestOptions(ERPWorld.options),
            credentials: try ConnectorCredentials(["bearer": "token-of-the-test"]),
            // Short only where the time-out is what is tested: a busy machine is slow.
            timeouts: CallTimeouts(
                change: fault == .hangAfterWork ? .seconds(1) : .seconds(30),
                question: .seconds(30)
            ),
            send: { request throws(OutboundError) in try await client.send(request) }
        )
        return (erp, connector)
    }
}

@Suite(.timeLimit(.minutes(1))) struct ConnectorConformance {
    private let order = DeliveryOrder(
        idempotencyKey: "pw-0123456789abc",
        operation: "work-order.create",
        fields: ["title": "Check it"]
    )
    private let stock = DeliveryOrder(
        idempotencyKey: "pw-stock",
        operation: "stock.set",
        fields: ["item": "PP/7", "quantity": 41.5]
    )

    private func with(
        _ subject: ConformanceSubject,
        _ fault: PretendedERP.Fault = .none,
        _ body: (PretendedERP, any ConfiguredConnector) async throws -> Void
    ) async throws {
        let (erp, connector) = try subject.start(fault)
        defer { erp.server.stop() }
        try await body(erp, connector)
    }

    @Test(arguments: ConformanceSubject.all)
    func aCreateMakesOneOrderThatIsFoundByItsKey(_ subject: ConformanceSubject) async throws {
        try await with(subject) { erp, connector in
            #expect(await connector.lookUp(order).outcome == .notFound)
            let (outcome, record) = await connector.perform(order)
            guard case .done(let id?) = outcome else {
                Issue.record("not done: \(outcome)")
                return
            }
            #expect(await connector.lookUp(order).outcome == .found(externalID: id))
            #expect(erp.orders == [order.idempotencyKey])
            #expect(record.status.map { (200..<300).contains($0) } == true && !record.request.isEmpty)
        }
    }

    @Test(arguments: ConformanceSubject.all)
    func theRequestIsTheOnePreviewed(_ subject: ConformanceSubject) async throws {
        try await with(subject) { _, connector in
            for order in [order, stock] {
                let preview = try connector.preview(order)
                #expect(await connector.perform(order).record.request == preview.text)
            }
        }
    }

    @Test(arguments: ConformanceSubject.all)
    func noSecretLeavesButInTheRequest(_ subject: ConformanceSubject) async throws {
        try await with(subject, .echo) { erp, connector in
            let record = await connector.perform(order).record
            #expect(erp.sawCredentials)
            #expect(
                !record.request.contains("token-of-the-test") && !(record.response ?? "").contains("token-of-the-test")
            )
        }
    }

    @Test(arguments: ConformanceSubject.all)
    func afterLostWorkTheOutcomeIsUncertainAndTheOrderIsFound(_ subject: ConformanceSubject) async throws {
        for fault in [
            PretendedERP.Fault.dropAfterWork, .hangAfterWork, .errorAfterWork(500), .errorAfterWork(502),
            .errorAfterWork(504),
        ] {
            try await with(subject, fault) { erp, connector in
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

    @Test(arguments: ConformanceSubject.all)
    func overloadAndAbsenceAreTransient(_ subject: ConformanceSubject) async throws {
        for status in [429, 503] {
            try await with(subject, .errorWithoutWork(status, retryAfter: 7)) { erp, connector in
                guard case .transient(_, _, let retryAfter) = await connector.perform(order).outcome else {
                    Issue.record("not transient after \(status)")
                    return
                }
                #expect(retryAfter == 7 && erp.orders.isEmpty)
            }
        }
        try await with(subject) { erp, connector in
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

    @Test(arguments: ConformanceSubject.all)
    func refusalsAreFinalButADuplicateIsOurOwn(_ subject: ConformanceSubject) async throws {
        for status in [400, 401, 403, 404, 422] {
            try await with(subject, .errorWithoutWork(status, retryAfter: nil)) { erp, connector in
                guard case .refused = await connector.perform(order).outcome else {
                    Issue.record("not refused after \(status)")
                    return
                }
                #expect(erp.orders.isEmpty)
            }
        }
        try await with(subject, .refuseDuplicates) { erp, connector in
            let first = await connector.perform(order).outcome
            #expect(await connector.perform(order).outcome == first, "the order of the first attempt")
            #expect(erp.orders == [order.idempotencyKey])
        }
    }

    @Test(arguments: ConformanceSubject.all)
    func aBrokenLookUpIsNotANotFound(_ subject: ConformanceSubject) async throws {
        for fault in [PretendedERP.Fault.brokenLookUp(500), .brokenLookUp(401), .brokenLookUp(200)] {
            try await with(subject, fault) { _, connector in
                guard case .failed = await connector.lookUp(order).outcome else {
                    Issue.record("relied on a broken look-up: \(fault)")
                    return
                }
            }
        }
    }

    @Test(arguments: ConformanceSubject.all)
    func absoluteFiguresMayBeRepeated(_ subject: ConformanceSubject) async throws {
        try await with(subject) { erp, connector in
            #expect(
                connector.isRepeatable(operation: stock.operation)
                    && !connector.isRepeatable(operation: order.operation)
            )
            #expect(await connector.perform(stock).outcome == .done(externalID: nil))
            #expect(await connector.perform(stock).outcome == .done(externalID: nil))
            #expect(erp.stock == ["PP/7": 41.5])
        }
    }

    @Test(arguments: ConformanceSubject.all)
    func theStateOfAnOrderIsTold(_ subject: ConformanceSubject) async throws {
        try await with(subject) { erp, connector in
            guard case .done(let id?) = await connector.perform(order).outcome else {
                Issue.record("not done")
                return
            }
            #expect(connector.canReadStatus)
            #expect(await connector.status(externalID: id) == .status("open", isDone: false))
            erp.complete(order.idempotencyKey)
            #expect(await connector.status(externalID: id) == .status("done", isDone: true))
            #expect(await connector.status(externalID: "none") == .gone)
        }
    }

    @Test(arguments: ConformanceSubject.all)
    func theTestTellsWhatIsWrong(_ subject: ConformanceSubject) async throws {
        let cases: [(PretendedERP.Fault, Bool)] = [
            (.none, true), (.brokenLookUp(401), false), (.brokenLookUp(403), false), (.brokenLookUp(200), false),
            (.lookUpIgnoresKey, false),
        ]
        for (fault, isOK) in cases {
            try await with(subject, fault) { erp, connector in
                _ = await connector.perform(order)
                let result = await connector.test(key: "pw-never-used")
                #expect(result.isOK == isOK, "\(fault): \(result.detail)")
                #expect(erp.orders == [order.idempotencyKey], "a test changes nothing")
            }
        }
    }
}
