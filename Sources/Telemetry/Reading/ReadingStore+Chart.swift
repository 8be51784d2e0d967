import Assets
import PostgreSQL
import Primitives

extension ReadingStore {
    /// How many expected intervals may pass before a chart's line is broken.
    static let gapIntervals = 3.0

    /// A range for a chart: raw when it fits into `points`, else aggregated into at most `points` buckets, from the
    /// rollup that suits and, where there is none, from readings.
    ///
    /// `from` is inclusive, `to` exclusive, also within the buckets at both ends. Where nothing was reported for a while
    /// there is one entry of nulls.
    public func columns(
        device: Device,
        metrics: [Metric],
        from: Timestamp,
        to: Timestamp,
        points: Int
    ) async throws -> ReadingColumns {
        let profile = plant.snapshot.profile(of: device)
        let interval = profile?.reportingInterval
        let tolerance = interval.map { Int64(($0 * Self.gapIntervals * 1_000_000).rounded()) }
        let reading = ChartReading(
            rows: rows(of: device),
            slots: metrics.flatMap { Array($0.ordinal..<$0.ordinal + $0.width) },
            areGauges: metrics.flatMap { Array(repeating: $0.kind == .gauge, count: $0.width) },
            rollovers: SlotRollovers(profile),
            from: from,
            to: to,
            points: points
        )
        // One snapshot for all statements: what the workers move meanwhile is seen in one place, once.
        let found = try await pool.transaction(isolationLevel: .repeatableRead, readOnly: true) { transaction in
            try await reading.read(in: transaction)
        }
        try await plant.learnStates(found.states(of: metrics))
        switch found {
        case .raw(let readings): return rawColumns(readings, metrics: metrics, tolerance: tolerance, points: points)
        case .buckets(var columns, let source):
            columns.markGaps(tolerance: tolerance ?? 0)
            return bucketColumns(columns, metrics: metrics, source: source)
        }
    }

    private func rawColumns(
        _ readings: SlotColumns,
        metrics: [Metric],
        tolerance: Int64?,
        points: Int
    ) -> ReadingColumns {
        var times: [Timestamp] = []
        // The reading of each entry; nil for a mark.
        var places: [Int?] = []
        times.reserveCapacity(readings.times.count)
        places.reserveCapacity(readings.times.count)
        var last: Timestamp?
        for (index, time) in readings.times.enumerated() {
            if let tolerance, let last {
                let silence = time.microseconds - last.microseconds
                // A mark takes the place of a point: there are never more than asked for.
                if silence > tolerance, times.count + readings.times.count - index < points {
                    times.append(last.adding(microseconds: tolerance))
                    places.append(nil)
                }
            }
            times.append(time)
            places.append(index)
            last = time
        }
        var place = 0
        let series = metrics.map { metric -> (metric: Metric, column: ReadingColumns.Column) in
            defer { place += metric.width }
            let parts = readings.columns[place..<place + metric.width]
            return (metric, .values(places.map { $0.map { value(of: metric, parts, at: $0) } ?? .null }))
        }
        return ReadingColumns(bucket: 0, source: nil, times: times, series: series)
    }

    /// The API's form of a metric's value, given by the columns of its slots.
    private func value(of metric: Metric, _ parts: ArraySlice<[Double]>, at index: Int) -> JSONValue {
        if metric.width == 1, metric.kind != .state {
            let value = parts[parts.startIndex][index]
            return value.isNaN ? .null : .number(value)
        }
        var values = MetricValues(count: metric.ordinal + metric.width)
        for (offset, part) in parts.enumerated() { values.slots[metric.ordinal + offset] = part[index] }
        return plant.states.json(of: metric, in: values)
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
            times: columns.times,
            series: series
        )
    }
}
