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

    private let lifetime: Double
    private let capacity: Int
    private let entries = Mutex<[[UInt8]: Entry]>([:])

    init(lifetime: Double, capacity: Int) {
        self.lifetime = lifetime
        self.capacity = capacity
    }

    func principal(_ hash: [UInt8], at now: Timestamp) -> Principal? {
        entries.withLock { entries in
            guard let entry = entries[hash] else { return nil }
            // A clock set back must not prolong a proof.
            guard (0..<lifetime).contains(now.seconds(since: entry.provenAt)) else {
                entries[hash] = nil
                return nil
            }
            return entry.principal
        }
    }

    func insert(_ principal: Principal, for hash: [UInt8], at now: Timestamp) {
        entries.withLock { entries in
            if entries.count >= capacity { entries.removeAll(keepingCapacity: true) }
            entries[hash] = Entry(principal: principal, provenAt: now)
        }
    }

    func remove(_ hash: [UInt8]) {
        entries.withLock { $0[hash] = nil }
    }

    func removeAll() {
        entries.withLock { $0.removeAll(keepingCapacity: true) }
    }
}
