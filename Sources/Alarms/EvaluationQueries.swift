import Foundation
import PostgreSQL
import Primitives

/// A phase other than normal, as stored.
struct StoredPhase: Sendable {
    var key: RuleSet.UnitKey
    var phase: RulePhase
}

/// The revision of a rule that no configuration write can change for now.
struct LockedRule: Sendable {
    var id: Int32
    var revision: Int32
}

/// The statements of the evaluation: its state, and what it writes, each for any number of rows.
enum EvaluationQueries {
    static func rules() -> Statement<Rule> {
        Statement(
            "alarms.evaluation.rules",
            """
            SELECT id, key, name, profile_id, asset_ids, severity, condition, hold_ms, clear, enabled, revision, updated_at
            FROM rule WHERE deleted_at IS NULL AND enabled ORDER BY id
            """,
            row: RuleQueries.decode
        )
    }

    /// Open alarms and pending conditions.
    ///
    /// What is open is told by the alarms themselves.
    static func phases() -> Statement<StoredPhase> {
        Statement(
            "alarms.evaluation.phases",
            """
            SELECT rule_id, device_id, raised_at, id FROM alarm WHERE cleared_at IS NULL
            UNION ALL
            SELECT rule_id, device_id, since, NULL FROM rule_state s WHERE phase = 'pending' AND NOT EXISTS (
                SELECT FROM alarm a
                WHERE a.rule_id = s.rule_id AND a.device_id = s.device_id AND a.cleared_at IS NULL)
            """
        ) { row throws(PostgresError) in
            let since = try row.timestamp(2)
            let alarm = try row.optionalUUID(3)
            return StoredPhase(
                key: RuleSet.UnitKey(ruleID: try row.int32(0), deviceID: try row.int32(1)),
                phase: alarm.map { .active(alarm: $0, since: since) } ?? .pending(since: since)
            )
        }
    }

    /// Waits for the end of any other transaction that evaluates with an effect, such as one whose COMMIT was sent over a
    /// connection that broke, and makes others wait for this one.
    static func takeTurn() -> Statement<Void> {
        Statement("alarms.evaluation.take-turn", "SELECT pg_advisory_xact_lock(6011372250417105261)")
    }

    /// Locks rules against configuration writes until the transaction ends, and tells their revisions.
    static func lockRules(_ ids: [Int32]) -> Statement<LockedRule> {
        Statement(
            "alarms.evaluation.lock-rules",
            """
            SELECT id, revision FROM rule WHERE id = ANY(\(ids)) AND deleted_at IS NULL AND enabled
            ORDER BY id FOR SHARE
            """
        ) { row throws(PostgresError) in LockedRule(id: try row.int32(0), revision: try row.int32(1)) }
    }

    static func clear(_ alarms: [ClearedAlarm]) -> Statement<Void> {
        Statement(
            "alarms.evaluation.clear",
            """
            UPDATE alarm SET cleared_at = greatest(x.cleared_at, alarm.raised_at), clear_reason = x.reason
            FROM unnest(\(alarms.map(\.id)), \(alarms.map(\.clearedAt)), \(alarms.map(\.reason.rawValue)))
                AS x (id, cleared_at, reason)
            WHERE alarm.id = x.id AND alarm.cleared_at IS NULL
            """
        )
    }

    static func insert(_ alarms: [RaisedAlarm]) -> Statement<Void> {
        Statement(
            "alarms.evaluation.insert",
            """
            INSERT INTO alarm (id, rule_id, rule_revision, device_id, asset_id, severity, raised_at, received_at,
                cleared_at, clear_reason)
            SELECT x.*, CASE WHEN x.cleared_at IS NOT NULL THEN 'condition' END
            FROM unnest(\(alarms.map(\.id)), \(alarms.map(\.rule.id)), \(alarms.map(\.rule.revision)),
                \(alarms.map(\.deviceID)), \(alarms.map(\.assetID)), \(alarms.map(\.rule.severity.rawValue)),
                \(alarms.map(\.raisedAt)), \(alarms.map(\.receivedAt)), \(alarms.map(\.clearedAt)))
                AS x (id, rule_id, rule_revision, device_id, asset_id, severity, raised_at, received_at, cleared_at)
            """
        )
    }

    /// Stores phases other than normal.
    static func store(_ phases: [StoredPhase]) -> Statement<Void> {
        var names: [String] = []
        var times: [Timestamp] = []
        var alarms: [UUID?] = []
        for stored in phases {
            switch stored.phase {
            case .normal: continue
            case .pending(let since):
                names.append("pending")
                times.append(since)
                alarms.append(nil)
            case .active(let alarm, let since):
                names.append("active")
                times.append(since)
                alarms.append(alarm)
            }
        }
        return Statement(
            "alarms.evaluation.store",
            """
            INSERT INTO rule_state (rule_id, device_id, phase, since, alarm_id)
            SELECT * FROM unnest(\(phases.map(\.key.ruleID)), \(phases.map(\.key.deviceID)), \(names), \(times), \(alarms))
            ON CONFLICT (rule_id, device_id) DO UPDATE
            SET phase = excluded.phase, since = excluded.since, alarm_id = excluded.alarm_id
            """
        )
    }

    /// Forgets the phases of units that are normal again.
    static func forget(_ keys: [RuleSet.UnitKey]) -> Statement<Void> {
        Statement(
            "alarms.evaluation.forget",
            """
            DELETE FROM rule_state USING unnest(\(keys.map(\.ruleID)), \(keys.map(\.deviceID))) AS x (rule_id, device_id)
            WHERE rule_state.rule_id = x.rule_id AND rule_state.device_id = x.device_id
            """
        )
    }

    static let all: [AnyStatement] = [
        AnyStatement(rules()), AnyStatement(phases()), AnyStatement(takeTurn()), AnyStatement(lockRules([])),
        AnyStatement(clear([])),
        AnyStatement(insert([])), AnyStatement(store([])), AnyStatement(forget([])),
    ]
}
