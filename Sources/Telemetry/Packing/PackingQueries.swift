import Assets
import PostgreSQL
import Primitives

/// The statements of the packing worker.
enum PackingQueries {
    /// The first device at or after `device` with readings in a partition that are not packed.
    static func nextDevice(from device: Int32, in partition: ReadingPartition) -> Statement<Int32> {
        Statement(
            "telemetry.packing.next-device",
            """
            SELECT device_id FROM reading
            WHERE device_id >= \(device) AND retention = \(partition.retention.days)
                AND ts >= \(partition.month) AND ts < \(partition.end)
            ORDER BY device_id LIMIT 1
            """
        ) { row throws(PostgresError) in try row.int32(0) }
    }

    /// The first time at or after `time` with a reading of a device that is not packed.
    static func nextTime(device: Int32, from time: Timestamp, in partition: ReadingPartition) -> Statement<Timestamp> {
        Statement(
            "telemetry.packing.next-time",
            """
            SELECT ts FROM reading
            WHERE device_id = \(device) AND retention = \(partition.retention.days)
                AND ts >= \(time) AND ts < \(partition.end)
            ORDER BY ts LIMIT 1
            """
        ) { row throws(PostgresError) in try row.timestamp(0) }
    }

    /// Whether a day may become one block: it has at most `limit` readings and no block yet.
    static func fitsOneBlock(
        device: Int32,
        _ retention: RetentionClass,
        day: Timestamp,
        limit: Int64
    ) -> Statement<Bool> {
        Statement(
            "telemetry.packing.fits",
            """
            SELECT NOT EXISTS (SELECT FROM reading_packed WHERE device_id = \(device)
                    AND retention = \(retention.days) AND start >= \(day) AND start < \(day) + interval '24 hours')
                AND (SELECT count(*) FROM (SELECT FROM reading WHERE device_id = \(device)
                    AND retention = \(retention.days) AND ts >= \(day) AND ts < \(day) + interval '24 hours'
                    LIMIT \(limit) + 1) AS counted) <= \(limit)
            """
        ) { row throws(PostgresError) in try row.bool(0) }
    }

    /// The readings of a stretch that are not packed.
    static func readings(device: Int32, _ stretch: RetentionSchedule.Stretch) -> Statement<Reading> {
        Statement(
            "telemetry.packing.readings",
            """
            SELECT ts, received_at, quality, values FROM reading
            WHERE device_id = \(device) AND retention = \(stretch.retention.days)
                AND ts >= \(stretch.from) AND ts < \(stretch.to)
            ORDER BY ts
            """
        ) { row throws(PostgresError) in
            Reading(
                deviceID: device,
                timestamp: try row.timestamp(0),
                receivedAt: try row.timestamp(1),
                quality: try row.int16(2),
                values: MetricValues(slots: try row.doubles(3))
            )
        }
    }

    static func delete(device: Int32, _ stretch: RetentionSchedule.Stretch) -> Statement<Void> {
        Statement(
            "telemetry.packing.delete",
            """
            DELETE FROM reading
            WHERE device_id = \(device) AND retention = \(stretch.retention.days)
                AND ts >= \(stretch.from) AND ts < \(stretch.to)
            """
        )
    }

    /// Locks a partition against everybody; short, since others wait behind it.
    static func lock(_ partition: ReadingPartition) -> Statement<Void> {
        Statement(
            unprepared: "telemetry.packing.lock",
            "LOCK TABLE \(identifier: partition.name) IN ACCESS EXCLUSIVE MODE"
        )
    }

    static func truncate(_ partition: ReadingPartition) -> Statement<Void> {
        Statement(unprepared: "telemetry.packing.truncate", "TRUNCATE TABLE ONLY \(identifier: partition.name)")
    }

    /// Statements with sample arguments.
    static let all: [AnyStatement] = {
        let time = Timestamp(microseconds: 0)
        let partition = ReadingPartition(retention: .forever, holding: time)
        let stretch = RetentionSchedule.Stretch(from: time, to: time, retention: .forever)
        return [
            AnyStatement(nextDevice(from: 0, in: partition)),
            AnyStatement(nextTime(device: 0, from: time, in: partition)),
            AnyStatement(fitsOneBlock(device: 0, .forever, day: time, limit: 1)),
            AnyStatement(readings(device: 0, stretch)), AnyStatement(delete(device: 0, stretch)),
        ]
    }()
}
