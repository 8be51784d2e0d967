import Foundation
import PostgreSQL
import Primitives

/// A connector whose list of changed orders is to be read.
struct DueChanges: Hashable, Sendable {
    /// The row.
    var connectorID: Int32
    /// The newest change seen, by the ERP's clock; nil when nothing was read as yet.
    var since: Timestamp?
}

/// The statements about lists of changed orders.
enum OrderChangeQueries {
    /// The connectors whose list is due; whether they have one, their kinds know.
    static func due(at now: Timestamp) -> Statement<Int32> {
        Statement(
            "outbox.changes.due",
            """
            SELECT c.id FROM connector c LEFT JOIN connector_state s ON s.connector_id = c.id
            WHERE c.deleted_at IS NULL AND c.paused_at IS NULL AND (s.rests_until IS NULL OR s.rests_until <= \(now))
                AND (s.changes_next_at IS NULL OR s.changes_next_at <= \(now))
            ORDER BY c.id
            """
        ) { row throws(PostgresError) in try row.int32(0) }
    }

    /// Claims a connector's list by moving its next reading away; no row when another process was first.
    static func claim(_ connectorID: Int32, at now: Timestamp, until: Timestamp) -> Statement<DueChanges> {
        Statement(
            "outbox.changes.claim",
            """
            INSERT INTO connector_state AS known (connector_id, changes_next_at) VALUES (\(connectorID), \(until))
            ON CONFLICT (connector_id) DO UPDATE SET changes_next_at = excluded.changes_next_at
            WHERE known.changes_next_at IS NULL OR known.changes_next_at <= \(now)
            RETURNING connector_id, changes_since
            """
        ) { row throws(PostgresError) in
            DueChanges(connectorID: try row.int32(0), since: try row.optionalTimestamp(1))
        }
    }

    /// Notes how far a list was read.
    static func advance(_ connectorID: Int32, to newest: Timestamp?) -> Statement<Void> {
        Statement(
            "outbox.changes.advance",
            """
            UPDATE connector_state SET changes_since = greatest(changes_since, \(newest))
            WHERE connector_id = \(connectorID)
            """
        )
    }

    /// Notes the end of a reading.
    static func end(_ connectorID: Int32, error: String?, at now: Timestamp, next: Timestamp) -> Statement<Void> {
        Statement(
            "outbox.changes.end",
            """
            UPDATE connector_state SET changes_next_at = least(\(next), CASE WHEN changes_next_at > \(now)
                    THEN \(next) ELSE changes_next_at END),
                changes_error = \(error?.storable),
                changes_read_at = CASE WHEN \(error == nil) THEN \(now) ELSE changes_read_at END
            WHERE connector_id = \(connectorID)
            """
        )
    }

    /// Notes that an ERP said that something changed; touches one row unless it had said so a moment ago.
    static func noteHint(_ connectorID: Int32, at now: Timestamp, quiet: Double) -> Statement<Void> {
        let (since, until) = (now.adding(seconds: -quiet), now.adding(seconds: quiet))
        return Statement(
            "outbox.changes.hint",
            """
            INSERT INTO connector_state AS known (connector_id, hinted_at) VALUES (\(connectorID), \(now))
            ON CONFLICT (connector_id) DO UPDATE SET hinted_at = excluded.hinted_at
            WHERE known.hinted_at IS NULL OR known.hinted_at <= \(since) OR known.hinted_at >= \(until)
            """
        )
    }

    /// Makes a connector's list due.
    static func hurry(_ connectorID: Int32, at now: Timestamp) -> Statement<Void> {
        Statement(
            "outbox.changes.hurry",
            """
            INSERT INTO connector_state AS known (connector_id, changes_next_at) VALUES (\(connectorID), \(now))
            ON CONFLICT (connector_id)
                DO UPDATE SET changes_next_at = least(known.changes_next_at, excluded.changes_next_at)
            """
        )
    }

    static let all: [AnyStatement] = {
        let time = Timestamp(microseconds: 0)
        return [
            AnyStatement(due(at: time)), AnyStatement(claim(0, at: time, until: time)),
            AnyStatement(advance(0, to: nil)), AnyStatement(end(0, error: nil, at: time, next: time)),
            AnyStatement(noteHint(0, at: time, quiet: 1)), AnyStatement(hurry(0, at: time)),
        ]
    }()
}
