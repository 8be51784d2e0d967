import ERP
import ERPConnectors
import Foundation
import Primitives
import Synchronization

/// An ERP that does as it is told and counts what it made.
final class FakeERP: ERPConnector {
    /// How a call goes.
    enum Behaviour: Sendable {
        case works
        /// Does the work, then tells nothing.
        case worksSilently
        /// Tells nothing and does nothing.
        case breaks
        /// Waits at a gate before working.
        case waits(Gate)
        /// Works, then waits at a gate before telling.
        case worksThenWaits(Gate)
        /// Tells nothing; the work is done when a gate opens.
        case worksLate(Gate)
        case refuses
        case isBusy(retryAfter: Double?)
    }

    struct Call: Hashable, Sendable {
        enum Kind: Hashable, Sendable { case perform, lookUp, status }
        var kind: Kind
        var key: String
        var quantity: Double?
    }

    private struct State {
        var plan: [Behaviour] = []
        var usual = Behaviour.works
        var isLookUpBroken = false
        var orders: [String: [String]] = [:]
        var stock: [String: [Double]] = [:]
        var statuses: [String: OrderStateOutcome] = [:]
        var targets: [String: String] = [:]
        var attachments: [String: OrderAttachment] = [:]
        var changes: [OrderChange] = []
        var inFlight = 0
        var mostInFlight = 0
    }

    let canFind: Bool
    let isRepeatingHarmless: Bool
    let canReadStatus: Bool
    let listsChanges: Bool
    let calls = Signals<Call>()
    private let state = Mutex(State())

    init(
        canFind: Bool = true,
        isRepeatable: Bool = false,
        canReadStatus: Bool = true,
        listsChanges: Bool = false
    ) {
        self.listsChanges = listsChanges
        self.canFind = canFind
        isRepeatingHarmless = isRepeatable
        self.canReadStatus = canReadStatus
    }

    /// What the next calls do, before the usual.
    func plan(_ behaviours: Behaviour...) { state.withLock { $0.plan += behaviours } }

    func usually(_ behaviour: Behaviour) { state.withLock { $0.usual = behaviour } }

    func breakLookUps(_ isBroken: Bool) { state.withLock { $0.isLookUpBroken = isBroken } }

    func set(_ status: OrderStateOutcome, of order: String) { state.withLock { $0.statuses[order] = status } }

    /// Orders by key; more than one of a key is what must never happen.
    var orders: [String: [String]] { state.withLock(\.orders) }

    /// Every figure that was written, by item.
    var stock: [String: [Double]] { state.withLock(\.stock) }

    /// The order that each call was about, by key.
    var targets: [String: String] { state.withLock(\.targets) }

    /// The files of calls, by key.
    var attachments: [String: OrderAttachment] { state.withLock(\.attachments) }

    /// What the list of changed orders holds.
    func change(_ changes: [OrderChange]) { state.withLock { $0.changes = changes } }

    func changes(since: Timestamp, after cursor: String?) async throws(CallFailure) -> ERPPage<OrderChange> {
        let all = state.withLock { $0.changes.filter { $0.changedAt >= since } }
        // Two a page.
        let start = cursor.flatMap(Int.init) ?? 0
        return ERPPage(Array(all.dropFirst(start).prefix(2)), next: all.count > start + 2 ? String(start + 2) : nil)
    }

    var mostInFlight: Int { state.withLock(\.mostInFlight) }

    var manifest: ConnectorManifest {
        ConnectorManifest(
            kind: .rest,
            title: "Fake",
            summary: "",
            addressExample: "",
            credentials: [],
            options: [],
            operations: [],
            capabilities: Set((canReadStatus ? [.orderState] : []) + (listsChanges ? [.changes] : []))
        )
    }

    func traits(of operation: ERPOperation) -> OperationTraits? {
        OperationTraits(
            canLookUp: canFind && [.workOrderCreate, .workOrderAttach].contains(operation),
            isRepeatable: isRepeatingHarmless || operation == .stockSet
        )
    }

    var settle: Double { settleSeconds.withLock { $0 } }

    /// How long "not found" does not count, in seconds.
    let settleSeconds = Mutex(60.0)

    func preview(_ order: DeliveryOrder) throws(CallFailure) -> [RenderedRequest] { [] }

    func preflight(key: String) async -> [PreflightCheck] { [] }

    func perform(_ order: DeliveryOrder) async -> CallReport<CallOutcome> {
        calls.send(Call(kind: .perform, key: order.idempotencyKey, quantity: order.fields["quantity"]?.double))
        let behaviour = state.withLock { state in
            state.inFlight += 1
            state.mostInFlight = max(state.mostInFlight, state.inFlight)
            state.targets[order.idempotencyKey] = order.target
            state.attachments[order.idempotencyKey] = order.attachment
            return state.plan.isEmpty ? state.usual : state.plan.removeFirst()
        }
        defer { state.withLock { $0.inFlight -= 1 } }
        let request = "POST http://erp.test/orders"
        switch behaviour {
        case .works:
            return CallReport(
                .done(externalID: work(order)),
                CallTrace([CallRecord(request: request, status: 201, response: "{}")])
            )
        case .worksSilently:
            _ = work(order)
            return CallReport(
                .uncertain(reason: "time-out", detail: "no answer"),
                CallTrace([CallRecord(request: request)])
            )
        case .breaks:
            return CallReport(
                .uncertain(reason: "reset", detail: "no answer"),
                CallTrace([CallRecord(request: request)])
            )
        case .waits(let gate):
            await gate.pass()
            return CallReport(.done(externalID: work(order)), CallTrace([CallRecord(request: request, status: 201)]))
        case .worksThenWaits(let gate):
            let id = work(order)
            await gate.pass()
            return CallReport(.done(externalID: id), CallTrace([CallRecord(request: request, status: 201)]))
        case .worksLate(let gate):
            Task {
                await gate.pass()
                _ = self.work(order)
            }
            return CallReport(
                .uncertain(reason: "time-out", detail: "no answer"),
                CallTrace([CallRecord(request: request)])
            )
        case .refuses:
            return CallReport(
                .refused(reason: "http-422", detail: "no such equipment"),
                CallTrace([CallRecord(request: request, status: 422, response: "no such equipment")])
            )
        case .isBusy(let retryAfter):
            return CallReport(
                .transient(reason: "http-503", detail: "busy", retryAfter: retryAfter),
                CallTrace([CallRecord(request: request, status: 503)])
            )
        }
    }

    func lookUp(_ order: DeliveryOrder) async -> CallReport<LookUpOutcome> {
        calls.send(Call(kind: .lookUp, key: order.idempotencyKey))
        let record = CallRecord(request: "GET http://erp.test/orders?key=\(order.idempotencyKey)", status: 200)
        let (id, isBroken) = state.withLock { ($0.orders[order.idempotencyKey]?.first, $0.isLookUpBroken) }
        if isBroken {
            return CallReport(.failed(reason: "http-503", detail: "busy", retryAfter: nil), CallTrace([record]))
        }
        return CallReport(id.map { .found(externalID: $0) } ?? .notFound, CallTrace([record]))
    }

    func state(ofOrder externalID: String) async -> OrderStateOutcome {
        calls.send(Call(kind: .status, key: externalID))
        return state.withLock { $0.statuses[externalID] ?? .state(OrderState("open", .open)) }
    }

    private func work(_ order: DeliveryOrder) -> String? {
        state.withLock { state in
            if let item = order.fields["item"]?.string, let quantity = order.fields["quantity"]?.double {
                state.stock[item, default: []].append(quantity)
                return nil
            }
            let id = "WO-\(state.orders.values.reduce(0) { $0 + $1.count } + 1)"
            state.orders[order.idempotencyKey, default: []].append(id)
            return id
        }
    }
}

/// Connectors of a test.
final class TestDirectory: ConnectorDirectory {
    private let runtimes = Mutex<[Int32: ConnectorRuntime]>([:])

    func runtime(_ id: Int32) -> ConnectorRuntime? { runtimes.withLock { $0[id] } }

    func set(_ runtime: ConnectorRuntime?, for id: Int32) { runtimes.withLock { $0[id] = runtime } }
}
