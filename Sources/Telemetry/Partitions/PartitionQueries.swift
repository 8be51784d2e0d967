import Assets
import PostgreSQL
import Primitives

/// A table of readings that is no parent of others.
struct LeafPartition: Sendable {
    var name: String
    /// Its class's table, or nil when it is detached.
    var parent: String?
    /// Whether its detaching was begun and not finished.
    var isPending: Bool
    /// How many rows it has, by the last analysis.
    var rows: Double
    /// Its size with its index.
    var bytes: Int64
}

/// A class and month in which readings are packed.
struct PackedMonth: Sendable {
    var partition: ReadingPartition
    var rows: Int64
    var points: Int64
    var bytes: Int64
}

/// The statements on partitions.
enum PartitionQueries {
    static func ensure(retention: RetentionClass, month: Timestamp) -> Statement<Bool> {
        Statement(
            "telemetry.partition.ensure",
            "SELECT ensure_reading_partition(\(retention.days), \(month))"
        ) { row throws(PostgresError) in try row.bool(0) }
    }

    /// All tables of readings by month, detached ones included.
    static func leaves() -> Statement<LeafPartition> {
        Statement(
            "telemetry.partition.leaves",
            """
            SELECT leaf.relname, parent.relname, coalesce(inhdetachpending, false),
                greatest(leaf.reltuples, 0)::double precision, pg_total_relation_size(leaf.oid)
            FROM pg_class leaf LEFT JOIN pg_inherits ON inhrelid = leaf.oid
            LEFT JOIN pg_class parent ON parent.oid = inhparent
            WHERE leaf.relkind = 'r' AND leaf.relnamespace = current_schema()::regnamespace
                AND leaf.relname ~ '^reading_(forever|p[0-9]+d)_[0-9]{6}$'
            ORDER BY leaf.relname
            """
        ) { row throws(PostgresError) in
            LeafPartition(
                name: try row.string(0),
                parent: try row.optionalString(1),
                isPending: try row.bool(2),
                rows: try row.double(3),
                bytes: try row.int64(4)
            )
        }
    }

    static func packedMonths() -> Statement<PackedMonth> {
        Statement(
            "telemetry.partition.packed-months",
            "SELECT retention, month, rows, points, bytes FROM reading_packed_month ORDER BY month, retention"
        ) { row throws(PostgresError) in
            PackedMonth(
                partition: ReadingPartition(
                    retention: RetentionClass(days: try row.int16(0)),
                    holding: try row.timestamp(1)
                ),
                rows: try row.int64(2),
                points: try row.int64(3),
                bytes: try row.int64(4)
            )
        }
    }

    /// Deletes some packed blocks of a class and month.
    static func deletePacked(_ partition: ReadingPartition, limit: Int64) -> Statement<Void> {
        Statement(
            "telemetry.partition.delete-packed",
            """
            DELETE FROM reading_packed WHERE ctid = ANY(ARRAY(
                SELECT ctid FROM reading_packed WHERE retention = \(partition.retention.days)
                    AND start >= \(partition.month) AND start < \(partition.end) LIMIT \(limit)))
            """
        )
    }

    static func forgetPacked(_ partition: ReadingPartition) -> Statement<Void> {
        Statement(
            "telemetry.partition.forget-packed",
            """
            DELETE FROM reading_packed_month
            WHERE retention = \(partition.retention.days) AND month = \(partition.month)
            """
        )
    }

    /// Takes a partition out of the table without keeping anybody from writing; not inside a transaction.
    static func detach(_ name: String, from parent: String) -> Statement<Void> {
        Statement(
            unprepared: "telemetry.partition.detach",
            "ALTER TABLE \(identifier: parent) DETACH PARTITION \(identifier: name) CONCURRENTLY"
        )
    }

    /// Ends a detaching that was interrupted.
    static func finishDetaching(_ name: String, from parent: String) -> Statement<Void> {
        Statement(
            unprepared: "telemetry.partition.finalize",
            "ALTER TABLE \(identifier: parent) DETACH PARTITION \(identifier: name) FINALIZE"
        )
    }

    static func drop(_ name: String) -> Statement<Void> {
        Statement(unprepared: "telemetry.partition.drop", "DROP TABLE IF EXISTS \(identifier: name)")
    }

    static func shortLockTimeout() -> Statement<Void> {
        Statement(unprepared: "telemetry.partition.lock-timeout", "SET lock_timeout = '200ms'")
    }

    static func usualLockTimeout() -> Statement<Void> {
        Statement(unprepared: "telemetry.partition.reset-lock-timeout", "RESET lock_timeout")
    }

    static func shortLocalLockTimeout() -> Statement<Void> {
        Statement(unprepared: "telemetry.partition.local-lock-timeout", "SET LOCAL lock_timeout = '200ms'")
    }

    /// Statements with sample arguments.
    static let all: [AnyStatement] = {
        let time = Timestamp(microseconds: 0)
        let partition = ReadingPartition(retention: .forever, holding: time)
        return [
            AnyStatement(ensure(retention: .forever, month: time)), AnyStatement(leaves()),
            AnyStatement(packedMonths()), AnyStatement(deletePacked(partition, limit: 1)),
            AnyStatement(forgetPacked(partition)),
        ]
    }()
}
