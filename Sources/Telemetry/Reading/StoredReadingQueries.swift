import Assets
import PostgreSQL
import Primitives

/// The newest block of a device.
struct NewestBlock: Sendable {
    var reading: Reading?
}

/// How many readings a stretch holds, as far as the bounds of packed blocks tell.
struct RowCount: Sendable {
    /// Readings that certainly lie within it.
    var within: Int64
    /// Readings in blocks that reach beyond it: so many at most are in it, too.
    var atEdges: Int64
}

/// The statements that read readings.
enum ReadingQueries {
    /// How many readings a stretch holds: those that are not packed, and packed ones by whole blocks.
    ///
    /// At most two blocks reach beyond the stretch, so that of so many blocks more than `limit` do not.
    static func count(device: Int32, _ stretch: RetentionSchedule.Stretch, limit: Int64) -> Statement<RowCount> {
        Statement(
            "telemetry.reading.count",
            """
            SELECT (SELECT count(*) FROM (SELECT 1 FROM reading
                    WHERE device_id = \(device) AND retention = \(stretch.retention.days)
                        AND ts >= \(stretch.from) AND ts < \(stretch.to) LIMIT \(limit) + 1) AS counted)
                + coalesce(sum(rows) FILTER (WHERE start >= \(stretch.from) AND newest < \(stretch.to)), 0)::bigint,
                coalesce(sum(rows) FILTER (WHERE start < \(stretch.from) OR newest >= \(stretch.to)), 0)::bigint
            FROM (SELECT start, newest, rows FROM reading_packed
                WHERE device_id = \(device) AND retention = \(stretch.retention.days)
                    AND start > \(stretch.from) - interval '1 day' AND start < \(stretch.to)
                    AND newest >= \(stretch.from) LIMIT \(limit) + 3) AS blocks
            """
        ) { row throws(PostgresError) in RowCount(within: try row.int64(0), atEdges: try row.int64(1)) }
    }

    /// How many of its readings each block that reaches beyond a stretch has within it.
    static func countAtEdges(device: Int32, _ stretch: RetentionSchedule.Stretch) -> Statement<Int64> {
        Statement(
            "telemetry.reading.count-at-edges",
            """
            SELECT start, data FROM reading_packed
            WHERE device_id = \(device) AND retention = \(stretch.retention.days)
                AND start > \(stretch.from) - interval '1 day' AND start < \(stretch.to)
                AND newest >= \(stretch.from) AND (start < \(stretch.from) OR newest >= \(stretch.to))
            """
        ) { row throws(PostgresError) in
            let part = try row.packedSlots(1, [], start: try row.timestamp(0), stretch)
            return Int64(part?.times.count ?? 0)
        }
    }

    /// The readings of a stretch in source-time order; a row is one reading or all of a packed block.
    static func merged(device: Int32, _ stretch: RetentionSchedule.Stretch) -> Statement<[Reading]> {
        Statement(
            "telemetry.reading.merged",
            """
            SELECT ts, received_at, quality, values, NULL::bytea FROM reading
            WHERE device_id = \(device) AND retention = \(stretch.retention.days)
                AND ts >= \(stretch.from) AND ts < \(stretch.to)
            UNION ALL
            SELECT start, newest, 0::smallint, '{}'::double precision[], data FROM reading_packed
            WHERE device_id = \(device) AND retention = \(stretch.retention.days)
                AND start > \(stretch.from) - interval '1 day' AND start < \(stretch.to)
                AND newest >= \(stretch.from)
            ORDER BY 1
            """
        ) { row throws(PostgresError) in
            let time = try row.timestamp(0)
            if let packed = try row.optionalPackedReadings(4, device: device, start: time) {
                return packed.filter { $0.timestamp >= stretch.from && $0.timestamp < stretch.to }
            }
            return [
                Reading(
                    deviceID: device,
                    timestamp: time,
                    receivedAt: try row.timestamp(1),
                    quality: try row.int16(2),
                    values: MetricValues(slots: try row.doubles(3))
                )
            ]
        }
    }

    /// Some slots of the readings of a stretch in source-time order; a row is one reading or what is wanted of a block.
    static func slots(
        _ slots: [Int],
        device: Int32,
        _ stretch: RetentionSchedule.Stretch
    ) -> Statement<SlotColumns.Part> {
        Statement(
            "telemetry.reading.slots",
            """
            SELECT ts, values, NULL::bytea FROM reading
            WHERE device_id = \(device) AND retention = \(stretch.retention.days)
                AND ts >= \(stretch.from) AND ts < \(stretch.to)
            UNION ALL
            SELECT start, '{}'::double precision[], data FROM reading_packed
            WHERE device_id = \(device) AND retention = \(stretch.retention.days)
                AND start > \(stretch.from) - interval '1 day' AND start < \(stretch.to)
                AND newest >= \(stretch.from)
            ORDER BY 1
            """
        ) { row throws(PostgresError) in
            let time = try row.timestamp(0)
            if let packed = try row.packedSlots(2, slots, start: time, stretch) { return .block(packed) }
            return .reading(time, try row.metricValues(1))
        }
    }

    /// The newest reading of each device that is not packed.
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

    /// The newest packed reading of each device.
    static func latestPacked(_ pairs: DeviceClasses) -> Statement<NewestBlock> {
        Statement(
            "telemetry.reading.latest-packed",
            """
            SELECT DISTINCT ON (pair.id) pair.id, newest.start, newest.data
            FROM unnest(\(pairs.devices), \(pairs.classes)) AS pair (id, class) CROSS JOIN LATERAL (
                SELECT start, data FROM reading_packed
                WHERE device_id = pair.id AND retention = pair.class ORDER BY start DESC LIMIT 1) newest
            ORDER BY pair.id, newest.start DESC
            """
        ) { row throws(PostgresError) in
            let (device, start) = (try row.int32(0), try row.timestamp(1))
            return NewestBlock(reading: try row.packedReadings(2, device: device, start: start).last)
        }
    }

    /// Statements with sample arguments.
    static let all: [AnyStatement] = {
        let time = Timestamp(microseconds: 0)
        let stretch = RetentionSchedule.Stretch(from: time, to: time, retention: .forever)
        let pairs = DeviceClasses([0], .empty)
        return [
            AnyStatement(count(device: 0, stretch, limit: 1)), AnyStatement(countAtEdges(device: 0, stretch)),
            AnyStatement(merged(device: 0, stretch)),
            AnyStatement(slots([0], device: 0, stretch)),
            AnyStatement(latest(pairs)), AnyStatement(latestPacked(pairs)),
        ]
    }()
}
