import PostgreSQL
import Primitives

/// The statements beside the lease, which counts calls, so that limits hold over all processes.
enum LimitQueries {
    /// Makes the rows of this minute and locks them until the transaction ends: one process at a time takes places.
    static func lock(_ connectors: [Int32], at now: Timestamp) -> Statement<Void> {
        Statement(
            "outbox.limit.lock",
            """
            INSERT INTO connector_calls AS known (connector_id, minute, calls)
            SELECT id, date_trunc('minute', \(now), 'UTC'), 0 FROM unnest(\(connectors)) AS id ORDER BY id
            ON CONFLICT (connector_id, minute) DO UPDATE SET calls = known.calls
            """
        )
    }

    /// Forgets what no limit looks at any more.
    static func forget(at now: Timestamp) -> Statement<Void> {
        Statement("outbox.limit.forget", "DELETE FROM connector_calls WHERE minute < \(now) - interval '2 hours'")
    }

    static let all: [AnyStatement] = {
        let time = Timestamp(microseconds: 0)
        return [AnyStatement(lock([], at: time)), AnyStatement(forget(at: time))]
    }()
}
