import Assets
import PostgreSQL
import Primitives

/// Reads one device's readings in source-time order, packed or not: nobody above needs to know.
struct ReadingRows: Sendable {
    /// How many rows of the table come at a time; a row can be an hour of readings.
    static let portion = 32
    /// The same for rows reduced to some slots.
    static let slotPortion = 128
    /// About how many readings are handed over at a time.
    static let most = 1_000

    let device: Int32
    let retention: RetentionSchedule

    /// Hands out the readings of `[from, to)` in increasing source time, at constant memory.
    ///
    /// Each stretch of one retention class is read by one statement, so that a reading that is being packed or unpacked
    /// meanwhile is seen exactly once.
    func stream(
        from: Timestamp,
        to: Timestamp,
        in session: some PostgresSession,
        _ body: ([Reading]) async throws -> Void
    ) async throws {
        for stretch in retention.stretches(from: from, to: to) {
            let statement = ReadingQueries.merged(device: device, stretch)
            try await session.stream(statement, batch: Self.portion, isolation: #isolation) { rows in
                var portion: [Reading] = []
                portion.reserveCapacity(rows.count)
                for row in rows {
                    portion.append(contentsOf: row)
                    if portion.count >= Self.most {
                        try await body(portion)
                        portion.removeAll(keepingCapacity: true)
                    }
                }
                if !portion.isEmpty { try await body(portion) }
            }
        }
    }

    /// Hands out some slots of the readings of `[from, to)`, as ``stream(from:to:in:_:)`` does whole ones.
    func stream(
        slots: [Int],
        from: Timestamp,
        to: Timestamp,
        in session: some PostgresSession,
        _ body: (SlotColumns) async throws -> Void
    ) async throws {
        for stretch in retention.stretches(from: from, to: to) {
            let statement = ReadingQueries.slots(slots, device: device, stretch)
            try await session.stream(statement, batch: Self.slotPortion, isolation: #isolation) { rows in
                var portion = SlotColumns(places: slots.count)
                for row in rows { portion.append(row, slots: slots) }
                if !portion.times.isEmpty { try await body(portion) }
            }
        }
    }

    /// Whether `[from, to)` has more than `limit` readings, packed or not; exact.
    ///
    /// Blocks tell how many readings they have; those at the two ends of a stretch are looked into only when the answer
    /// depends on them.
    func exceeds(
        _ limit: Int,
        from: Timestamp,
        to: Timestamp,
        in session: some PostgresSession
    ) async throws -> Bool {
        let limit = Int64(limit)
        var (count, uncertain) = (Int64(0), Int64(0))
        var edges: [RetentionSchedule.Stretch] = []
        for stretch in retention.stretches(from: from, to: to) {
            let found = try await session.first(ReadingQueries.count(device: device, stretch, limit: limit))
            count += found?.within ?? 0
            if count > limit { return true }
            guard let part = found?.atEdges, part > 0 else { continue }
            uncertain += part
            edges.append(stretch)
        }
        if count + uncertain <= limit { return false }
        for stretch in edges {
            let parts = try await session.query(ReadingQueries.countAtEdges(device: device, stretch))
            count += parts.reduce(0, +)
            if count > limit { return true }
        }
        return false
    }
}
