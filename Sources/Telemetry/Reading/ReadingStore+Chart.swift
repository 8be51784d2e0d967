import Assets
import PostgreSQL
import Primitives

extension ReadingStore {
    /// How many expected intervals may pass before a chart's line is broken.
    static let gapIntervals = 3.0

    /// A range for a chart: raw when it fits into `points`, else aggregated into at most `points` buckets, from the
    /// rollup that suits and, where there is none yet, from readings.
    ///
    /// `from` is inclusive, `to` exclusive. Where nothing was reported for a while there is one entry of nulls.
    public func columns(
        device: Device,
        metrics: [Metric],
        from: Timestamp,
        to: Timestamp,
        points: Int
    ) async throws -> ReadingColumns {
        let rows = rows(of: device)
        let count = try await rows.count(from: from, to: to, limit: points, in: pool)
        let interval = plant.snapshot.profile(of: device)?.reportingInterval
        let tolerance = interval.map { Int64(($0 * Self.gapIntervals * 1_000_000).rounded()) }
        if count <= points {
            var readings: [Reading] = []
            try await rows.stream(from: from, to: to, in: pool) { readings += $0 }
            // Packed blocks are counted whole.
            if readings.count <= points {
                return rawColumns(readings, metrics: metrics, tolerance: tolerance, points: points)
            }
        }
        let resolution = try await resolution(rows, from: from, to: to, points: points)
        var columns = ChartColumns(
            width: resolution.width,
            slots: metrics.flatMap { Array($0.ordinal..<$0.ordinal + $0.width) }
        )
        let progress = try await pool.first(RollupQueries.progress(ofDevice: device.id))
        let pieces = SpanCover.pieces(
            from: from,
            to: to,
            widest: resolution.source,
            through: progress ?? Timestamp(microseconds: .min / 2)
        )
        for piece in pieces { try await add(piece, rows, to: &columns) }
        columns.markGaps(tolerance: tolerance ?? 0)
        return bucketColumns(columns, metrics: metrics, source: resolution.source)
    }

    private func resolution(
        _ rows: ReadingRows,
        from: Timestamp,
        to: Timestamp,
        points: Int
    ) async throws -> ChartResolution {
        // A span that begins long before the first reading would be drawn coarsely for nothing.
        var start = to
        for stretch in rows.retention.stretches(from: from, to: to) where start == to {
            let first = RollupQueries.first(device: rows.device, retention: stretch.retention, from: stretch.from)
            if let found = try await pool.first(first) ?? nil, found < stretch.to { start = found }
        }
        let bucket = try await pool.first(RollupQueries.firstHour(device: rows.device, from: from)) ?? nil
        start = max(from, min(start, bucket ?? to))
        let span = max(1, to.microseconds - start.microseconds)
        var source = ChartResolution.source(span: span, points: points)
        if source == nil {
            let limit = ChartResolution.mostReadings
            let count = try await rows.count(from: from, to: to, limit: limit, in: pool)
            if count > limit, span / RollupSpan.minute.width >= 2 { source = .minute }
        }
        let width = ChartResolution.width(span: to.microseconds - start.microseconds, points: points, source: source)
        return ChartResolution(source: source, width: width)
    }

    private func add(_ piece: SpanCover.Piece, _ rows: ReadingRows, to columns: inout ChartColumns) async throws {
        guard let span = piece.span else {
            try await rows.stream(from: piece.from, to: piece.to, in: pool) { readings in
                for reading in readings { columns.add(reading) }
            }
            return
        }
        let statement = RollupQueries.slots(
            columns.slots.map(Int32.init(clamping:)),
            device: rows.device,
            span: span,
            from: piece.from,
            to: piece.to
        )
        for row in try await pool.query(statement) {
            let place = Int(row.place) - 1
            if columns.slots.indices.contains(place) { columns.add(row.statistics, place: place, at: row.bucket) }
        }
    }

    private func rawColumns(
        _ readings: [Reading],
        metrics: [Metric],
        tolerance: Int64?,
        points: Int
    ) -> ReadingColumns {
        var entries: [(time: Timestamp, values: MetricValues)] = []
        entries.reserveCapacity(readings.count)
        for (index, reading) in readings.enumerated() {
            if let tolerance, let last = readings[..<index].last {
                let silence = reading.timestamp.microseconds - last.timestamp.microseconds
                // A mark takes the place of a point: there are never more than asked for.
                if silence > tolerance, entries.count + readings.count - index < points {
                    entries.append((last.timestamp.adding(microseconds: tolerance), MetricValues(count: 0)))
                }
            }
            entries.append((reading.timestamp, reading.values))
        }
        return ReadingColumns(
            bucket: 0,
            source: nil,
            times: entries.map(\.time),
            series: metrics.map { metric in
                (metric, .values(entries.map { plant.states.json(of: metric, in: $0.values) }))
            }
        )
    }

    private func bucketColumns(_ columns: ChartColumns, metrics: [Metric], source: RollupSpan?) -> ReadingColumns {
        var place = 0
        let series = metrics.map { metric -> (metric: Metric, column: ReadingColumns.Column) in
            defer { place += metric.width }
            let column = columns.columns[place]
            switch metric.kind {
            case .gauge, .counter:
                return (
                    metric,
                    .buckets(
                        minimum: column.map { $0.count == 0 ? nil : $0.minimum },
                        maximum: column.map { $0.count == 0 ? nil : $0.maximum },
                        average: column.map { $0.count == 0 ? nil : $0.average },
                        increase: metric.kind == .counter ? columns.increase(place: place) : nil
                    )
                )
            case .state, .location:
                let parts = (0..<metric.width).map { columns.columns[place + $0] }
                return (
                    metric,
                    .values(
                        column.indices.map { index in
                            var values = MetricValues(count: metric.ordinal + metric.width)
                            for (offset, part) in parts.enumerated() where part[index].count > 0 {
                                values[metric.ordinal + offset] = part[index].last
                            }
                            return plant.states.json(of: metric, in: values)
                        }
                    )
                )
            }
        }
        return ReadingColumns(
            bucket: Double(columns.width) / 1_000_000,
            source: source,
            times: columns.buckets.map { Timestamp(microseconds: $0 * columns.width) },
            series: series
        )
    }
}
