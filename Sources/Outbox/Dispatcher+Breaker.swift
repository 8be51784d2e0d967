import ERP
import Foundation
import Logging
import Observability
import PostgreSQL
import Primitives
import Synchronization

/// How an ERP has answered lately, as this process has seen it.
public struct ConnectorHealth: Hashable, Sendable {
    /// Whether it fails all the time, so that only probes are sent.
    public var isOpen: Bool
    /// Successive failures, up to the number that opens it.
    public var failures: Int
}

extension Dispatcher {
    /// How a connector's ERP has answered lately.
    public func health(of connectorID: Int32) -> ConnectorHealth {
        state.withLock { state in
            let breaker = state.breakers[connectorID]
            return ConnectorHealth(isOpen: breaker?.isOpen == true, failures: breaker?.failures ?? 0)
        }
    }

    /// Notes whether an ERP answered.
    func observe(_ runtime: ConnectorRuntime, answered: Bool) {
        let (wasOpen, isOpen) = state.withLock { state in
            var breaker =
                state.breakers[runtime.id]
                ?? CircuitBreaker(
                    threshold: configuration.breakerThreshold,
                    probeInterval: configuration.probeInterval
                )
            let wasOpen = breaker.isOpen
            if answered { breaker.succeed() } else { breaker.fail(at: clock.now) }
            state.breakers[runtime.id] = breaker
            return (wasOpen, breaker.isOpen)
        }
        guard wasOpen != isOpen else { return }
        metrics.circuit(connector: runtime.key).set(isOpen ? 1 : 0)
        if isOpen {
            logger.warning("the ERP fails; only probes are sent", metadata: ["connector": "\(runtime.key)"])
        } else {
            logger.notice("the ERP answers again", metadata: ["connector": "\(runtime.key)"])
            Task { await recall(runtime) }
        }
    }

    /// What has waited after failures need not wait any longer.
    private func recall(_ runtime: ConnectorRuntime) async {
        do {
            try await pool.execute(DispatchQueries.recall(runtime.id, at: clock.now))
            hint()
        } catch {
            // It only goes later.
            logger.debug("deliveries were not recalled", metadata: ["error": "\(error)"])
        }
    }

    /// Keeps a delivery whose call has ended, though that is not committed yet, from being taken for an interrupted one
    /// and from counting as a call under way.
    func whileSettling(_ call: DeliveryCall, _ body: () async -> Void) async {
        let delivery = call.delivery
        state.withLock { $0.settling[delivery.id] = delivery.attempts }
        await body()
        state.withLock { state in
            // It may be leased again already.
            if state.settling[delivery.id] == delivery.attempts { state.settling[delivery.id] = nil }
        }
        // The next of its lane may go.
        hint()
    }
}
