import ERP
import ERPConnectors
import Foundation
import PostgreSQL
import Primitives

/// What follows from what is known of the order that a delivery is about.
enum TargetStep: Hashable, Sendable {
    /// The order is there.
    case go(target: String)
    /// Its own delivery is under way.
    case wait(for: UUID)
    /// The delivery ends here.
    case end(DeliveryVerdict)
}

extension TargetFacts {
    /// What to do with a delivery of an operation.
    func step(_ operation: ERPOperation) -> TargetStep {
        if let target = given ?? (makerState == .delivered ? made : nil) {
            if operation == .workOrderCancel, let end = Self.cancellation(phase) { return .end(end) }
            return .go(target: target)
        }
        guard let maker, let makerState else {
            return .end(.dead(reason: DeliveryReason.noOrder, detail: "No order is known.", mayHaveHappened: false))
        }
        switch makerState {
        case .held, .waiting, .leased, .uncertain: return .wait(for: maker)
        case .delivered, .dead, .superseded, .dismissed:
            let detail = "The order was never made: its delivery is \(makerState.rawValue)."
            return .end(.dead(reason: DeliveryReason.noOrder, detail: detail, mayHaveHappened: false))
        }
    }

    /// Why an order is not cancelled; nil when it is.
    static func cancellation(_ phase: OrderPhase?) -> DeliveryVerdict? {
        let what =
            switch phase {
            case nil, .open: nil as String?
            case .inProgress: "Work on the order had begun; it goes on there."
            case .done: "The order was done already."
            case .cancelled: "The order was cancelled there already."
            case .gone: "The ERP no longer has the order."
            }
        return what.map { .superseded(reason: DeliveryReason.workBegun, detail: $0) }
    }
}

extension Dispatcher {
    /// Finds the order that a delivery is about.
    ///
    /// - Returns: the call with its target; nil when there is nothing to call now.
    func withTarget(_ call: DeliveryCall) async -> DeliveryCall? {
        let delivery = call.delivery
        let facts = await persistently(call) { try await self.pool.first(TargetQueries.facts(delivery.id)) }
        guard let facts = facts ?? nil else { return nil }
        // What may be under way already is looked up, however the order stands now.
        switch facts.step(delivery.wasUncertain ? .workOrderComment : delivery.operation) {
        case .go(let target):
            var call = call
            call.delivery.target = target
            if delivery.operation == .workOrderCancel, !delivery.wasUncertain,
                let end = await cancellation(of: target, call.runtime)
            {
                await settle(call, end, nil)
                return nil
            }
            return call
        case .wait(let maker):
            let statement = TargetQueries.wait(
                delivery,
                for: maker,
                until: clock.now.adding(seconds: configuration.orderWait)
            )
            _ = await persistently(call) { try await self.pool.execute(statement) }
            note(.waitsForOrder)
            return nil
        case .end(let verdict):
            await settle(call, verdict, nil)
            return nil
        }
    }

    /// Asks the ERP itself: our mirror may be a moment old.
    private func cancellation(of target: String, _ runtime: ConnectorRuntime) async -> DeliveryVerdict? {
        guard runtime.connector.manifest.capabilities.contains(.orderState) else { return nil }
        switch await runtime.connector.state(ofOrder: target) {
        case .state(let state): return TargetFacts.cancellation(OrderPhase(state.phase))
        case .gone: return TargetFacts.cancellation(.gone)
        // The cancellation itself will tell.
        case .failed: return nil
        }
    }
}
