import Assets
import Foundation
import PostgreSQL
import Primitives

/// One bucket of one slot.
struct BucketRow: Sendable {
    var bucket: Int64
    var slot: Int32
    var minimum: Double
    var maximum: Double
    var average: Double
    var last: Double
}

/// A stored row as the read side needs it.
struct ReadingRow: Sendable {
    var timestamp: Timestamp
    var receivedAt: Timestamp
    var values: MetricValues
}

/// The statements that read readings.
enum ReadingQueries {
    /// How many rows a range holds, counted to `limit` at most.
    static func count(device: Int32, classes: [Int16], from: Timestamp, to: Timestamp, limit: Int64) -> Statement<Int64>
    {
        Statement(
            "telemetry.reading.count",
            """
            SELECT count(*) FROM (SELECT 1 FROM reading
                WHERE device_id = \(device) AND retention = ANY(\(classes)) AND ts >= \(from) AND ts < \(to) LIMIT \(limit)) AS counted
            """
        ) { row throws(PostgresError) in try row.int64(0) }
    }

    static func range(device: Int32, classes: [Int16], from: Timestamp, to: Timestamp) -> Statement<ReadingRow> {
        Statement(
            "telemetry.reading.range",
            """
            SELECT ts, received_at, values FROM reading
            WHERE device_id = \(device) AND retention = ANY(\(classes)) AND ts >= \(from) AND ts < \(to)
            ORDER BY ts
            """
        ) { row throws(PostgresError) in
            ReadingRow(
                timestamp: try row.timestamp(0),
                receivedAt: try row.timestamp(1),
                values: try row.metricValues(2)
            )
        }
    }

    /// Aggregates by bucket of `width` microseconds since the Unix epoch and by slot (counted from 0).
    static func buckets(
        device: Int32,
        classes: [Int16],
        from: Timestamp,
        to: Timestamp,
        width: Int64,
        slots: [Int32]
    ) -> Statement<BucketRow> {
        Statement(
            "telemetry.reading.buckets",
            """
            SELECT floor(extract(epoch FROM ts) * 1000000 / \(width)::bigint)::bigint AS bucket, slot,
                min(values[slot + 1]), max(values[slot + 1]), avg(values[slot + 1]),
                (array_agg(values[slot + 1] ORDER BY ts DESC))[1]
            FROM reading CROSS JOIN LATERAL unnest(\(slots)) AS slot
            WHERE device_id = \(device) AND retention = ANY(\(classes)) AND ts >= \(from) AND ts < \(to)
                AND values[slot + 1] IS NOT NULL
            GROUP BY bucket, slot ORDER BY bucket, slot
            """
        ) { row throws(PostgresError) in
            BucketRow(
                bucket: try row.int64(0),
                slot: try row.int32(1),
                minimum: try row.double(2),
                maximum: try row.double(3),
                average: try row.double(4),
                last: try row.double(5)
            )
        }
    }

    static func latest(_ pairs: DeviceClasses) -> Statement<Reading> {
        Statement(
            "telemetry.reading.latest",
            """
            SELECT DISTINCT ON (pair.id) pair.id, newest.ts, newest.received_at, newest.quality, newest.values
            FROM unnest(\(pairs.devices), \(pairs.classes)) AS pair (id, class) CROSS JOIN LATERAL (
                SELECT ts, received_at, quality, values FROM reading
                WHERE device_id = pair.id AND retention = pair.class ORDER BY ts DESC LIMIT 1) newest
            ORDER BY pair.id, newest.ts DESC
            """
        ) { row throws(PostgresError) in
            Reading(
                deviceID: try row.int32(0),
                timestamp: try row.timestamp(1),
                receivedAt: try row.timestamp(2),
                quality: try row.int16(3),
                values: try row.metricValues(4)
            )
        }
    }
}

/// Every statement of the module, for the test that prepares them.
public enum TelemetryStatements {
    /// Needed before the others can be prepared: some name the stage.
    public static let stage = AnyStatement(ReadingWriteQueries.createStage())

    /// All statements, with sample arguments.
    public static let all: [AnyStatement] = {
        let time = Timestamp(microseconds: 0)
        let holder = UUID(uuid: (0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0))
        let reading = Reading(
            deviceID: 0,
            timestamp: time,
            receivedAt: time,
            quality: 0,
            values: MetricValues(slots: [1])
        )
        return [
            AnyStatement(ReadingWriteQueries.insertFromStage()), AnyStatement(ReadingWriteQueries.twins()),
            AnyStatement(ReadingWriteQueries.merge(reading, retention: .forever)),
            AnyStatement(ReadingWriteQueries.insertConflict(reading)),
            AnyStatement(PartitionQueries.ensure(retention: .forever, month: time)),
            AnyStatement(ReadingWriteQueries.newest(DeviceClasses([0], .empty))),
            AnyStatement(RefusedMessageQueries.pruneQuarantine(limit: 1)),
            AnyStatement(RefusedMessageQueries.pruneRejected(limit: 1)),
            AnyStatement(ReadingQueries.count(device: 0, classes: [], from: time, to: time, limit: 1)),
            AnyStatement(ReadingQueries.range(device: 0, classes: [], from: time, to: time)),
            AnyStatement(ReadingQueries.buckets(device: 0, classes: [], from: time, to: time, width: 1, slots: [])),
            AnyStatement(ReadingQueries.latest(DeviceClasses([0], .empty))),
            AnyStatement(LeaseQueries.take(holder, epoch: nil, seconds: 1)),
            AnyStatement(LeaseQueries.evict(exceptSession: "")),
            AnyStatement(LeaseQueries.release(holder, epoch: 1)), AnyStatement(LeaseQueries.state()),
            AnyStatement(LedgerQueries.add(LedgerBatch([:], at: time), epoch: nil)),
            AnyStatement(LedgerQueries.fold()), AnyStatement(LedgerQueries.days(device: 0, since: time)),
            AnyStatement(LedgerQueries.conflicts(device: 0, before: nil, limit: 1)),
        ] + RefusedListQueries.statements + SourceQueries.statements
    }()
}
