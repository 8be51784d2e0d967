import ERPConnectors
import ERPSimulators
import HTTPClient
import Primitives
import Testing

/// A simulated ERP with faults, and connectors that talk to it.
///
/// Every step of a delivery gets a connector of its own, as after a crash: what one remembers must not matter.
final class ConformanceWorld: Sendable {
    let subject: ConformanceSubject
    let injector: FaultInjector

    init(_ subject: ConformanceSubject) {
        self.subject = subject
        injector = FaultInjector(
            subject.simulator.make(.example, ConformanceSubject.account, { Self.causedAt }),
            isChange: subject.simulator.isChange
        )
    }

    var erp: any SimulatedERP { injector.erp }

    func connector(credentials: JSONValue? = nil) throws -> any ERPConnector {
        let definition = try #require(ConnectorDefinition.of(subject.kind))
        let caller = ERPCaller(
            credentials: try ConnectorCredentials(credentials ?? subject.setup.credentials),
            send: { [injector] request throws(OutboundError) in try Self.send(request, injector) }
        )
        return try definition.make(
            ConnectorSetup(url: "http://erp.test", options: subject.setup.options, caller: caller)
        )
    }

    private static func send(
        _ request: OutboundRequest,
        _ injector: FaultInjector
    ) throws(OutboundError) -> OutboundResponse {
        let rest = request.url.dropFirst("http://".count)
        let target = rest.firstIndex(of: "/").map { String(rest[$0...]) } ?? "/"
        let simulated = SimulatedRequest(
            method: request.method,
            target: target,
            headers: request.headers.map { (name: $0.name, value: $0.value) },
            body: request.body
        )
        switch injector.answer(simulated) {
        case .response(let response):
            return OutboundResponse(
                status: response.status,
                headers: response.headers.map { OutboundHeader($0.name, $0.value) },
                body: response.body
            )
        case .dropped:
            throw OutboundError(.connectionLost, mayHaveReachedServer: true, detail: "The connection was cut.")
        }
    }

    /// The sample of an operation; one that needs an order gets a fresh one as its target.
    func sample(_ operation: ERPOperation, key: String = "pw-0123456789abc") async throws -> DeliveryOrder {
        let sample = operation == .workOrderAttach ? [:] : subject.samples[operation]
        let fields = try #require(sample, "a sample of \(operation.rawValue)")
        var order = DeliveryOrder(
            idempotencyKey: key,
            operation: operation,
            fields: fields,
            causedAt: Self.causedAt
        )
        if operation.needsTarget { order.target = try await createdOrder() }
        if operation == .workOrderAttach { order.attachment = Self.picture }
        return order
    }

    /// Every byte there is, and what could end a form.
    static let picture = OrderAttachment(
        title: "Temperature before the alarm “hot”",
        mediaType: "image/png",
        bytes: [0x89, 0x50, 0x4E, 0x47] + (0...255).map { UInt8($0) } + Array("\r\n--plantwright-\r\n\r\n".utf8)
    )

    static let causedAt = Timestamp(microseconds: 1_790_000_000_000_000)

    /// Makes an order and returns its identifier.
    func createdOrder(key: String = "pw-aaaaaaaaaaaaa") async throws -> String {
        let order = DeliveryOrder(
            idempotencyKey: key,
            operation: .workOrderCreate,
            fields: try #require(subject.samples[.workOrderCreate]),
            causedAt: Self.causedAt
        )
        let outcome = try await connector().perform(order).outcome
        guard case .done(let id?, _) = outcome else { throw Unexpected(what: "\(outcome)") }
        return id
    }

    /// Does a delivery's operation with a connector that knows nothing.
    func perform(_ order: DeliveryOrder) async throws -> CallOutcome { try await connector().perform(order).outcome }

    /// Looks a delivery up with a connector that knows nothing.
    func lookUp(_ order: DeliveryOrder) async throws -> LookUpOutcome { try await connector().lookUp(order).outcome }

    /// Takes a delivery to its end as the outbox does, with a fresh connector for every call.
    ///
    /// - Returns: the end, and how many calls it took.
    func drive(_ order: DeliveryOrder) async throws -> (end: CallOutcome, calls: Int) {
        let traits = try #require(try connector().traits(of: order.operation))
        var isUncertain = false
        for call in 1...12 {
            if isUncertain, traits.canLookUp {
                switch try await connector().lookUp(order).outcome {
                case .found(let id, let note): return (.done(externalID: id, note: note), call)
                case .stuck(let reason, let detail): return (.stuck(reason: reason, detail: detail), call)
                case .notFound: isUncertain = false
                case .failed: break
                }
                continue
            }
            let outcome = try await connector().perform(order).outcome
            switch outcome {
            case .done, .refused, .stuck: return (outcome, call)
            case .transient: isUncertain = false
            case .uncertain:
                guard traits.canLookUp || traits.isRepeatable else { return (outcome, call) }
                isUncertain = traits.canLookUp
            }
        }
        throw Unexpected(what: "no end after 12 calls")
    }

    struct Unexpected: Error {
        var what: String
    }
}

extension CallOutcome {
    var isDone: Bool { if case .done = self { true } else { false } }
}
