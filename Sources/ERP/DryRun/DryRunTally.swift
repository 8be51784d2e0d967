import Primitives

/// What a dry run has found so far; bounded, however long the history is.
struct DryRunTally: Sendable {
    /// The newest outcomes of a sort.
    private struct Newest {
        let limit: Int
        private(set) var outcomes: [DryRunOutcome] = []

        init(limit: Int) { self.limit = limit }

        mutating func note(_ outcome: DryRunOutcome) {
            if outcomes.count == limit {
                guard let oldest = outcomes.last, oldest.cause.timestamp < outcome.cause.timestamp else { return }
                outcomes.removeLast()
            }
            let place = outcomes.firstIndex { $0.cause.timestamp < outcome.cause.timestamp } ?? outcomes.count
            outcomes.insert(outcome, at: place)
        }
    }

    /// A cause on which two versions differ.
    struct Change: Sendable {
        var before: DryRunOutcome?
        var after: DryRunOutcome?
    }

    /// How many differences are shown.
    private static let changesShown = 10

    private(set) var deliveries = 0
    private(set) var failed = 0
    private(set) var added = 0
    private(set) var removed = 0
    private(set) var changed = 0
    private(set) var changes: [Change] = []
    private var newest = Newest(limit: 15)
    private var newestFailed = Newest(limit: 5)

    /// Examples, newest first: some that would have been sent, and some that would have failed.
    var examples: [DryRunOutcome] {
        (newest.outcomes + newestFailed.outcomes).sorted { $0.cause.timestamp > $1.cause.timestamp }
    }

    /// Counts what both versions made of one cause.
    mutating func note(_ after: DryRunOutcome?, before: DryRunOutcome?, compares: Bool) {
        if let after {
            if after.issues.isEmpty {
                deliveries += 1
                newest.note(after)
            } else {
                failed += 1
                newestFailed.note(after)
            }
        }
        guard compares else { return }
        switch (before, after) {
        case (nil, nil): return
        case (nil, _): added += 1
        case (_, nil): removed += 1
        case (let before?, let after?):
            if before.isSame(as: after) { return }
            changed += 1
        }
        if changes.count < Self.changesShown { changes.append(Change(before: before, after: after)) }
    }

    /// Adds what another lane has found.
    mutating func merge(_ other: DryRunTally) {
        deliveries += other.deliveries
        failed += other.failed
        added += other.added
        removed += other.removed
        changed += other.changed
        for outcome in other.newest.outcomes { newest.note(outcome) }
        for outcome in other.newestFailed.outcomes { newestFailed.note(outcome) }
        changes += other.changes.prefix(Self.changesShown - changes.count)
    }
}
