import PostgreSQL
import Primitives

/// One row of the change feed.
struct ChangeRow: Sendable {
    var cursor: ChangeCursor
    var kind: String
    var entityID: String
}

/// The statements on `change`.
enum ChangeFeedQueries {
    /// Changes after a cursor that no transaction still in flight can precede.
    static func changes(after cursor: ChangeCursor, limit: Int64) -> Statement<ChangeRow> {
        Statement(
            "api.change.after",
            """
            SELECT xid::text::bigint, id, kind, entity_id FROM change
            WHERE (xid, id) > ((\(cursor.transaction)::bigint)::text::xid8, \(cursor.id))
                AND xid < pg_snapshot_xmin(pg_current_snapshot())
            ORDER BY xid, id LIMIT \(limit)
            """
        ) { row throws(PostgresError) in
            ChangeRow(
                cursor: ChangeCursor(transaction: try row.int64(0), id: try row.int64(1)),
                kind: try row.string(2),
                entityID: try row.string(3)
            )
        }
    }

    /// A cursor behind everything that is settled now.
    static func head() -> Statement<ChangeCursor> {
        Statement(
            "api.change.head",
            "SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint"
        ) { row throws(PostgresError) in ChangeCursor(transaction: try row.int64(0), id: 0) }
    }

    /// The oldest change that is still kept.
    static func oldest() -> Statement<ChangeCursor> {
        Statement(
            "api.change.oldest",
            "SELECT xid::text::bigint, id FROM change ORDER BY xid, id LIMIT 1"
        ) { row throws(PostgresError) in ChangeCursor(transaction: try row.int64(0), id: try row.int64(1)) }
    }

    static func prune(before time: Timestamp) -> Statement<Void> {
        Statement("api.change.prune", "DELETE FROM change WHERE at < \(time)")
    }
}
