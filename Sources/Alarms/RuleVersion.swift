import PostgreSQL
import Primitives

/// What a rule said in one of its versions.
public struct RuleVersion: Hashable, Sendable {
    /// Its name then.
    public var name: String
    /// Its condition then.
    public var condition: String
}

extension AlarmStore {
    /// The rule as it was when it raised an alarm; nil when versions were not kept yet.
    public func ruleVersion(of alarm: Alarm) async throws(PostgresError) -> RuleVersion? {
        try await pool.first(RuleVersionQueries.find(rule: alarm.ruleID, revision: alarm.ruleRevision))
    }
}
