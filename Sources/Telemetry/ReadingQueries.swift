import Assets
import PostgreSQL
import Primitives

/// A staged row whose identity was stored before.
struct StoredTwin: Sendable {
    var place: Int32
    var values: MetricValues
}

/// The newest stored source time of a device.
struct NewestRow: Sendable {
    var deviceID: Int32
    var timestamp: Timestamp
}

extension ResultRow {
    /// A `float8[]` column as metric values.
    func metricValues(_ column: Int) throws(PostgresError) -> MetricValues {
        MetricValues(slots: try doubles(column))
    }
}

/// The statements that write readings.
enum ReadingWriteQueries {
    /// The stage of one connection; it empties itself at every COMMIT.
    static func createStage() -> Statement<Void> {
        Statement(
            "telemetry.stage.create",
            """
            CREATE TEMPORARY TABLE IF NOT EXISTS reading_stage (
                place integer NOT NULL, device_id integer NOT NULL, quality smallint NOT NULL,
                retention smallint NOT NULL, ts timestamptz NOT NULL, received_at timestamptz NOT NULL, values double precision[] NOT NULL
            ) ON COMMIT DELETE ROWS
            """
        )
    }

    static func insertFromStage() -> Statement<Void> {
        Statement(
            "telemetry.reading.insert",
            """
            INSERT INTO reading (device_id, quality, retention, ts, received_at, values)
            SELECT device_id, quality, retention, ts, received_at, values FROM reading_stage
            ON CONFLICT (device_id, retention, ts) DO NOTHING
            """
        )
    }

    /// Staged rows that were stored by an earlier transaction.
    static func twins() -> Statement<StoredTwin> {
        Statement(
            "telemetry.reading.twins",
            """
            SELECT stage.place, reading.values FROM reading_stage stage
            JOIN reading USING (device_id, retention, ts)
            WHERE reading.xmin <> pg_current_xact_id()::xid ORDER BY stage.place
            """
        ) { row throws(PostgresError) in
            StoredTwin(place: try row.int32(0), values: try row.metricValues(1))
        }
    }

    static func merge(_ reading: Reading, retention: RetentionClass) -> Statement<Void> {
        Statement(
            "telemetry.reading.merge",
            """
            UPDATE reading SET values = \(reading.values.postgresArray)
            WHERE device_id = \(reading.deviceID) AND retention = \(retention.days) AND ts = \(reading.timestamp)
            """
        )
    }

    static func insertConflict(_ reading: Reading) -> Statement<Void> {
        Statement(
            "telemetry.conflict.insert",
            """
            INSERT INTO reading_conflict (device_id, ts, received_at, values)
            VALUES (\(reading.deviceID), \(reading.timestamp), \(reading.receivedAt), \(reading.values.postgresArray))
            """
        )
    }

    /// The newest source time of each device, given with the classes that its readings may have: two columns of pairs.
    static func newest(_ pairs: DeviceClasses) -> Statement<NewestRow> {
        Statement(
            "telemetry.reading.newest",
            """
            SELECT pair.id, max(newest.ts) FROM unnest(\(pairs.devices), \(pairs.classes)) AS pair (id, class)
            CROSS JOIN LATERAL (
                (SELECT ts FROM reading WHERE device_id = pair.id AND retention = pair.class ORDER BY ts DESC LIMIT 1)
                UNION ALL
                (SELECT newest FROM reading_packed WHERE device_id = pair.id AND retention = pair.class
                ORDER BY start DESC LIMIT 1)) newest
            GROUP BY pair.id
            """
        ) { row throws(PostgresError) in
            NewestRow(deviceID: try row.int32(0), timestamp: try row.timestamp(1))
        }
    }
}

/// The statements on messages that were not accepted.
enum RefusedMessageQueries {
    /// Keeps the newest `limit` quarantined messages.
    static func pruneQuarantine(limit: Int64) -> Statement<Void> {
        Statement(
            "telemetry.quarantine.prune",
            """
            DELETE FROM quarantined_message
            WHERE id <= (SELECT id FROM quarantined_message ORDER BY id DESC OFFSET \(limit) LIMIT 1)
            """
        )
    }

    /// Keeps the newest `limit` rejected messages.
    static func pruneRejected(limit: Int64) -> Statement<Void> {
        Statement(
            "telemetry.rejected.prune",
            """
            DELETE FROM rejected_message
            WHERE id <= (SELECT id FROM rejected_message ORDER BY id DESC OFFSET \(limit) LIMIT 1)
            """
        )
    }
}

extension MetricValues {
    /// The values as elements of a `float8[]`; absent ones are NULL.
    var postgresArray: [Double?] { slots.map { $0.isNaN ? nil : $0 } }
}
