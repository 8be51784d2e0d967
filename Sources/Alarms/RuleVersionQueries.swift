import PostgreSQL
import Primitives

/// The statements on versions of rules.
enum RuleVersionQueries {
    static func find(rule id: Int32, revision: Int32) -> Statement<RuleVersion> {
        Statement(
            "alarms.rule-version.find",
            "SELECT name, condition FROM rule_version WHERE rule_id = \(id) AND revision = \(revision)"
        ) { row throws(PostgresError) in RuleVersion(name: try row.string(0), condition: try row.string(1)) }
    }

    static let all = [AnyStatement(find(rule: 0, revision: 0))]
}
