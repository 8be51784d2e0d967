import PostgreSQL
import Primitives

/// How much of a connector's limits is used.
struct ConnectorUsage: Hashable, Sendable {
    /// The row.
    var connectorID: Int32
    /// Calls begun in this minute of the clock.
    var thisMinute: Int
    /// Calls begun in the last 60 minutes.
    var lastHour: Int
    /// Calls under way, over all processes.
    var inFlight: Int
}

/// The statements that count calls, so that limits hold over all processes.
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

    /// What is used.
    static func usage(_ connectors: [Int32], at now: Timestamp) -> Statement<ConnectorUsage> {
        Statement(
            "outbox.limit.usage",
            """
            SELECT c.id,
                coalesce((SELECT sum(u.calls) FROM connector_calls u WHERE u.connector_id = c.id
                    AND u.minute = date_trunc('minute', \(now), 'UTC')), 0)::int8,
                coalesce((SELECT sum(u.calls) FROM connector_calls u WHERE u.connector_id = c.id
                    AND u.minute > \(now) - interval '1 hour'), 0)::int8,
                (SELECT count(*) FROM delivery d WHERE d.connector_id = c.id AND d.state = 'leased')
            FROM unnest(\(connectors)) AS c (id)
            """
        ) { row throws(PostgresError) in
            ConnectorUsage(
                connectorID: try row.int32(0),
                thisMinute: try row.int(1),
                lastHour: try row.int(2),
                inFlight: try row.int(3)
            )
        }
    }

    /// Counts calls that begin.
    static func note(_ calls: [CallAllotment], at now: Timestamp) -> Statement<Void> {
        let connectors = calls.map(\.connectorID)
        let counts = calls.map { Int32(clamping: $0.places) }
        return Statement(
            "outbox.limit.note",
            """
            UPDATE connector_calls known SET calls = known.calls + begun.calls
            FROM unnest(\(connectors), \(counts)) AS begun (connector_id, calls)
            WHERE known.connector_id = begun.connector_id AND known.minute = date_trunc('minute', \(now), 'UTC')
            """
        )
    }

    /// Forgets what no limit looks at any more.
    static func forget(at now: Timestamp) -> Statement<Void> {
        Statement("outbox.limit.forget", "DELETE FROM connector_calls WHERE minute < \(now) - interval '2 hours'")
    }

    static let all: [AnyStatement] = {
        let time = Timestamp(microseconds: 0)
        return [
            AnyStatement(lock([], at: time)), AnyStatement(usage([], at: time)), AnyStatement(note([], at: time)),
            AnyStatement(forget(at: time)),
        ]
    }()
}
