import ERP
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
        var statuses: [String: StatusOutcome] = [:]
        var inFlight = 0
        var mostInFlight = 0
    }

    let canFind: Bool
    let isRepeatingHarmless: Bool
    let canReadStatus: Bool
    let calls = Signals<Call>()
    private let state = Mutex(State())

    init(canFind: Bool = true, isRepeatable: Bool = false, canReadStatus: Bool = true) {
        self.canFind = canFind
        isRepeatingHarmless = isRepeatable
        self.canReadStatus = canReadStatus
    }

    /// What the next calls do, before the usual.
    func plan(_ behaviours: Behaviour...) { state.withLock { $0.plan += behaviours } }

    func usually(_ behaviour: Behaviour) { state.withLock { $0.usual = behaviour } }

    func breakLookUps(_ isBroken: Bool) { state.withLock { $0.isLookUpBroken = isBroken } }

    func set(_ status: StatusOutcome, of order: String) { state.withLock { $0.statuses[order] = status } }

    /// Orders by key; more than one of a key is what must never happen.
    var orders: [String: [String]] { state.withLock(\.orders) }

    /// Every figure that was written, by item.
    var stock: [String: [Double]] { state.withLock(\.stock) }

    var mostInFlight: Int { state.withLock(\.mostInFlight) }

    func canLookUp(operation: String) -> Bool { canFind && operation.hasSuffix(".create") }

    func isRepeatable(operation: String) -> Bool { isRepeatingHarmless || operation == "stock.set" }

    func perform(_ order: DeliveryOrder) async -> (outcome: CallOutcome, record: CallRecord) {
        calls.send(Call(kind: .perform, key: order.idempotencyKey, quantity: order.fields["quantity"]?.double))
        let behaviour = state.withLock { state in
            state.inFlight += 1
            state.mostInFlight = max(state.mostInFlight, state.inFlight)
            return state.plan.isEmpty ? state.usual : state.plan.removeFirst()
        }
        defer { state.withLock { $0.inFlight -= 1 } }
        let request = "POST http://erp.test/orders"
        switch behaviour {
        case .works:
            return (.done(externalID: work(order)), CallRecord(request: request, status: 201, response: "{}"))
        case .worksSilently:
            _ = work(order)
            return (.uncertain(reason: "time-out", detail: "no answer"), CallRecord(request: request))
        case .breaks: return (.uncertain(reason: "reset", detail: "no answer"), CallRecord(request: request))
        case .waits(let gate):
            await gate.pass()
            return (.done(externalID: work(order)), CallRecord(request: request, status: 201))
        case .worksThenWaits(let gate):
            let id = work(order)
            await gate.pass()
            return (.done(externalID: id), CallRecord(request: request, status: 201))
        case .worksLate(let gate):
            Task {
                await gate.pass()
                _ = self.work(order)
            }
            return (.uncertain(reason: "time-out", detail: "no answer"), CallRecord(request: request))
        case .refuses:
            return (
                .refused(reason: "http-422", detail: "no such equipment"),
                CallRecord(request: request, status: 422, response: "no such equipment")
            )
        case .isBusy(let retryAfter):
            return (
                .transient(reason: "http-503", detail: "busy", retryAfter: retryAfter),
                CallRecord(request: request, status: 503)
            )
        }
    }

    func lookUp(_ order: DeliveryOrder) async -> (outcome: LookUpOutcome, record: CallRecord) {
        calls.send(Call(kind: .lookUp, key: order.idempotencyKey))
        let record = CallRecord(request: "GET http://erp.test/orders?key=\(order.idempotencyKey)", status: 200)
        let (id, isBroken) = state.withLock { ($0.orders[order.idempotencyKey]?.first, $0.isLookUpBroken) }
        if isBroken { return (.failed(reason: "http-503", detail: "busy", retryAfter: nil), record) }
        return (id.map { .found(externalID: $0) } ?? .notFound, record)
    }

    func status(externalID: String) async -> StatusOutcome {
        calls.send(Call(kind: .status, key: externalID))
        return state.withLock { $0.statuses[externalID] ?? .status("open", isDone: false) }
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
