import PostgreSQL
import Primitives

/// What a metric mapping remembers of a device, as stored.
struct MappingState: Sendable {
    var mappingID: Int32
    var deviceID: Int32
    var value: Double
    var timestamp: Timestamp
    /// ``MetricMark/json(metric:)``; nil in rows from before there was one.
    var state: JSONValue?
}

/// The statements on `mapping_state`.
enum MappingStateQueries {
    static func states() -> Statement<MappingState> {
        Statement(
            "erp.mapping.states",
            """
            SELECT s.mapping_id, s.device_id, s.value, s.ts, s.state FROM mapping_state s
                JOIN mapping m ON m.id = s.mapping_id
            WHERE m.deleted_at IS NULL AND m.enabled
            """
        ) { row throws(PostgresError) in
            MappingState(
                mappingID: try row.int32(0),
                deviceID: try row.int32(1),
                value: try row.double(2),
                timestamp: try row.timestamp(3),
                state: try row.optionalJSON(4)
            )
        }
    }

    /// Notes what mappings remember, except of devices that are gone meanwhile.
    static func note(_ states: [MappingState]) -> Statement<Void> {
        Statement(
            "erp.mapping.note-states",
            """
            INSERT INTO mapping_state (mapping_id, device_id, value, ts, state)
            SELECT x.mapping_id, d.id, x.value, x.ts, x.state::json
            FROM unnest(\(states.map(\.mappingID)), \(states.map(\.deviceID)), \(states.map(\.value)),
                \(states.map(\.timestamp)), \(states.map { $0.state?.text })) AS x (mapping_id, device_id, value, ts, state)
                JOIN device d ON d.id = x.device_id
            ORDER BY x.mapping_id, d.id
            ON CONFLICT (mapping_id, device_id) DO UPDATE
            SET value = excluded.value, ts = excluded.ts, state = excluded.state
            """
        )
    }

    /// Forgets what a trigger that is no longer the same has left.
    static func forget(mappingID: Int32) -> Statement<Void> {
        Statement("erp.mapping.forget-states", "DELETE FROM mapping_state WHERE mapping_id = \(mappingID)")
    }

    static let all: [AnyStatement] = [
        AnyStatement(states()), AnyStatement(note([])), AnyStatement(forget(mappingID: 0)),
    ]
}
