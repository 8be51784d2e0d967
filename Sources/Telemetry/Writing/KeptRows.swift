import PostgreSQL

/// Where a message is kept that was not accepted.
enum KeptRow: Hashable, Sendable {
    case rejected(Int64)
    case quarantined(Int64)
}

/// The kept messages that a batch takes: their rows go in its transaction, so that no crash leaves both or neither.
struct KeptRows: Sendable {
    private var rejected: [Int64] = []
    private var quarantined: [Int64] = []

    /// Somebody else has settled a message meanwhile; nothing of the batch was written.
    struct SettledMeanwhile: Error {}

    /// Finds the rows to settle: of a rejected message unless it is rejected again, of one from quarantine in any case.
    init(_ messages: [TelemetryMessage], _ fates: [MessageFate]) {
        for (message, fate) in zip(messages, fates) {
            switch message.kept {
            case nil: break
            case .rejected(let id): if fate.rejection == nil { rejected.append(id) }
            case .quarantined(let id): quarantined.append(id)
            }
        }
    }

    /// Deletes the rows.
    ///
    /// - Throws: ``SettledMeanwhile`` when one is no longer there.
    func settle(in transaction: Transaction) async throws {
        if !rejected.isEmpty {
            let count = try await transaction.execute(RefusedListQueries.dismissRejected(ids: rejected))
            guard count == rejected.count else { throw SettledMeanwhile() }
        }
        if !quarantined.isEmpty {
            let count = try await transaction.execute(RefusedListQueries.dismissKept(ids: quarantined))
            guard count == quarantined.count else { throw SettledMeanwhile() }
        }
    }
}
