import Assets
import PostgreSQL
import Primitives

/// Writes the rows of one plan inside a transaction.
///
/// Rows that are newer than all stored ones of their device go straight into the table. The others take the path that is
/// always right: COPY into the stage, insert what is new, then compare with what was stored before.
struct ReadingWriter {
    /// What was written.
    struct Outcome: Sendable {
        /// Per message.
        var counts: [ReadingCounts]
        /// Per device.
        var ledger: [Int32: LedgerLine]
        /// Rows to evaluate: whole, per device in increasing source time, none late.
        var evaluated: [Reading] = []
    }

    let plan: BatchPlan
    let newest: NewestTimestamps

    func write(in transaction: Transaction) async throws -> Outcome {
        var outcome = Outcome(counts: plan.counts, ledger: plan.ledger)
        try await writeStaged(in: transaction, &outcome)
        for conflict in plan.conflicts {
            _ = try await transaction.execute(ReadingWriteQueries.insertConflict(conflict))
        }
        if !plan.fresh.isEmpty {
            try await transaction.copyIn(
                table: "reading",
                columns: ["device_id", "quality", "retention", "ts", "received_at", "values"],
                rows: encodedFresh()
            )
        }
        for row in plan.fresh {
            outcome.counts[row.message].stored += 1
            outcome.ledger[row.reading.deviceID]?.stored += 1
        }
        // Staged rows are older than fresh ones of the same device.
        outcome.evaluated += plan.fresh.map(\.reading)
        return outcome
    }

    private func encodedFresh() -> BinaryCopyEncoder {
        var encoder = BinaryCopyEncoder(reserving: plan.fresh.count * 128)
        for row in plan.fresh { Self.append(row, to: &encoder, columns: 6) }
        return encoder
    }

    private static func append(_ row: BatchPlan.Row, to encoder: inout BinaryCopyEncoder, columns: Int) {
        encoder.beginRow(columns: columns)
        encoder.append(row.reading.deviceID)
        encoder.append(row.reading.quality)
        encoder.append(row.retention.days)
        encoder.append(row.reading.timestamp)
        encoder.append(row.reading.receivedAt)
        encoder.append(doubles: row.reading.values.slots)
    }
}

extension ReadingWriter {
    /// Writes rows that the store may hold already.
    private func writeStaged(in transaction: Transaction, _ outcome: inout Outcome) async throws {
        if plan.staged.isEmpty { return }
        _ = try await transaction.execute(ReadingWriteQueries.createStage())
        try await transaction.copyIn(
            table: "reading_stage",
            columns: ["device_id", "quality", "retention", "ts", "received_at", "values", "place"],
            rows: encodedStage()
        )
        let inserted = try await transaction.execute(ReadingWriteQueries.insertFromStage())
        var twins: [Int: MetricValues] = [:]
        if inserted < plan.staged.count {
            for twin in try await transaction.query(ReadingWriteQueries.twins()) {
                twins[Int(twin.place)] = twin.values
            }
        }
        for (place, row) in plan.staged.enumerated() {
            try await settle(row, twin: twins[place], in: transaction, &outcome)
        }
        outcome.evaluated.sort { ($0.deviceID, $0.timestamp) < ($1.deviceID, $1.timestamp) }
    }

    private func encodedStage() -> BinaryCopyEncoder {
        var encoder = BinaryCopyEncoder(reserving: plan.staged.count * 136)
        for (place, row) in plan.staged.enumerated() {
            Self.append(row, to: &encoder, columns: 7)
            encoder.append(Int32(clamping: place))
        }
        return encoder
    }

    /// Decides what became of one row and what is evaluated of it.
    private func settle(
        _ row: BatchPlan.Row,
        twin: MetricValues?,
        in transaction: Transaction,
        _ outcome: inout Outcome
    ) async throws {
        var counts = ReadingCounts()
        let reading = row.reading
        let isLate = newest.newest(reading.deviceID).map { reading.timestamp < $0 } ?? false
        if let twin {
            switch Meeting(stored: twin, incoming: reading.values) {
            case .duplicate: counts.duplicate = 1
            case .conflict:
                counts.conflict = 1
                _ = try await transaction.execute(ReadingWriteQueries.insertConflict(reading))
            case .merged(let values):
                counts.merged = 1
                var whole = reading
                whole.values = values
                _ = try await transaction.execute(ReadingWriteQueries.merge(whole, retention: row.retention))
                if !isLate { outcome.evaluated.append(whole) }
            }
        } else {
            counts.stored = 1
            if isLate { counts.late = 1 } else { outcome.evaluated.append(reading) }
        }
        outcome.counts[row.message] += counts
        outcome.ledger[reading.deviceID]?.add(counts)
    }
}
