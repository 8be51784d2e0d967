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
            put: { key, document, revision in
                let (rule, isNew) = try await rules.put(key: key, document: document, ifRevision: revision)
                return (state(rule), isNew)
            },
            delete: { key, revision in try await rules.delete(key: key, ifRevision: revision) }
        ).register(on: &routes)
    }

    private func state(_ rule: Rule) -> ResourceState {
        ResourceState(key: rule.key, document: rules.json(rule), revision: rule.revision)
    }
}
