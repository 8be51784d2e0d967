import PostgreSQL
import Primitives

/// The statements on ledgers.
enum LedgerQueries {
    /// Adds a batch's lines in its transaction, and checks the lease and the configuration there: no row means that the
    /// lease is lost or the configuration was written.
    ///
    /// `epoch` and `configuration` are what the batch was begun under; nil where nobody asks.
    static func add(_ batch: LedgerBatch, epoch: Int64?, configuration: Int64?) -> Statement<Void> {
        Statement(
            "telemetry.ledger.add",
            """
            INSERT INTO ledger_batch (day, devices, received, stored, merged, duplicate, conflict, late, rejected,
                gaps, gap_seconds, sequence_gaps, least_delay)
            SELECT (\(batch.at) AT TIME ZONE 'UTC')::date, \(batch.devices), \(batch.received), \(batch.stored),
                \(batch.merged), \(batch.duplicate), \(batch.conflict), \(batch.late), \(batch.rejected),
                \(batch.gaps), \(batch.gapSeconds), \(batch.sequenceGaps), \(batch.leastDelay)
            FROM ingest_lease WHERE name = 'main' AND (epoch = \(epoch)::bigint OR \(epoch)::bigint IS NULL)
                AND (\(configuration)::bigint IS NULL
                    OR \(configuration)::bigint = (SELECT sum(revision) FROM configuration))
            FOR SHARE
            """
        )
    }

    /// Moves what batches added into the devices' ledgers.
    static func fold() -> Statement<Void> {
        Statement(
            "telemetry.ledger.fold",
            """
            WITH taken AS (DELETE FROM ledger_batch RETURNING *)
            INSERT INTO device_ledger AS ledger (device_id, day, received, stored, merged, duplicate, conflict, late,
                rejected, gaps, gap_seconds, sequence_gaps, least_delay)
            SELECT line.device_id, taken.day, sum(line.received), sum(coalesce(line.stored, 0)),
                sum(coalesce(line.merged, 0)), sum(coalesce(line.duplicate, 0)), sum(coalesce(line.conflict, 0)),
                sum(coalesce(line.late, 0)), sum(coalesce(line.rejected, 0)), sum(coalesce(line.gaps, 0)),
                sum(coalesce(line.gap_seconds, 0)), sum(coalesce(line.sequence_gaps, 0)), min(line.least_delay)
            FROM taken CROSS JOIN LATERAL unnest(devices, received, stored, merged, duplicate, conflict, late, rejected,
                gaps, gap_seconds, sequence_gaps, least_delay) AS line (device_id, received, stored, merged, duplicate,
                conflict, late, rejected, gaps, gap_seconds, sequence_gaps, least_delay)
            JOIN device ON device.id = line.device_id
            GROUP BY line.device_id, taken.day ORDER BY line.device_id, taken.day
            ON CONFLICT (device_id, day) DO UPDATE SET received = ledger.received + excluded.received,
                stored = ledger.stored + excluded.stored, merged = ledger.merged + excluded.merged,
                duplicate = ledger.duplicate + excluded.duplicate, conflict = ledger.conflict + excluded.conflict,
                late = ledger.late + excluded.late, rejected = ledger.rejected + excluded.rejected,
                gaps = ledger.gaps + excluded.gaps, gap_seconds = ledger.gap_seconds + excluded.gap_seconds,
                sequence_gaps = ledger.sequence_gaps + excluded.sequence_gaps,
                least_delay = least(ledger.least_delay, excluded.least_delay)
            """
        )
    }

    /// A device's ledger by day, from a day on, what is not folded yet included.
    static func days(device: Int32, since: Timestamp) -> Statement<DeviceLedger.Day> {
        Statement(
            "telemetry.ledger.days",
            """
            SELECT day::timestamp AT TIME ZONE 'UTC', sum(received)::bigint, sum(stored)::bigint, sum(merged)::bigint,
                sum(duplicate)::bigint, sum(conflict)::bigint, sum(late)::bigint, sum(rejected)::bigint,
                sum(gaps)::bigint, sum(gap_seconds), sum(sequence_gaps)::bigint, min(least_delay)
            FROM (
                SELECT day, received, stored, merged, duplicate, conflict, late, rejected, gaps, gap_seconds,
                    sequence_gaps, least_delay
                FROM device_ledger WHERE device_id = \(device)
                UNION ALL
                SELECT day, line.received, coalesce(line.stored, 0), coalesce(line.merged, 0),
                    coalesce(line.duplicate, 0), coalesce(line.conflict, 0), coalesce(line.late, 0),
                    coalesce(line.rejected, 0), coalesce(line.gaps, 0), coalesce(line.gap_seconds, 0),
                    coalesce(line.sequence_gaps, 0), line.least_delay
                FROM ledger_batch CROSS JOIN LATERAL unnest(devices, received, stored, merged, duplicate, conflict,
                    late, rejected, gaps, gap_seconds, sequence_gaps, least_delay) AS line (device_id, received, stored,
                    merged, duplicate, conflict, late, rejected, gaps, gap_seconds, sequence_gaps, least_delay)
                WHERE \(device) = ANY (devices) AND line.device_id = \(device)
            ) AS part
            WHERE day >= (\(since) AT TIME ZONE 'UTC')::date GROUP BY day ORDER BY day
            """
        ) { row throws(PostgresError) in
            var line = LedgerLine()
            line.received = try row.int64(1)
            line.stored = try row.int64(2)
            line.merged = try row.int64(3)
            line.duplicate = try row.int64(4)
            line.conflict = try row.int64(5)
            line.late = try row.int64(6)
            line.rejected = try row.int64(7)
            line.gaps = try row.int64(8)
            line.gapSeconds = try row.double(9)
            line.sequenceGaps = try row.int64(10)
            line.leastDelay = try row.optionalDouble(11)
            return DeviceLedger.Day(day: try row.timestamp(0), line: line)
        }
    }

    /// Conflicting readings of a device beside what is stored, the newest first.
    static func conflicts(device: Int32, before: Int64?, limit: Int64) -> Statement<ReadingConflict> {
        Statement(
            "telemetry.conflict.list",
            """
            SELECT conflict.id, conflict.ts, conflict.received_at, conflict.values, coalesce(reading.values, '{}')
            FROM reading_conflict conflict LEFT JOIN reading USING (device_id, ts)
            WHERE conflict.device_id = \(device) AND (\(before)::bigint IS NULL OR conflict.id < \(before)::bigint)
            ORDER BY conflict.id DESC LIMIT \(limit)
            """
        ) { row throws(PostgresError) in
            ReadingConflict(
                id: try row.int64(0),
                timestamp: try row.timestamp(1),
                receivedAt: try row.timestamp(2),
                values: try row.metricValues(3),
                stored: try row.metricValues(4)
            )
        }
    }
}
