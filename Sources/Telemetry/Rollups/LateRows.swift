import Assets
import PostgreSQL
import Primitives

/// The rows of a batch that lie before the frontier, and what must be done for them in the batch's transaction before
/// its rows are written: unpack their blocks, mark their minutes.
///
/// Duplicates are marked too: after a COMMIT of unknown outcome the redelivery is all that tells of the rows.
struct LateRows {
    private struct Minute: Hashable {
        var device: Int32
        var start: Timestamp
    }

    private var minutes: Set<Minute> = []
    private var packed: [BatchPlan.Row] = []

    /// Sorts out rows; fresh ones, being newer than all of their device, need not be given.
    init(_ rows: [BatchPlan.Row], frontier: StoreFrontier.Snapshot) {
        for row in rows {
            let (device, time) = (row.reading.deviceID, row.reading.timestamp)
            if frontier.isRolledUp(device, time) {
                minutes.insert(Minute(device: device, start: time.floored(to: RollupSpan.minute.width)))
            }
            if frontier.mayBePacked(time) { packed.append(row) }
        }
    }

    /// Whether there are none, as nearly always.
    var isEmpty: Bool { minutes.isEmpty && packed.isEmpty }

    /// Does it.
    func admit(in transaction: Transaction) async throws {
        if !packed.isEmpty { try await unpack(in: transaction) }
        if minutes.isEmpty { return }
        var rows = BinaryCopyEncoder(reserving: 32 * minutes.count)
        for minute in minutes {
            rows.beginRow(columns: 2)
            rows.append(minute.device)
            rows.append(minute.start)
        }
        try await transaction.copyIn(table: "rollup_dirty", columns: ["device_id", "minute"], rows: rows)
    }

    /// Puts packed readings back, whose blocks get more, so that identity is judged as for all others.
    private func unpack(in transaction: Transaction) async throws {
        let devices = Set(packed.map(\.reading.deviceID)).sorted()
        _ = try await transaction.query(PackedBlockQueries.lock(devices: devices))
        let blocks = try await transaction.query(
            PackedBlockQueries.take(
                devices: packed.map(\.reading.deviceID),
                classes: packed.map(\.retention.days),
                times: packed.map(\.reading.timestamp)
            )
        )
        if blocks.isEmpty { return }
        // In a subtransaction, so that the rows do not look like new ones of this transaction (`reading.twins`).
        _ = try await transaction.execute(PackedBlockQueries.beginUnpacking())
        for block in blocks {
            var rows = BinaryCopyEncoder(reserving: 120 * block.readings.count)
            for reading in block.readings { rows.append(reading, retention: block.retention) }
            try await transaction.copyIn(table: "reading", columns: BinaryCopyEncoder.readingColumns, rows: rows)
            _ = try await transaction.execute(
                PackedBlockQueries.count(
                    ReadingPartition(retention: block.retention, holding: block.start),
                    rows: -Int64(block.readings.count),
                    points: -Int64(block.points),
                    bytes: -Int64(block.bytes)
                )
            )
        }
        _ = try await transaction.execute(PackedBlockQueries.endUnpacking())
    }
}

extension BinaryCopyEncoder {
    /// The columns of ``append(_:retention:)``.
    static let readingColumns = ["device_id", "quality", "retention", "ts", "received_at", "values"]

    /// Appends a row of `reading`.
    mutating func append(_ reading: Reading, retention: RetentionClass) {
        beginRow(columns: 6)
        append(reading.deviceID)
        append(reading.quality)
        append(retention.days)
        append(reading.timestamp)
        append(reading.receivedAt)
        append(doubles: reading.values.slots)
    }
}
