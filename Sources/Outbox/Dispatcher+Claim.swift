import ERP
import Foundation
import Logging
import Observability
import PostgreSQL
import Primitives
import Synchronization

/// A due connector and how it is called.
private struct ReadyConnector {
    var due: DueConnector
    var runtime: ConnectorRuntime
}

extension Dispatcher {
    /// Takes expired leases back, then leases what is due and fits the free places.
    func claim() async -> [DeliveryCall] {
        do {
            try await tidy()
            let ready = try await dueConnectors()
            let now = clock.now
            let shares = loop.share(ready.values.map { wish($0, at: now) }.filter { $0.places > 0 })
            let leased = try await lease(shares, ready, at: now)
            state.withLock { state in for row in leased { state.settling[row.id] = nil } }
            let calls = leased.compactMap { row in
                ready[row.connectorID].map { DeliveryCall(delivery: row, runtime: $0.runtime) }
            }
            state.withLock { $0.canReach = true }
            note(.looked(leased: calls.count))
            return calls
        } catch {
            let isNews = state.withLock { state in
                defer { state.canReach = false }
                return state.canReach
            }
            if isNews, !Task.isCancelled {
                logger.warning("the outbox cannot be read now", metadata: ["error": "\(error)"])
            }
            return []
        }
    }

    private func lease(
        _ shares: [CallAllotment],
        _ ready: [Int32: ReadyConnector],
        at now: Timestamp
    ) async throws -> [LeasedDelivery] {
        if shares.isEmpty { return [] }
        let until = now.adding(seconds: configuration.lease)
        let token = identifiers.next()
        let ended = state.withLock { Array($0.settling.keys) }
        let statement = DispatchQueries.lease(shares, ended: ended, token: token, at: now, until: until)
        let limited = shares.map(\.connectorID).filter { ready[$0]?.due.isLimited == true }
        if limited.isEmpty { return try await pool.query(statement) }
        // Under a lock, so that two processes do not take the same place.
        return try await pool.transaction { transaction in
            try await transaction.execute(LimitQueries.lock(limited, at: now))
            return try await transaction.query(statement)
        }
    }

    /// What is done now and then, whoever is due.
    private func tidy() async throws {
        let now = clock.now
        let (mayReclaim, maySweep) = state.withLock { state in
            let reclaims = Self.isDue(state.lastReclaim, configuration.reclaimInterval, now)
            let sweeps = Self.isDue(state.lastSweep, configuration.sweepInterval, now)
            if reclaims { state.lastReclaim = now }
            if sweeps { state.lastSweep = now }
            return (reclaims, sweeps)
        }
        if mayReclaim { try await reclaim() }
        if maySweep {
            let count = try await pool.execute(DispatchQueries.sweep())
            if count > 0 { logger.debug("deliveries were told their turn late", metadata: ["count": "\(count)"]) }
            try await pool.execute(LimitQueries.forget(at: now))
        }
    }

    /// Whether an interval has passed, on a clock that may be set back.
    private static func isDue(_ last: Timestamp?, _ interval: Double, _ now: Timestamp) -> Bool {
        guard let last else { return true }
        return abs(now.seconds(since: last)) >= interval
    }

    /// Expired leases: their call may have been under way when its process ended.
    func reclaim() async throws {
        let settling = state.withLock { Array($0.settling.keys) }
        let count = try await pool.execute(DispatchQueries.reclaim(at: clock.now, except: settling))
        guard count > 0 else { return }
        logger.notice("leases had expired; their deliveries are due again", metadata: ["count": "\(count)"])
        note(.reclaimed(count))
    }

    /// The connectors that have due deliveries; those of deleted connectors end here.
    private func dueConnectors() async throws -> [Int32: ReadyConnector] {
        var ready: [Int32: ReadyConnector] = [:]
        var unknown: [Int32] = []
        for due in try await pool.query(DispatchQueries.connectorsWithDueDeliveries(at: clock.now)) {
            if let runtime = directory.runtime(due.id) {
                ready[due.id] = ReadyConnector(due: due, runtime: runtime)
            } else {
                unknown.append(due.id)
            }
        }
        if !unknown.isEmpty {
            // The statement asks the table too: a directory may be a moment behind a new connector.
            let keys = try await pool.query(DispatchQueries.abandon(connectors: unknown, at: clock.now))
            for key in keys { metrics.deliveries(connector: key, outcome: DeliveryState.dead.rawValue).increment() }
            if !keys.isEmpty { note(.abandoned(keys.count)) }
        }
        return ready
    }

    private func wish(_ ready: ReadyConnector, at now: Timestamp) -> CallAllotment {
        let id = ready.due.id
        let bound = ready.due.concurrent.map { min($0, configuration.mostCallsPerConnector) }
        let free = ready.runtime.isPaused ? 0 : loop.free(for: id, bound: bound)
        let inFlight = loop.inFlight(id)
        let places = state.withLock { state in
            // Who waits to be written down must not become ever more, nor lanes stand still behind them.
            if state.settling.count >= configuration.mostUnsettled { return 0 }
            return state.breakers[id]?.allowance(of: free, inFlight: inFlight, at: now) ?? free
        }
        return CallAllotment(connectorID: id, places: places)
    }
}
