import ERPConnectors
import Foundation
import PostgreSQL
import Primitives
import Synchronization

/// Writes down what came of calls, all that have ended meanwhile in one transaction.
final class SettleBatcher: Sendable {
    private struct Waiting {
        var call: SettledCall
        var continuation: CheckedContinuation<Bool, any Error>
    }

    private struct State {
        var waiting: [Waiting] = []
        var isWriting = false
    }

    /// How many calls one transaction writes down at most.
    static let maximumCount = 64

    private let pool: PostgresPool
    private let clock: WallClock
    private let identifiers: IdentifierSource
    private let orderCheckInterval: Double
    private let state = Mutex(State())

    init(pool: PostgresPool, clock: WallClock, identifiers: IdentifierSource, orderCheckInterval: Double) {
        self.pool = pool
        self.clock = clock
        self.identifiers = identifiers
        self.orderCheckInterval = orderCheckInterval
    }

    /// Commits what came of a call.
    ///
    /// - Returns: whether the lease still held.
    /// - Throws: `PostgresError`.
    func write(_ call: SettledCall) async throws -> Bool {
        try await withCheckedThrowingContinuation { continuation in
            let begins = state.withLock { state in
                state.waiting.append(Waiting(call: call, continuation: continuation))
                defer { state.isWriting = true }
                return !state.isWriting
            }
            if begins { Task { await drain() } }
        }
    }

    private func drain() async {
        while true {
            let batch = state.withLock { state -> [Waiting] in
                let batch = Array(state.waiting.prefix(Self.maximumCount))
                state.waiting.removeFirst(batch.count)
                if batch.isEmpty { state.isWriting = false }
                return batch
            }
            if batch.isEmpty { return }
            await write(batch)
        }
    }

    private func write(_ batch: [Waiting]) async {
        do {
            let settled = try await commit(batch.map(\.call))
            for item in batch { item.continuation.resume(returning: settled.contains(item.call.delivery.id)) }
        } catch {
            let mayPass = (error as? PostgresError).map { $0.isTransient || $0.isOutcomeUnknown } ?? false
            guard batch.count > 1, !mayPass else {
                for item in batch { item.continuation.resume(throwing: error) }
                return
            }
            // One of them cannot be written; the others must not suffer for it.
            for item in batch { await write([item]) }
        }
    }

    private func commit(_ calls: [SettledCall]) async throws -> Set<UUID> {
        let now = clock.now
        return try await pool.transaction { transaction in
            let settled = Set(try await transaction.query(SettleQueries.settle(calls, at: now)))
            let written = calls.filter { settled.contains($0.delivery.id) }
            try await mirror(written, at: now, in: transaction)
            for call in written {
                guard let rest = call.report?.rest, rest > 0 else { continue }
                let until = now.adding(seconds: min(rest, RetryDelay().longestAsked))
                try await transaction.execute(SettleQueries.rest(call.delivery.connectorID, until: until))
            }
            return settled
        }
    }

    /// Notes what the ERP now holds.
    private func mirror(_ calls: [SettledCall], at now: Timestamp, in transaction: Transaction) async throws {
        var orders: [MadeOrder] = []
        for call in calls {
            guard case .delivered(let externalID, _) = call.verdict else { continue }
            switch call.delivery.operation {
            case .workOrderCreate:
                guard let externalID else { continue }
                orders.append(MadeOrder(id: identifiers.next(), delivery: call.delivery, externalID: externalID))
            case .stockSet:
                guard let quantity = call.delivery.quantity else { continue }
                try await transaction.execute(MirrorQueries.setStock(quantity, of: call.delivery, at: now))
            case .stockConsume, .stockReceive:
                guard let quantity = call.delivery.quantity else { continue }
                let difference = call.delivery.operation == .stockReceive ? quantity : -quantity
                try await transaction.execute(MirrorQueries.moveStock(by: difference, of: call.delivery, at: now))
            default: break
            }
        }
        if orders.isEmpty { return }
        // Two deliveries can get one order of an ERP that answers a repeated key with what it has.
        try await transaction.execute(
            MirrorQueries.addWorkOrders(
                orders,
                createdAt: now,
                nextCheckAt: now.adding(seconds: orderCheckInterval)
            )
        )
    }
}
