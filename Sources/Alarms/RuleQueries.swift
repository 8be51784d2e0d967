import PostgreSQL
import Primitives

/// The statements on `rule`, and what follows from its changes.
enum RuleQueries {
    @Sendable static func decode(_ row: ResultRow) throws(PostgresError) -> Rule {
        let scope: RuleScope =
            if let profile = try row.optionalInt32(3) {
                .profile(profile)
            } else {
                .assets(try row.optionalInt32Array(4) ?? [])
            }
        return Rule(
            id: try row.int32(0),
            key: try row.string(1),
            definition: RuleDefinition(
                name: try row.string(2),
                scope: scope,
                severity: try row.enumeration(5),
                condition: try row.string(6),
                hold: ISODuration(milliseconds: try row.int64(7)),
                clear: try row.optionalString(8),
                isEnabled: try row.bool(9)
            ),
            revision: try row.int32(10),
            updatedAt: try row.timestamp(11)
        )
    }

    static func find(key: String) -> Statement<Rule> {
        Statement(
            "alarms.rule.find",
            """
            SELECT id, key, name, profile_id, asset_ids, severity, condition, hold_ms, clear, enabled, revision, updated_at
            FROM rule WHERE key = \(key) AND deleted_at IS NULL
            """,
            row: decode
        )
    }

    /// Finds a rule and keeps it from being evaluated with an effect until the transaction ends.
    static func lock(key: String) -> Statement<Rule> {
        Statement(
            "alarms.rule.lock",
            """
            SELECT id, key, name, profile_id, asset_ids, severity, condition, hold_ms, clear, enabled, revision, updated_at
            FROM rule WHERE key = \(key) AND deleted_at IS NULL FOR UPDATE
            """,
            row: decode
        )
    }

    /// Rules in the order of their keys, after a key.
    static func list(after key: String, limit: Int) -> Statement<Rule> {
        Statement(
            "alarms.rule.list",
            """
            SELECT id, key, name, profile_id, asset_ids, severity, condition, hold_ms, clear, enabled, revision, updated_at
            FROM rule WHERE deleted_at IS NULL AND key > \(key) ORDER BY key LIMIT \(Int64(limit))
            """,
            row: decode
        )
    }

    static func insert(key: String, _ definition: RuleDefinition, at time: Timestamp) -> Statement<Rule> {
        Statement(
            "alarms.rule.insert",
            """
            INSERT INTO rule (key, name, profile_id, asset_ids, severity, condition, hold_ms, clear, enabled, updated_at)
            VALUES (\(key), \(definition.name), \(definition.scope.profileID), \(definition.scope.assetIDs),
                \(definition.severity), \(definition.condition), \(definition.hold.milliseconds), \(definition.clear),
                \(definition.isEnabled), \(time))
            RETURNING id, key, name, profile_id, asset_ids, severity, condition, hold_ms, clear, enabled, revision,
                updated_at
            """,
            row: decode
        )
    }

    static func update(id: Int32, _ definition: RuleDefinition, at time: Timestamp) -> Statement<Rule> {
        Statement(
            "alarms.rule.update",
            """
            UPDATE rule SET name = \(definition.name), profile_id = \(definition.scope.profileID),
                asset_ids = \(definition.scope.assetIDs), severity = \(definition.severity),
                condition = \(definition.condition), hold_ms = \(definition.hold.milliseconds),
                clear = \(definition.clear), enabled = \(definition.isEnabled), updated_at = \(time),
                revision = revision + 1
            WHERE id = \(id)
            RETURNING id, key, name, profile_id, asset_ids, severity, condition, hold_ms, clear, enabled, revision,
                updated_at
            """,
            row: decode
        )
    }

    /// Takes a rule out of use: its alarms keep referring to it, but it no longer holds on to its profile.
    static func retire(id: Int32, at time: Timestamp) -> Statement<Void> {
        Statement(
            "alarms.rule.retire",
            """
            UPDATE rule SET deleted_at = \(time), updated_at = \(time), revision = revision + 1, profile_id = NULL,
                asset_ids = coalesce(asset_ids, '{}')
            WHERE id = \(id)
            """
        )
    }

    static func clearAlarms(ruleID: Int32, at time: Timestamp, reason: ClearReason) -> Statement<Void> {
        Statement(
            "alarms.rule.clear-alarms",
            """
            UPDATE alarm SET cleared_at = greatest(\(time), raised_at), clear_reason = \(reason)
            WHERE rule_id = \(ruleID) AND cleared_at IS NULL
            """
        )
    }

    static func forgetPhases(ruleID: Int32) -> Statement<Void> {
        Statement("alarms.rule.forget-phases", "DELETE FROM rule_state WHERE rule_id = \(ruleID)")
    }

    /// Starts the waiting anew, for a condition that is no longer the same.
    static func forgetPending(ruleID: Int32) -> Statement<Void> {
        Statement(
            "alarms.rule.forget-pending",
            "DELETE FROM rule_state WHERE rule_id = \(ruleID) AND phase = 'pending'"
        )
    }

    static let all: [AnyStatement] = {
        let time = Timestamp(microseconds: 0)
        let definition = RuleDefinition(
            name: "",
            scope: .profile(0),
            severity: .low,
            condition: "",
            hold: ISODuration(milliseconds: 0),
            clear: nil,
            isEnabled: true
        )
        return [
            AnyStatement(find(key: "")), AnyStatement(lock(key: "")), AnyStatement(list(after: "", limit: 1)),
            AnyStatement(insert(key: "", definition, at: time)), AnyStatement(update(id: 0, definition, at: time)),
            AnyStatement(retire(id: 0, at: time)), AnyStatement(clearAlarms(ruleID: 0, at: time, reason: .condition)),
            AnyStatement(forgetPhases(ruleID: 0)), AnyStatement(forgetPending(ruleID: 0)),
        ]
    }()
}

extension RuleScope {
    /// The profile's row, if it is one.
    var profileID: Int32? { if case .profile(let id) = self { id } else { nil } }

    /// The assets' rows, if it is a list of assets.
    var assetIDs: [Int32]? { if case .assets(let ids) = self { ids } else { nil } }
}
