import Assets
import PostgreSQL
import Primitives

/// Up to where a device's buckets are computed.
struct RollupProgress: Sendable {
    var deviceID: Int32
    var through: Timestamp
}

/// A minute whose readings changed after it was computed.
struct DirtyMinute: Hashable, Sendable {
    var deviceID: Int32
    var minute: Timestamp
}

/// What one bucket knows of a slot.
struct SlotRow: Sendable {
    var bucket: Timestamp
    var statistics: SlotStatistics
}

/// From where on a device has hours, and up to where its buckets are computed; nil when there is nothing.
struct RollupReach: Sendable {
    var firstHour: Timestamp?
    var through: Timestamp?
}

/// A stored bucket with few readings.
struct SparseBucket: Sendable {
    var span: RollupSpan
    var bucket: Timestamp
    var readings: Int32
}

/// Pieces that are read from rollups, as columns.
private struct PieceColumns {
    var spans: [Int16] = []
    var starts: [Timestamp] = []
    var ends: [Timestamp] = []

    init(_ pieces: [SpanCover.Piece]) {
        for piece in pieces {
            guard let span = piece.span else { continue }
            spans.append(span.rawValue)
            starts.append(piece.from)
            ends.append(piece.to)
        }
    }
}

/// The statements on rollups.
enum RollupQueries {
    static func progress() -> Statement<RollupProgress> {
        Statement("telemetry.rollup.progress", "SELECT device_id, through FROM rollup_progress") {
            row throws(PostgresError) in
            RollupProgress(deviceID: try row.int32(0), through: try row.timestamp(1))
        }
    }

    static func progress(ofDevice device: Int32) -> Statement<Timestamp> {
        Statement("telemetry.rollup.progress-of", "SELECT through FROM rollup_progress WHERE device_id = \(device)") {
            row throws(PostgresError) in try row.timestamp(0)
        }
    }

    static func setProgress(device: Int32, through: Timestamp) -> Statement<Void> {
        Statement(
            "telemetry.rollup.set-progress",
            """
            INSERT INTO rollup_progress (device_id, through) VALUES (\(device), \(through))
            ON CONFLICT (device_id) DO UPDATE SET through = greatest(rollup_progress.through, excluded.through)
            """
        )
    }

    /// The source time of the first reading at or after `from`, packed ones included; no row when there is none.
    static func first(device: Int32, retention: RetentionClass, from: Timestamp) -> Statement<Timestamp?> {
        Statement(
            "telemetry.rollup.first",
            """
            SELECT least(
                (SELECT ts FROM reading WHERE device_id = \(device) AND retention = \(retention.days)
                    AND ts >= \(from) ORDER BY ts LIMIT 1),
                (SELECT greatest(start, \(from)) FROM reading_packed WHERE device_id = \(device)
                    AND retention = \(retention.days) AND start > \(from) - interval '1 day' AND newest >= \(from)
                    ORDER BY start LIMIT 1))
            """
        ) { row throws(PostgresError) in try row.optionalTimestamp(0) }
    }

    static func delete(device: Int32, span: RollupSpan, from: Timestamp, to: Timestamp) -> Statement<Void> {
        Statement(
            "telemetry.rollup.delete",
            """
            DELETE FROM rollup
            WHERE device_id = \(device) AND span = \(span.rawValue) AND bucket >= \(from) AND bucket < \(to)
            """
        )
    }

    static func buckets(device: Int32, span: RollupSpan, from: Timestamp, to: Timestamp) -> Statement<RollupBucket> {
        Statement(
            "telemetry.rollup.buckets",
            """
            SELECT bucket, readings, counts, minimum, maximum, total, first, last, rise FROM rollup
            WHERE device_id = \(device) AND span = \(span.rawValue) AND bucket >= \(from) AND bucket < \(to)
            ORDER BY bucket
            """
        ) { row throws(PostgresError) in
            var bucket = RollupBucket(start: try row.timestamp(0))
            bucket.readings = try row.int32(1)
            let counts = try row.int32Array(2)
            let last = try row.doubles(7)
            let minimum = try row.optionalDoubles(3) ?? last
            let maximum = try row.optionalDoubles(4) ?? last
            let total = try row.optionalDoubles(5) ?? last
            let first = try row.optionalDoubles(6) ?? last
            let rise = try row.optionalDoubles(8) ?? []
            guard [minimum, maximum, total, first, last].allSatisfy({ $0.count == counts.count }) else {
                throw row.decodingError(2, "has another length than its neighbours")
            }
            bucket.slots = counts.indices.map { slot in
                SlotStatistics(
                    count: counts[slot],
                    minimum: minimum[slot],
                    maximum: maximum[slot],
                    total: total[slot],
                    first: first[slot],
                    last: last[slot],
                    rise: slot < rise.count && !rise[slot].isNaN ? rise[slot] : 0
                )
            }
            return bucket
        }
    }

    /// How many readings a bucket has; no row when it is not stored.
    static func readings(device: Int32, span: RollupSpan, bucket: Timestamp) -> Statement<Int32> {
        Statement(
            "telemetry.rollup.readings",
            """
            SELECT readings FROM rollup
            WHERE device_id = \(device) AND span = \(span.rawValue) AND bucket = \(bucket)
            """
        ) { row throws(PostgresError) in try row.int32(0) }
    }

    /// The first hour with a rollup at or after `from`, and up to where buckets are computed.
    static func reach(device: Int32, from: Timestamp) -> Statement<RollupReach> {
        Statement(
            "telemetry.rollup.reach",
            """
            SELECT (SELECT min(bucket) FROM rollup
                    WHERE device_id = \(device) AND span = 60::smallint AND bucket >= \(from)),
                (SELECT through FROM rollup_progress WHERE device_id = \(device))
            """
        ) { row throws(PostgresError) in
            RollupReach(firstHour: try row.optionalTimestamp(0), through: try row.optionalTimestamp(1))
        }
    }

    // OFFSET 0 keeps the planner from joining a piece's buckets in any other way than by its range in the index.

    /// The wider buckets around pieces that have so few readings that nothing narrower is stored of them.
    static func sparse(device: Int32, _ pieces: [SpanCover.Piece]) -> Statement<SparseBucket> {
        let columns = PieceColumns(pieces)
        return Statement(
            "telemetry.rollup.sparse",
            """
            SELECT wide.span, wide.bucket, wide.readings
            FROM unnest(\(columns.spans), \(columns.starts), \(columns.ends)) AS piece (span, start, stop)
            CROSS JOIN (VALUES (10::smallint, \(RollupDensity.fewInTenMinutes)), (60::smallint, \(RollupDensity.fewInHour)))
                AS level (span, few)
            CROSS JOIN LATERAL (SELECT span, bucket, readings FROM rollup
                WHERE device_id = \(device) AND span = level.span
                    AND bucket > piece.start - level.span * interval '1 minute' AND bucket < piece.stop
                    AND readings <= level.few OFFSET 0) AS wide
            WHERE level.span > piece.span ORDER BY wide.bucket
            """
        ) { row throws(PostgresError) in
            // A probe has only zeros to offer.
            SparseBucket(
                span: RollupSpan(rawValue: try row.int16(0)) ?? .hour,
                bucket: try row.timestamp(1),
                readings: try row.int32(2)
            )
        }
    }

    /// What the buckets of pieces know of a slot (counted from 0), in no promised order.
    ///
    /// The slot stands alone: joined with a list of slots, a plan made once for all would keep every bucket with all its
    /// columns first, at twice the time. Of a gauge nothing is asked for that only counters and states need; its
    /// statistics have neither `first` nor `last`.
    static func slot(
        _ slot: Int32,
        isGauge: Bool,
        device: Int32,
        _ pieces: [SpanCover.Piece]
    ) -> Statement<SlotRow> {
        let columns = PieceColumns(pieces)
        if isGauge {
            return Statement(
                "telemetry.rollup.gauge",
                """
                SELECT \(figures)
                FROM unnest(\(columns.spans), \(columns.starts), \(columns.ends)) AS piece (span, start, stop)
                CROSS JOIN (SELECT \(slot) + 1 AS place, \(device)::integer AS device) AS wanted \(bucketsOfPieces)
                """,
                row: decodeFigures
            )
        }
        return Statement(
            "telemetry.rollup.slot",
            """
            SELECT \(figures), coalesce(first[place], last[place]), last[place], coalesce(rise[place], 0)
            FROM unnest(\(columns.spans), \(columns.starts), \(columns.ends)) AS piece (span, start, stop)
            CROSS JOIN (SELECT \(slot) + 1 AS place, \(device)::integer AS device) AS wanted \(bucketsOfPieces)
            """
        ) { row throws(PostgresError) in
            var found = try decodeFigures(row)
            found.statistics.first = try row.double(5)
            found.statistics.last = try row.double(6)
            found.statistics.rise = try row.double(7)
            return found
        }
    }

    private static let figures: SQL.Part = """
        bucket, counts[place], coalesce(minimum[place], last[place]), coalesce(maximum[place], last[place]),
            coalesce(total[place], last[place])
        """
    private static let bucketsOfPieces: SQL.Part = """
        CROSS JOIN LATERAL (SELECT bucket, counts, minimum, maximum, total, first, last, rise FROM rollup
            WHERE device_id = wanted.device AND rollup.span = piece.span
                AND bucket >= piece.start AND bucket < piece.stop OFFSET 0) AS found
        WHERE counts[place] > 0
        """

    @Sendable private static func decodeFigures(_ row: ResultRow) throws(PostgresError) -> SlotRow {
        SlotRow(
            bucket: try row.timestamp(0),
            statistics: SlotStatistics(
                count: try row.int32(1),
                minimum: try row.double(2),
                maximum: try row.double(3),
                total: try row.optionalDouble(4) ?? .nan
            )
        )
    }

    /// Takes marks out; what is computed afterwards in the transaction sees every row that they stand for.
    static func takeDirty(limit: Int64) -> Statement<DirtyMinute> {
        Statement(
            "telemetry.rollup.take-dirty",
            """
            DELETE FROM rollup_dirty WHERE ctid = ANY(ARRAY(SELECT ctid FROM rollup_dirty LIMIT \(limit)))
            RETURNING device_id, minute
            """
        ) { row throws(PostgresError) in
            DirtyMinute(deviceID: try row.int32(0), minute: try row.timestamp(1))
        }
    }

    static func dirtyCount() -> Statement<Int64> {
        Statement("telemetry.rollup.dirty-count", "SELECT count(*) FROM rollup_dirty") { row throws(PostgresError) in
            try row.int64(0)
        }
    }

    /// Statements with sample arguments.
    static let all: [AnyStatement] = {
        let time = Timestamp(microseconds: 0)
        return [
            AnyStatement(progress()), AnyStatement(progress(ofDevice: 0)),
            AnyStatement(setProgress(device: 0, through: time)),
            AnyStatement(first(device: 0, retention: .forever, from: time)),
            AnyStatement(delete(device: 0, span: .hour, from: time, to: time)),
            AnyStatement(buckets(device: 0, span: .hour, from: time, to: time)), AnyStatement(takeDirty(limit: 1)),
            AnyStatement(dirtyCount()), AnyStatement(reach(device: 0, from: time)),
            AnyStatement(readings(device: 0, span: .hour, bucket: time)),
            AnyStatement(sparse(device: 0, [])), AnyStatement(slot(0, isGauge: true, device: 0, [])),
            AnyStatement(slot(0, isGauge: false, device: 0, [])),
        ]
    }()
}
