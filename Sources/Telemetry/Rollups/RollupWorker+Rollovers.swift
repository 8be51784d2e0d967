import Assets
import PostgreSQL

extension RollupWorker {
    /// What the rollups were computed with, by profile.
    static func appliedRollovers(in session: some PostgresSession) async throws -> [Int32: SlotRollovers] {
        var applied: [Int32: SlotRollovers] = [:]
        for row in try await session.query(RolloverQueries.applied()) {
            applied[row.profileID, default: SlotRollovers()][row.slot] = row.rollover
        }
        return applied
    }

    /// Has the buckets computed again in which a counter fell whose roll-over value has changed.
    ///
    /// To be called before anything is computed by the snapshot. One device after the other, since each may have years of
    /// buckets; a change is noted when all are marked, so whoever is killed on the way marks some of them twice.
    ///
    /// - Parameters:
    ///   - snapshot: the model by which everything is computed from now on.
    ///   - applied: what the rollups were computed with up to now.
    /// - Returns: what they are computed with from now on.
    /// - Throws: `PostgresError`; what is noted up to then stays.
    func adoptRollovers(
        of snapshot: PlantSnapshot,
        after applied: [Int32: SlotRollovers]
    ) async throws -> [Int32: SlotRollovers] {
        var result = applied
        for (id, profile) in snapshot.profiles.sorted(by: { $0.key < $1.key }) {
            let wanted = SlotRollovers(profile)
            let changes = (applied[id] ?? SlotRollovers()).changes(to: wanted)
            if changes.isEmpty { continue }
            for device in snapshot.devices.values where device.profileID == id {
                try Task.checkCancellation()
                for slot in changes {
                    _ = try await pool.execute(
                        RolloverQueries.markFalls(device: device.id, slot: Int32(clamping: slot))
                    )
                }
            }
            try await note(changes, to: wanted, ofProfile: id)
            result[id] = wanted
        }
        return result
    }

    private func note(_ changes: [Int], to wanted: SlotRollovers, ofProfile id: Int32) async throws {
        try await pool.transaction { transaction in
            for slot in changes {
                let ordinal = Int16(clamping: slot)
                let rollover = wanted[slot]
                _ = try await transaction.execute(
                    rollover.map { RolloverQueries.set(profile: id, slot: ordinal, $0) }
                        ?? RolloverQueries.remove(profile: id, slot: ordinal)
                )
            }
        }
    }
}
