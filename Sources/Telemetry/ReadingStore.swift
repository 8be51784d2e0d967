import Assets
import PostgreSQL
import Primitives

/// A chart's data: columns over common times.
public struct ReadingColumns: Sendable {
    /// One metric's column.
    public enum Column: Sendable {
        /// One value per time.
        case values([JSONValue])
        /// Per bucket; null where a bucket has no value.
        case buckets(minimum: [Double?], maximum: [Double?], average: [Double?])
    }

    /// Width of a bucket in seconds; 0 when the readings are raw.
    public var bucket: Double
    /// Source times, or starts of buckets.
    public var times: [Timestamp]
    /// Columns by metric key, in the order asked for.
    public var series: [(metric: Metric, column: Column)]
}

/// Reads stored readings.
public struct ReadingStore: Sendable {
    let pool: PostgresPool
    let plant: PlantStore

    /// Makes a reader over a pool.
    public init(pool: PostgresPool, plant: PlantStore) {
        self.pool = pool
        self.plant = plant
    }

    /// A range for a chart: raw when it fits into `points`, else aggregated into at most `points` buckets.
    ///
    /// `from` is inclusive, `to` exclusive.
    public func columns(
        device: Device,
        metrics: [Metric],
        from: Timestamp,
        to: Timestamp,
        points: Int
    ) async throws -> ReadingColumns {
        let classes = plant.snapshot.retention(ofDevice: device.id).classes.map(\.days)
        let count = try await pool.first(
            ReadingQueries.count(device: device.id, classes: classes, from: from, to: to, limit: Int64(points) + 1)
        )
        if Int(count ?? 0) <= points {
            return rawColumns(
                try await pool.query(ReadingQueries.range(device: device.id, classes: classes, from: from, to: to)),
                metrics: metrics
            )
        }
        let width = Self.bucketWidth(span: to.microseconds - from.microseconds, points: points)
        let slots = metrics.flatMap { ($0.ordinal..<$0.ordinal + $0.width).map(Int32.init) }
        let rows = try await pool.query(
            ReadingQueries.buckets(device: device.id, classes: classes, from: from, to: to, width: width, slots: slots)
        )
        return bucketColumns(rows, metrics: metrics, width: width)
    }

    /// The smallest round width with which at most `points` aligned buckets touch the span.
    static func bucketWidth(span: Int64, points: Int) -> Int64 {
        let atLeast = span / Int64(max(1, points - 1)) + 1
        let second: Int64 = 1_000_000
        let round: [Int64] = [
            1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 10_800, 21_600, 43_200, 86_400,
        ]
        if points > 1, let width = round.first(where: { $0 * second >= atLeast }) { return width * second }
        return points > 1 ? (atLeast / second + 1) * second : span + 1
    }

    private func rawColumns(_ rows: [ReadingRow], metrics: [Metric]) -> ReadingColumns {
        ReadingColumns(
            bucket: 0,
            times: rows.map(\.timestamp),
            series: metrics.map { metric in
                (metric, .values(rows.map { plant.states.json(of: metric, in: $0.values) }))
            }
        )
    }

    private func bucketColumns(_ rows: [BucketRow], metrics: [Metric], width: Int64) -> ReadingColumns {
        let buckets = Set(rows.map(\.bucket)).sorted()
        let place = Dictionary(uniqueKeysWithValues: buckets.enumerated().map { ($1, $0) })
        var bySlot: [Int32: [BucketRow?]] = [:]
        for row in rows {
            guard let index = place[row.bucket] else { continue }
            bySlot[row.slot, default: Array(repeating: nil, count: buckets.count)][index] = row
        }
        let none = [BucketRow?](repeating: nil, count: buckets.count)
        let series = metrics.map { metric -> (metric: Metric, column: ReadingColumns.Column) in
            let column = bySlot[Int32(metric.ordinal)] ?? none
            switch metric.kind {
            case .gauge, .counter:
                return (
                    metric,
                    .buckets(
                        minimum: column.map { $0?.minimum },
                        maximum: column.map { $0?.maximum },
                        average: column.map { $0?.average }
                    )
                )
            case .state, .location:
                let second = bySlot[Int32(metric.ordinal + 1)] ?? none
                return (
                    metric,
                    .values(
                        column.indices.map { index in
                            var values = MetricValues(count: metric.ordinal + metric.width)
                            values[metric.ordinal] = column[index]?.last
                            if metric.width == 2 { values[metric.ordinal + 1] = second[index]?.last }
                            return plant.states.json(of: metric, in: values)
                        }
                    )
                )
            }
        }
        return ReadingColumns(
            bucket: Double(width) / 1_000_000,
            times: buckets.map { Timestamp(microseconds: $0 * width) },
            series: series
        )
    }

    /// Newest stored reading of each device that has one.
    public func latest(devices: [Int32]) async throws -> [Reading] {
        try await pool.query(ReadingQueries.latest(DeviceClasses(devices, plant.snapshot)))
    }

    /// Hands out a range in source-time order, in portions, at constant memory.
    public func stream(
        device: Device,
        from: Timestamp,
        to: Timestamp,
        _ body: ([Reading]) async throws -> Void
    ) async throws {
        let classes = plant.snapshot.retention(ofDevice: device.id).classes.map(\.days)
        let statement = ReadingQueries.range(device: device.id, classes: classes, from: from, to: to)
        try await pool.stream(statement) { rows in
            try await body(
                rows.map {
                    Reading(
                        deviceID: device.id,
                        timestamp: $0.timestamp,
                        receivedAt: $0.receivedAt,
                        quality: 0,
                        values: $0.values
                    )
                }
            )
        }
    }
}

extension StateTexts {
    /// The API's form of a metric's value in a reading; null when absent.
    public func json(of metric: Metric, in values: MetricValues) -> JSONValue {
        guard let value = values[metric.ordinal] else { return .null }
        switch metric.kind {
        case .gauge, .counter: return .number(value)
        case .state: return self.value(of: value)
        case .location:
            guard let longitude = values[metric.ordinal + 1] else { return .null }
            return Coordinate(latitude: value, longitude: longitude).json
        }
    }
}
