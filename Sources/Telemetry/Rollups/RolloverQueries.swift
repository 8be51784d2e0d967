import PostgreSQL
import Primitives

/// A row of `rollup_rollover`.
struct AppliedRollover: Sendable {
    var profileID: Int32
    var slot: Int
    var rollover: Double
}

/// The statements on what roll-over values the rollups were computed with.
enum RolloverQueries {
    static func applied() -> Statement<AppliedRollover> {
        Statement("telemetry.rollover.applied", "SELECT profile_id, ordinal, rollover FROM rollup_rollover") {
            row throws(PostgresError) in
            AppliedRollover(
                profileID: try row.int32(0),
                slot: Int(try row.int16(1)),
                rollover: try row.double(2)
            )
        }
    }

    static func set(profile: Int32, slot: Int16, _ rollover: Double) -> Statement<Void> {
        Statement(
            "telemetry.rollover.set",
            """
            INSERT INTO rollup_rollover (profile_id, ordinal, rollover) VALUES (\(profile), \(slot), \(rollover))
            ON CONFLICT (profile_id, ordinal) DO UPDATE SET rollover = excluded.rollover
            """
        )
    }

    static func remove(profile: Int32, slot: Int16) -> Statement<Void> {
        Statement(
            "telemetry.rollover.remove",
            "DELETE FROM rollup_rollover WHERE profile_id = \(profile) AND ordinal = \(slot)"
        )
    }

    /// Marks the first minute of every bucket, of any width, in which a counter of a device fell.
    ///
    /// Without a fall the increase is the last value less the first, whatever the roll-over value; the allowance is for
    /// rounding.
    static func markFalls(device: Int32, slot: Int32) -> Statement<Void> {
        Statement(
            "telemetry.rollover.mark-falls",
            """
            INSERT INTO rollup_dirty (device_id, minute)
            SELECT DISTINCT device_id, bucket FROM rollup
            WHERE device_id = \(device) AND rise[\(slot) + 1] > last[\(slot) + 1] - first[\(slot) + 1]
                + 1e-9 * greatest(abs(maximum[\(slot) + 1]), 1)
            """
        )
    }

    /// Statements with sample arguments.
    static let all: [AnyStatement] = [
        AnyStatement(applied()), AnyStatement(set(profile: 0, slot: 0, 1)),
        AnyStatement(remove(profile: 0, slot: 0)), AnyStatement(markFalls(device: 0, slot: 0)),
    ]
}
