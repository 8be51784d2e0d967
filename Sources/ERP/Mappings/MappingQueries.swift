import ERPConnectors
import PostgreSQL
import Primitives

/// What a mapping's checks need to know of a rule.
struct RuleReference: Sendable {
    var id: Int32
    var key: String
    var name: String
    var severity: String
    /// The profile it is about; nil when it names assets.
    var profileID: Int32?
    /// The assets it is about; empty when it names a profile.
    var assetIDs: [Int32]
}

/// The statements on `mapping`.
enum MappingQueries {
    /// What ``decode(_:)`` reads, and where from.
    private static let columns: SQL.Part = """
        m.id, m.key, m.name, m.trigger_rule_id, m.trigger_metric, m.trigger_profile_id, m.min_change,
            m.min_interval_ms, m.max_age_ms, m.connector_id, m.operation, m.fields, m.enabled, m.revision,
            m.updated_at, c.key, r.key, p.key, m.options
        FROM mapping m JOIN connector c ON c.id = m.connector_id LEFT JOIN rule r ON r.id = m.trigger_rule_id
            LEFT JOIN profile p ON p.id = m.trigger_profile_id
        """

    @Sendable static func decode(_ row: ResultRow) throws(PostgresError) -> MappingDocument {
        let trigger: Mapping.Trigger
        let options = try row.json(18)
        if let rule = try row.optionalInt32(3) {
            trigger = .rule(RuleTrigger(ruleID: rule, stored: options))
        } else {
            let interval = try row.optionalInt64(7).map { ISODuration(milliseconds: $0) }
            trigger = .metric(
                MetricTrigger(
                    metric: try row.optionalString(4) ?? "",
                    profileID: try row.optionalInt32(5) ?? 0,
                    minChange: try row.optionalDouble(6),
                    minInterval: interval ?? MappingDefinition.defaultMinInterval
                )
            )
        }
        let definition = MappingDefinition(
            name: try row.string(2),
            trigger: trigger,
            connectorID: try row.int32(9),
            operation: try row.enumeration(10),
            fields: try row.json(11).object ?? [:],
            maxAge: ISODuration(milliseconds: try row.int64(8)),
            isEnabled: try row.bool(12),
            options: MappingOptions(stored: options)
        )
        return MappingDocument(
            mapping: Mapping(
                id: try row.int32(0),
                key: try row.string(1),
                definition: definition,
                revision: try row.int32(13),
                updatedAt: try row.timestamp(14)
            ),
            connectorKey: try row.string(15),
            ruleKey: try row.optionalString(16),
            profileKey: try row.optionalString(17)
        )
    }

    static func list(after key: String, limit: Int) -> Statement<MappingDocument> {
        Statement(
            "erp.mapping.list",
            """
            SELECT \(columns)
            WHERE m.deleted_at IS NULL AND m.key > \(key) ORDER BY m.key LIMIT \(Int64(limit))
            """,
            row: decode
        )
    }

    static func find(key: String) -> Statement<MappingDocument> {
        Statement(
            "erp.mapping.find",
            """
            SELECT \(columns)
            WHERE m.deleted_at IS NULL AND m.key = \(key)
            """,
            row: decode
        )
    }

    /// All that act.
    static func enabled() -> Statement<MappingDocument> {
        Statement(
            "erp.mapping.enabled",
            """
            SELECT \(columns)
            WHERE m.deleted_at IS NULL AND m.enabled ORDER BY m.id
            """,
            row: decode
        )
    }

    static func lock(key: String) -> Statement<MappingRow> {
        Statement(
            "erp.mapping.lock",
            "SELECT id, revision FROM mapping WHERE deleted_at IS NULL AND key = \(key) FOR UPDATE"
        ) { row throws(PostgresError) in MappingRow(id: try row.int32(0), revision: try row.int32(1)) }
    }

    static func insert(key: String, _ definition: MappingDefinition, at time: Timestamp) -> Statement<Int32> {
        Statement(
            "erp.mapping.insert",
            """
            INSERT INTO mapping (key, name, trigger_rule_id, trigger_metric, trigger_profile_id, min_change,
                min_interval_ms, max_age_ms, connector_id, operation, fields, enabled, options, updated_at)
            VALUES (\(key), \(definition.name), \(definition.rule?.ruleID), \(definition.metric?.metric),
                \(definition.metric?.profileID), \(definition.metric?.minChange),
                \(definition.metric?.minInterval.milliseconds), \(definition.maxAge.milliseconds),
                \(definition.connectorID), \(definition.operation), \(JSONValue.object(definition.fields)),
                \(definition.isEnabled), \(definition.storedOptions), \(time))
            RETURNING id
            """
        ) { row throws(PostgresError) in try row.int32(0) }
    }

    static func update(id: Int32, _ definition: MappingDefinition, at time: Timestamp) -> Statement<Void> {
        Statement(
            "erp.mapping.update",
            """
            UPDATE mapping SET name = \(definition.name), trigger_rule_id = \(definition.rule?.ruleID),
                trigger_metric = \(definition.metric?.metric), trigger_profile_id = \(definition.metric?.profileID),
                min_change = \(definition.metric?.minChange),
                min_interval_ms = \(definition.metric?.minInterval.milliseconds),
                max_age_ms = \(definition.maxAge.milliseconds), connector_id = \(definition.connectorID),
                operation = \(definition.operation), fields = \(JSONValue.object(definition.fields)),
                enabled = \(definition.isEnabled), options = \(definition.storedOptions), updated_at = \(time), revision = revision + 1
            WHERE id = \(id)
            """
        )
    }

    static func retire(id: Int32, at time: Timestamp) -> Statement<Void> {
        Statement(
            "erp.mapping.retire",
            "UPDATE mapping SET deleted_at = \(time), updated_at = \(time), revision = revision + 1 WHERE id = \(id)"
        )
    }

    /// A rule in use; kept from being deleted until the transaction ends.
    static func rule(key: String) -> Statement<RuleReference> {
        Statement(
            "erp.mapping.rule",
            """
            SELECT id, key, profile_id, asset_ids, name, severity FROM rule
            WHERE deleted_at IS NULL AND key = \(key) FOR SHARE
            """
        ) { row throws(PostgresError) in
            RuleReference(
                id: try row.int32(0),
                key: try row.string(1),
                name: try row.string(4),
                severity: try row.string(5),
                profileID: try row.optionalInt32(2),
                assetIDs: try row.optionalInt32Array(3) ?? []
            )
        }
    }

    /// A mapping in use that a rule triggers; nil when there is none.
    static func mapping(ofRule id: Int32) -> Statement<String> {
        Statement(
            "erp.mapping.of-rule",
            "SELECT key FROM mapping WHERE trigger_rule_id = \(id) AND deleted_at IS NULL ORDER BY key LIMIT 1"
        ) { row throws(PostgresError) in try row.string(0) }
    }

    static let all: [AnyStatement] = {
        let time = Timestamp(microseconds: 0)
        let definition = MappingDefinition(
            name: "",
            trigger: .rule(RuleTrigger(ruleID: 0)),
            connectorID: 0,
            operation: .workOrderCreate,
            fields: [:],
            maxAge: MappingDefinition.defaultMaxAge,
            isEnabled: true
        )
        return [
            AnyStatement(list(after: "", limit: 1)), AnyStatement(find(key: "")), AnyStatement(enabled()),
            AnyStatement(lock(key: "")), AnyStatement(insert(key: "", definition, at: time)),
            AnyStatement(update(id: 0, definition, at: time)), AnyStatement(retire(id: 0, at: time)),
            AnyStatement(rule(key: "")), AnyStatement(mapping(ofRule: 0)),
        ]
    }()
}

/// A locked row of `mapping`.
struct MappingRow: Sendable {
    var id: Int32
    var revision: Int32

    var version: ResourceVersion { ResourceVersion(id: id, revision: revision) }
}
