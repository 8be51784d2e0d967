import Assets
import PostgreSQL
import Primitives

/// Computes the buckets of a device from its readings, inside a transaction: replaces what is there, so that doing it
/// twice is doing it once.
struct RollupComputation {
    let device: Int32
    /// Whether the increase is kept.
    let hasCounters: Bool
    let rollovers: SlotRollovers
    let retention: RetentionSchedule
    let density: RollupDensity

    init(device: Int32, plant: PlantSnapshot) {
        self.device = device
        retention = plant.retention(ofDevice: device)
        density = RollupDensity(retention: retention)
        let profile = plant.devices[device].flatMap { plant.profile(of: $0) }
        hasCounters = profile.map { ($0.metrics + $0.retired).contains { $0.kind == .counter } } ?? true
        rollovers = SlotRollovers(profile)
    }

    /// Computes all minutes of `[from, to)`, and the wider buckets that this completes or changes, as long as they end by
    /// `through`.
    ///
    /// What lies around the range in those wider buckets must be stored, down to the minutes: it is so for an open bucket
    /// and for one that is not sparse. ``widened(_:through:in:)`` sees to it elsewhere.
    func compute(from: Timestamp, to: Timestamp, through: Timestamp, in transaction: Transaction) async throws {
        var rollup = MinuteRollup(rollovers)
        let reader = ReadingRows(device: device, retention: retention)
        try await reader.stream(from: from, to: to, in: transaction) { readings in
            for reading in readings { rollup.add(reading) }
        }
        let computed = Computed(buckets: rollup.minutes, span: .minute, range: from..<to)
        let tens = try await derive(.tenMinutes, from: computed, through: through, in: transaction)
        let hours = try await derive(.hour, from: tens, through: through, in: transaction)
        try await replace(computed, closed: tens, in: transaction)
        try await replace(tens, closed: hours, in: transaction)
        try await write(hours.buckets, span: .hour, replacing: hours.range, in: transaction)
    }

    /// Completes the wider buckets around a time at which computing had stopped.
    func close(at time: Timestamp, through: Timestamp, in transaction: Transaction) async throws {
        if time == time.floored(to: RollupSpan.hour.width) { return }
        try await compute(from: time, to: time, through: through, in: transaction)
    }

    /// A range of minutes made so wide that ``compute(from:to:through:in:)`` finds everything around it: a closed bucket
    /// that is sparse, or has nothing yet, is computed from all of its readings.
    func widened(
        _ range: Range<Timestamp>,
        through: Timestamp,
        in transaction: Transaction
    ) async throws -> Range<Timestamp> {
        var (start, end) = (range.lowerBound, range.upperBound)
        for span in [RollupSpan.tenMinutes, .hour] {
            for edge in [start, end] {
                let bucket = edge.floored(to: span.width)
                let closing = bucket.adding(microseconds: span.width)
                if edge == bucket || closing > through { continue }
                let stored = try await transaction.first(
                    RollupQueries.readings(device: device, span: span, bucket: bucket)
                )
                let isKept = retention.retention(at: bucket) != .forever
                if isKept || stored.map({ !density.isSparse(span, bucket, readings: $0) }) ?? false { continue }
                start = min(start, bucket)
                end = max(end, closing)
            }
        }
        return start..<end
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

    /// Buckets that were computed, all there are in a range.
    private struct Computed {
        var buckets: [RollupBucket]
        var span: RollupSpan
        var range: Range<Timestamp>
    }

    /// The closed buckets that narrower ones touch, made of them and of what is stored around them.
    private func derive(
        _ span: RollupSpan,
        from parts: Computed,
        through: Timestamp,
        in transaction: Transaction
    ) async throws -> Computed {
        let start = parts.range.lowerBound.floored(to: span.width)
        let end = max(start, min(parts.range.upperBound.raised(to: span.width), through.floored(to: span.width)))
        var all = parts.buckets.filter { $0.start < end }
        if start < min(parts.range.lowerBound, end) {
            all = try await stored(parts.span, from: start, to: min(parts.range.lowerBound, end), in: transaction) + all
        }
        if max(parts.range.upperBound, start) < end {
            all += try await stored(parts.span, from: max(parts.range.upperBound, start), to: end, in: transaction)
        }
        return Computed(buckets: MinuteRollup.combine(all, span: span, rollovers), span: span, range: start..<end)
    }

    private func stored(
        _ span: RollupSpan,
        from: Timestamp,
        to: Timestamp,
        in transaction: Transaction
    ) async throws -> [RollupBucket] {
        try await transaction.query(RollupQueries.buckets(device: device, span: span, from: from, to: to))
    }

    /// Writes buckets but for those in sparse wider ones, of which nothing narrower stays.
    private func replace(_ computed: Computed, closed: Computed, in transaction: Transaction) async throws {
        let sparse = Set(
            closed.buckets.filter { density.isSparse(closed.span, $0.start, readings: $0.readings) }.map(\.start)
        )
        let kept =
            sparse.isEmpty
            ? computed.buckets
            : computed.buckets.filter { !sparse.contains($0.start.floored(to: closed.span.width)) }
        try await write(kept, span: computed.span, replacing: computed.range, in: transaction)
        // What was stored while the first of them was open.
        let head = computed.range.lowerBound.floored(to: closed.span.width)
        if head < computed.range.lowerBound, sparse.contains(head) {
            _ = try await transaction.execute(
                RollupQueries.delete(device: device, span: computed.span, from: head, to: computed.range.lowerBound)
            )
        }
    }

    private func write(
        _ buckets: [RollupBucket],
        span: RollupSpan,
        replacing range: Range<Timestamp>,
        in transaction: Transaction
    ) async throws {
        if range.isEmpty { return }
        _ = try await transaction.execute(
            RollupQueries.delete(device: device, span: span, from: range.lowerBound, to: range.upperBound)
        )
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
