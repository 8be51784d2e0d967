import Alarms
import HTTPServer
import Primitives

/// Rules.
struct RuleRoutes: Sendable {
    let rules: RuleStore

    func register(on routes: inout APIRouter) {
        ResourceEndpoint(
            path: "/api/v1/rules",
            name: "rule",
            list: { try await rules.rules(limit: 100_000).map(state) },
            get: { key in state(try await rules.rule(key: key)) },
            put: { key, document, condition in
                let (rule, isNew) = try await rules.put(key: key, document: document, onlyIf: condition)
                return (state(rule), isNew)
            },
            delete: { key, condition in try await rules.delete(key: key, onlyIf: condition) }
        ).register(on: &routes)
    }

    private func state(_ rule: Rule) -> ResourceState {
        ResourceState(key: rule.key, document: rules.json(rule), version: rule.version)
    }
}
