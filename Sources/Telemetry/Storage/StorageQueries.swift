import PostgreSQL
import Primitives

/// A table and its size.
public struct TableSize: Sendable {
    /// The table; partitions count for their parent.
    public var name: String
    /// With indexes and out-of-line values.
    public var bytes: Int64
}

/// Sums over the whole database.
struct StorageSums: Sendable {
    var database: Int64
    var packedBytes: Int64
    var rollupBytes: Int64
    var dirty: Int64
    var oldest: Timestamp?
    var newest: Timestamp?
    var behind: Timestamp?
}

/// The database's size at a time.
struct StorageSample: Sendable {
    var at: Timestamp
    var bytes: Int64
}

/// The statements on storage.
enum StorageQueries {
    /// Notes the size, at most once an hour, and forgets what is older than 40 days.
    static func sample(at now: Timestamp) -> Statement<Void> {
        Statement(
            "telemetry.storage.sample",
            """
            WITH forgotten AS (DELETE FROM storage_sample WHERE at < \(now) - interval '40 days')
            INSERT INTO storage_sample (at, bytes) SELECT \(now), pg_database_size(current_database())
            WHERE NOT EXISTS (SELECT FROM storage_sample WHERE at > \(now) - interval '1 hour' AND at <= \(now))
            ON CONFLICT DO NOTHING
            """
        )
    }

    /// The first sample of the last week.
    static func reference(before now: Timestamp) -> Statement<StorageSample> {
        Statement(
            "telemetry.storage.reference",
            "SELECT at, bytes FROM storage_sample WHERE at > \(now) - interval '7 days' ORDER BY at LIMIT 1"
        ) { row throws(PostgresError) in StorageSample(at: try row.timestamp(0), bytes: try row.int64(1)) }
    }

    static func tables() -> Statement<TableSize> {
        Statement(
            "telemetry.storage.tables",
            """
            SELECT coalesce(pg_partition_root(oid)::text, relname) AS name,
                sum(pg_total_relation_size(oid))::bigint AS bytes
            FROM pg_class WHERE relkind = 'r' AND relnamespace = current_schema()::regnamespace
            GROUP BY 1 ORDER BY 2 DESC, 1
            """
        ) { row throws(PostgresError) in TableSize(name: try row.string(0), bytes: try row.int64(1)) }
    }

    static func sums() -> Statement<StorageSums> {
        Statement(
            "telemetry.storage.sums",
            """
            SELECT pg_database_size(current_database()), pg_total_relation_size('reading_packed'),
                pg_total_relation_size('rollup_minute') + pg_total_relation_size('rollup_ten_minutes')
                    + pg_total_relation_size('rollup_hour'),
                (SELECT count(*) FROM rollup_dirty),
                (SELECT min((SELECT bucket FROM rollup WHERE device_id = progress.device_id AND span = 60::smallint
                    ORDER BY bucket LIMIT 1)) FROM rollup_progress progress),
                (SELECT max(through) FROM rollup_progress), (SELECT min(minute) FROM rollup_dirty)
            """
        ) { row throws(PostgresError) in
            StorageSums(
                database: try row.int64(0),
                packedBytes: try row.int64(1),
                rollupBytes: try row.int64(2),
                dirty: try row.int64(3),
                oldest: try row.optionalTimestamp(4),
                newest: try row.optionalTimestamp(5),
                behind: try row.optionalTimestamp(6)
            )
        }
    }

    /// How many values a reading has on average, by a thousand of them that lie together.
    static func pointsPerReading() -> Statement<Double?> {
        Statement(
            "telemetry.storage.points",
            """
            SELECT avg(cardinality(array_remove(values, NULL)))::double precision
            FROM (SELECT values FROM reading LIMIT 1000) AS portion
            """
        ) { row throws(PostgresError) in try row.optionalDouble(0) }
    }

    /// Statements with sample arguments.
    static let all: [AnyStatement] = [
        AnyStatement(sample(at: Timestamp(microseconds: 0))),
        AnyStatement(reference(before: Timestamp(microseconds: 0))), AnyStatement(tables()), AnyStatement(sums()),
        AnyStatement(pointsPerReading()),
    ]
}
