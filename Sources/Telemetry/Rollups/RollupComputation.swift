import Assets
import PostgreSQL
import Primitives

/// Computes the buckets of a device from its readings, inside a transaction: replaces what is there, so that doing it
/// twice is doing it once.
struct RollupComputation {
    let device: Int32
    /// Whether the increase is kept.
    let hasCounters: Bool
    let retention: RetentionSchedule

    init(device: Int32, plant: PlantSnapshot) {
        self.device = device
        retention = plant.retention(ofDevice: device)
        let profile = plant.devices[device].flatMap { plant.profile(of: $0) }
        hasCounters = profile.map { ($0.metrics + $0.retired).contains { $0.kind == .counter } } ?? true
    }

    /// Computes all minutes of `[from, to)`, and the wider buckets that this completes or changes, as long as they end by
    /// `through`.
    func compute(from: Timestamp, to: Timestamp, through: Timestamp, in transaction: Transaction) async throws {
        var rollup = MinuteRollup()
        let reader = ReadingRows(device: device, retention: retention)
        try await reader.stream(from: from, to: to, in: transaction) { readings in
            for reading in readings { rollup.add(reading) }
        }
        try await replace(rollup.minutes, span: .minute, from: from, to: to, in: transaction)
        try await derive(from: from, to: to, through: through, in: transaction)
    }

    /// Completes the wider buckets around a time at which computing had stopped.
    func close(at time: Timestamp, through: Timestamp, in transaction: Transaction) async throws {
        let start = time.floored(to: RollupSpan.hour.width)
        if start == time { return }
        try await derive(from: start, to: time, through: through, in: transaction)
    }

    /// The first reading of `[from, to)`, or a time before it in the same packed block.
    func firstReading(from: Timestamp, to: Timestamp, in session: some PostgresSession) async throws -> Timestamp? {
        for stretch in retention.stretches(from: max(from, .earliestAccepted), to: to) {
            let statement = RollupQueries.first(device: device, retention: stretch.retention, from: stretch.from)
            if let found = try await session.first(statement) ?? nil, found < stretch.to { return found }
        }
        return nil
    }

    /// Whether the readings of a time may be gone, by its retention.
    func isExpired(_ time: Timestamp, now: Timestamp) -> Bool {
        let partition = ReadingPartition(retention: retention.retention(at: time), holding: time)
        return partition.expiry.map { $0 <= now } ?? false
    }

    /// Ten minutes from minutes, hours from ten minutes.
    private func derive(
        from: Timestamp,
        to: Timestamp,
        through: Timestamp,
        in transaction: Transaction
    ) async throws {
        for (span, source) in [(RollupSpan.tenMinutes, RollupSpan.minute), (.hour, .tenMinutes)] {
            let start = from.floored(to: span.width)
            let end = min(to.raised(to: span.width), through.floored(to: span.width))
            if start >= end { continue }
            let parts = try await transaction.query(
                RollupQueries.buckets(device: device, span: source, from: start, to: end)
            )
            try await replace(
                MinuteRollup.combine(parts, span: span),
                span: span,
                from: start,
                to: end,
                in: transaction
            )
        }
    }

    private func replace(
        _ buckets: [RollupBucket],
        span: RollupSpan,
        from: Timestamp,
        to: Timestamp,
        in transaction: Transaction
    ) async throws {
        _ = try await transaction.execute(RollupQueries.delete(device: device, span: span, from: from, to: to))
        if buckets.isEmpty { return }
        var rows = BinaryCopyEncoder(reserving: 400 * buckets.count)
        for bucket in buckets { append(bucket, span: span, to: &rows) }
        try await transaction.copyIn(
            table: "rollup",
            columns: [
                "device_id", "span", "bucket", "readings", "counts", "minimum", "maximum", "total", "first", "last",
                "rise",
            ],
            rows: rows
        )
    }

    private func append(_ bucket: RollupBucket, span: RollupSpan, to rows: inout BinaryCopyEncoder) {
        rows.beginRow(columns: 11)
        rows.append(device)
        rows.append(span.rawValue)
        rows.append(bucket.start)
        rows.append(bucket.readings)
        rows.append(bucket.slots.map(\.count))
        if bucket.readings == 1 {
            for _ in 0..<4 { rows.appendNull() }
        } else {
            rows.append(doubles: bucket.slots.map(\.minimum))
            rows.append(doubles: bucket.slots.map(\.maximum))
            rows.append(doubles: bucket.slots.map(\.total))
            rows.append(doubles: bucket.slots.map(\.first))
        }
        rows.append(doubles: bucket.slots.map(\.last))
        if hasCounters, bucket.readings > 1 {
            rows.append(doubles: bucket.slots.map(\.rise))
        } else {
            rows.appendNull()
        }
    }
}
