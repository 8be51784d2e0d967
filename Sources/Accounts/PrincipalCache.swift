import Primitives
import Synchronization

/// Remembers proofs of identity for a moment, so that a busy client costs no query per request.
///
/// Refusals are not remembered: a new token works at once.
final class PrincipalCache: Sendable {
    private struct Entry {
        let principal: Principal
        let provenAt: Timestamp
    }

    private struct State {
        var entries: [[UInt8]: Entry] = [:]
        var generation = 0
    }

    private let lifetime: Double
    private let capacity: Int
    private let state = Mutex(State())

    init(lifetime: Double, capacity: Int) {
        self.lifetime = lifetime
        self.capacity = capacity
    }

    func principal(_ hash: [UInt8], at now: Timestamp) -> Principal? {
        state.withLock { state in
            guard let entry = state.entries[hash] else { return nil }
            // A clock set back must not prolong a proof.
            guard (0..<lifetime).contains(now.seconds(since: entry.provenAt)) else {
                state.entries[hash] = nil
                return nil
            }
            return entry.principal
        }
    }

    /// Counts the times that everything was forgotten.
    var generation: Int { state.withLock(\.generation) }

    /// Remembers a proof, unless everything was forgotten since it was begun.
    func insert(_ principal: Principal, for hash: [UInt8], at now: Timestamp, of generation: Int) {
        state.withLock { state in
            if state.generation != generation { return }
            if state.entries.count >= capacity { state.entries.removeAll(keepingCapacity: true) }
            state.entries[hash] = Entry(principal: principal, provenAt: now)
        }
    }

    func removeAll() {
        state.withLock { state in
            state.entries.removeAll(keepingCapacity: true)
            state.generation += 1
        }
    }
}
