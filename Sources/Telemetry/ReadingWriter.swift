import Assets
import PostgreSQL
import Primitives

/// Writes the rows of one plan inside a transaction, by the path that is always right: COPY into the stage, insert what
/// is new, then compare what was stored before.
struct ReadingWriter {
    /// What was written.
    struct Outcome: Sendable {
        /// Counts in all and per message.
        var stored: IngestWriter.Stored
        /// Rows to evaluate: whole, per device in increasing source time, none late.
        var evaluated: [Reading]
    }

    let plan: BatchPlan
    let newest: NewestTimestamps
    let plant: PlantSnapshot

    func write(in transaction: Transaction) async throws -> Outcome {
        var outcome = Outcome(stored: .init(), evaluated: [])
        if plan.rows.isEmpty { return outcome }
        _ = try await transaction.execute(ReadingWriteQueries.createStage())
        try await transaction.copyIn(
            table: "reading_stage",
            columns: ["place", "device_id", "quality", "retention", "ts", "received_at", "values"],
            rows: encodedRows()
        )
        let inserted = try await transaction.execute(ReadingWriteQueries.insertFromStage())
        var twins: [Int: MetricValues] = [:]
        if inserted < plan.rows.count {
            for twin in try await transaction.query(ReadingWriteQueries.twins()) {
                twins[Int(twin.place)] = twin.values
            }
        }
        for conflict in plan.conflicts {
            _ = try await transaction.execute(ReadingWriteQueries.insertConflict(conflict))
        }
        for (place, row) in plan.rows.enumerated() {
            try await settle(row, place: place, twin: twins[place], in: transaction, outcome: &outcome)
        }
        outcome.evaluated.sort { ($0.deviceID, $0.timestamp) < ($1.deviceID, $1.timestamp) }
        return outcome
    }

    /// Decides what became of one row and what is evaluated of it.
    private func settle(
        _ row: Reading,
        place: Int,
        twin: MetricValues?,
        in transaction: Transaction,
        outcome: inout Outcome
    ) async throws {
        var counts = ReadingCounts()
        let isLate = newest.newest(row.deviceID).map { row.timestamp < $0 } ?? false
        if let twin {
            switch Meeting(stored: twin, incoming: row.values) {
            case .duplicate: counts.duplicate = 1
            case .conflict:
                counts.conflict = 1
                _ = try await transaction.execute(ReadingWriteQueries.insertConflict(row))
            case .merged(let values):
                counts.merged = 1
                var whole = row
                whole.values = values
                _ = try await transaction.execute(
                    ReadingWriteQueries.merge(
                        whole,
                        retention: plant.retention(ofDevice: row.deviceID, at: row.timestamp)
                    )
                )
                if !isLate { outcome.evaluated.append(whole) }
            }
        } else {
            counts.stored = 1
            if isLate { counts.late = 1 } else { outcome.evaluated.append(row) }
        }
        outcome.stored.total += counts
        outcome.stored.perMessage.append((plan.origins[place], counts))
    }

    private func encodedRows() -> BinaryCopyEncoder {
        var encoder = BinaryCopyEncoder()
        for (place, row) in plan.rows.enumerated() {
            encoder.beginRow(columns: 7)
            encoder.append(Int32(place))
            encoder.append(row.deviceID)
            encoder.append(row.quality)
            encoder.append(plant.retention(ofDevice: row.deviceID, at: row.timestamp).days)
            encoder.append(row.timestamp)
            encoder.append(row.receivedAt)
            encoder.append(doubles: row.values.slots)
        }
        return encoder
    }
}
