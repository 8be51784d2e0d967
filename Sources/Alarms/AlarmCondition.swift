import Assets
import Expressions
import PostgreSQL

/// What raised an alarm, as far as a picture of it needs to know.
public struct AlarmCondition: Sendable {
    /// The rule's condition in the version that raised the alarm; nil where versions were not kept yet.
    public var text: String?
    /// The metrics that the condition is about, in the order of the profile.
    public var metrics: [Metric]
    /// What it compares them with.
    public var comparisons: [NumericComparison]
}

extension AlarmStore {
    /// What raised an alarm: the metrics of its condition; all of the profile when they cannot be told any more.
    ///
    /// - Throws: `PostgresError`.
    public func condition(of alarm: Alarm, profile: Profile) async throws(PostgresError) -> AlarmCondition {
        let known = profile.metrics.filter { $0.kind != .location }
        let version = try await ruleVersion(of: alarm)
        let scope = Scope(metricsOf: profile, states: plant.states)
        guard let text = version?.condition,
            let compiled = try? CompiledExpression(text, scope: scope, expecting: .boolean)
        else { return AlarmCondition(text: version?.condition, metrics: known, comparisons: []) }
        let used = known.filter { compiled.usedNames.contains($0.key) }
        return AlarmCondition(text: text, metrics: used.isEmpty ? known : used, comparisons: compiled.comparisons)
    }
}
