import Assets
import PostgreSQL
import Primitives

/// A row of `reading_packed` with its readings.
struct StoredBlock: Sendable {
    var deviceID: Int32
    var retention: RetentionClass
    var start: Timestamp
    var points: Int32
    var bytes: Int
    var readings: [Reading]
}

extension ResultRow {
    /// Decodes the `bytea` in a column of `reading_packed`.
    func packedReadings(_ column: Int, device: Int32, start: Timestamp) throws(PostgresError) -> [Reading] {
        guard let readings = try optionalPackedReadings(column, device: device, start: start) else {
            throw decodingError(column, "is NULL")
        }
        return readings
    }

    /// Decodes the `bytea` in a column of `reading_packed`; nil for NULL.
    func optionalPackedReadings(
        _ column: Int,
        device: Int32,
        start: Timestamp
    ) throws(PostgresError) -> [Reading]? {
        guard let bytes = try optionalBytes(column) else { return nil }
        // A probe has no bytes to offer.
        if bytes.isEmpty { return [] }
        do throws(PackingError) {
            return try PackedBlock.decode(bytes, device: device, start: start)
        } catch {
            throw decodingError(column, "holds no readable packed readings (\(error))")
        }
    }

    /// Decodes some slots of what a `bytea` in a column of `reading_packed` has of a stretch; nil for NULL.
    func packedSlots(
        _ column: Int,
        _ slots: [Int],
        start: Timestamp,
        _ stretch: RetentionSchedule.Stretch
    ) throws(PostgresError) -> SlotColumns? {
        guard let bytes = try optionalBytes(column) else { return nil }
        // A probe has no bytes to offer.
        if bytes.isEmpty { return SlotColumns(places: slots.count) }
        do throws(PackingError) {
            return try PackedBlock.decode(bytes, start: start, slots: slots, from: stretch.from, to: stretch.to)
        } catch {
            throw decodingError(column, "holds no readable packed readings (\(error))")
        }
    }
}

/// The statements on packed readings.
enum PackedBlockQueries {
    /// The key of the lock that keeps writers of a device's old readings and its packing apart.
    static let lockSpace: Int32 = 0x5057_0001

    /// Waits until nobody packs readings of these devices; until the end of the transaction nobody will.
    static func lock(devices: [Int32]) -> Statement<Int32> {
        Statement(
            "telemetry.packed.lock",
            "SELECT id FROM unnest(\(devices)) AS id WHERE pg_advisory_xact_lock(\(lockSpace), id) IS NOT NULL"
        ) { row throws(PostgresError) in try row.int32(0) }
    }

    /// The same for one device, unless it would have to wait.
    static func tryLock(device: Int32) -> Statement<Bool> {
        Statement(
            "telemetry.packed.try-lock",
            "SELECT pg_try_advisory_xact_lock(\(lockSpace), \(device))"
        ) { row throws(PostgresError) in try row.bool(0) }
    }

    /// Takes out the blocks that cover (device, class, time), given as columns.
    static func take(devices: [Int32], classes: [Int16], times: [Timestamp]) -> Statement<StoredBlock> {
        Statement(
            "telemetry.packed.take",
            """
            DELETE FROM reading_packed WHERE (device_id, retention, start) IN (
                SELECT packed.device_id, packed.retention, packed.start
                FROM unnest(\(devices), \(classes), \(times)) AS wanted (id, class, ts)
                JOIN reading_packed packed ON packed.device_id = wanted.id AND packed.retention = wanted.class
                    AND packed.start <= wanted.ts AND packed.start > wanted.ts - interval '24 hours'
                WHERE wanted.ts < packed.start + packed.hours * interval '1 hour')
            RETURNING device_id, retention, start, points, data
            """
        ) { row throws(PostgresError) in
            let (device, start) = (try row.int32(0), try row.timestamp(2))
            return StoredBlock(
                deviceID: device,
                retention: RetentionClass(days: try row.int16(1)),
                start: start,
                points: try row.int32(3),
                bytes: try row.bytes(4).count,
                readings: try row.packedReadings(4, device: device, start: start)
            )
        }
    }

    static func beginUnpacking() -> Statement<Void> {
        Statement(unprepared: "telemetry.packed.begin-unpacking", "SAVEPOINT unpacking")
    }

    static func endUnpacking() -> Statement<Void> {
        Statement(unprepared: "telemetry.packed.end-unpacking", "RELEASE SAVEPOINT unpacking")
    }

    static func insert(_ block: StoredBlock, hours: Int16, data: [UInt8]) -> Statement<Void> {
        Statement(
            "telemetry.packed.insert",
            """
            INSERT INTO reading_packed (device_id, retention, hours, start, newest, rows, points, data)
            VALUES (\(block.deviceID), \(block.retention.days), \(hours), \(block.start),
                \(block.readings.last?.timestamp ?? block.start), \(Int32(clamping: block.readings.count)),
                \(block.points), \(data))
            """
        )
    }

    /// Adds to what is known of a class and month.
    static func count(
        _ partition: ReadingPartition,
        rows: Int64,
        points: Int64,
        bytes: Int64
    ) -> Statement<Void> {
        Statement(
            "telemetry.packed.count",
            """
            INSERT INTO reading_packed_month AS known (retention, month, rows, points, bytes)
            VALUES (\(partition.retention.days), \(partition.month), \(rows), \(points), \(bytes))
            ON CONFLICT (retention, month) DO UPDATE SET rows = known.rows + excluded.rows,
                points = known.points + excluded.points, bytes = known.bytes + excluded.bytes
            """
        )
    }

    /// The newest month in which anything was ever packed.
    static func newestMonth() -> Statement<Timestamp?> {
        Statement("telemetry.packed.newest-month", "SELECT max(month) FROM reading_packed_month") {
            row throws(PostgresError) in try row.optionalTimestamp(0)
        }
    }

    /// Statements with sample arguments.
    static let all: [AnyStatement] = {
        let time = Timestamp(microseconds: 0)
        let block = StoredBlock(deviceID: 0, retention: .forever, start: time, points: 0, bytes: 0, readings: [])
        let partition = ReadingPartition(retention: .forever, holding: time)
        return [
            AnyStatement(lock(devices: [])), AnyStatement(tryLock(device: 0)),
            AnyStatement(take(devices: [], classes: [], times: [])), AnyStatement(insert(block, hours: 1, data: [])),
            AnyStatement(count(partition, rows: 0, points: 0, bytes: 0)), AnyStatement(newestMonth()),
        ]
    }()
}
