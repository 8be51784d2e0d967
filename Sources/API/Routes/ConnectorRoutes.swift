import Accounts
import ERP
import ERPConnectors
import Foundation
import HTTPServer
import HTTPTypes
import Primitives

/// Connectors: what an admin writes, tries, pauses and resumes.
struct ConnectorRoutes: Sendable {
    let connectors: ConnectorStore
    let registry: ConnectorRegistry
    let identifiers: IdentifierSource
    let work: ERPWork

    func register(on routes: inout APIRouter) {
        endpoint.register(on: &routes)
        for name in ["preflight", "test"] {
            routes.post(
                "/api/v1/connectors/{key}/\(name)",
                role: .admin,
                summary: "Ask the ERP, changing nothing there, whether orders can be expected to arrive.",
                handler: preflight
            )
        }
        routes.post(
            "/api/v1/connectors/{key}/prepare",
            role: .admin,
            summary: "Do a step in the ERP that a preflight proposed."
        ) { request in
            let live = try registry.live(try request.resourceKey("connector"))
            var reader = try InputReader(try await request.json())
            let step = reader.requiredString("step")
            try reader.finish()
            return .json(await live.erp.prepare(step).json)
        }
        routes.post("/api/v1/connectors/{key}/pause", role: .operator, summary: "Let its deliveries wait.") {
            request in
            .json(document(try await connectors.pause(key: try request.resourceKey("connector"), true)))
        }
        routes.post("/api/v1/connectors/{key}/resume", role: .operator, summary: "Let its deliveries go on.") {
            request in
            let connector = try await connectors.pause(key: try request.resourceKey("connector"), false)
            work.hint()
            return .json(document(connector))
        }
    }

    /// Of the connector as it is stored, or of the draft in `connector`.
    private func preflight(_ request: Request) async throws -> Response {
        let key = try request.resourceKey("connector")
        let sample = "pw-" + identifiers.next().uuidString.lowercased().replacing("-", with: "").prefix(13)
        var draft: JSONValue?
        if !request.body.isEmpty {
            var reader = try InputReader(try await request.json())
            draft = reader.value("connector")
            try reader.finish()
        }
        let checks: [PreflightCheck]
        if let draft {
            checks = try await registry.preflight(key: key, draft: draft, sample: sample)
        } else {
            checks = try await registry.preflight(key: key, sample: sample)
        }
        return .json(PreflightResult(checks: checks).json)
    }

    private var endpoint: ResourceEndpoint {
        ResourceEndpoint(
            path: "/api/v1/connectors",
            name: "connector",
            list: { try await connectors.list(limit: 100_000).map(state) },
            get: { key in state(try await connectors.get(key: key)) },
            put: { key, document, condition in
                let result = try await connectors.put(key: key, document: document, onlyIf: condition)
                work.hint()
                return (state(result.connector), result.isNew)
            },
            patch: { key, document, condition in
                let connector = try await connectors.patch(key: key, document: document, onlyIf: condition)
                work.hint()
                return state(connector)
            },
            delete: { key, condition in try await connectors.delete(key: key, onlyIf: condition) }
        )
    }

    private func state(_ connector: Connector) -> ResourceState {
        ResourceState(key: connector.key, document: document(connector), version: connector.version)
    }

    /// The connector as it is stored, with the parts of its credentials, and whether its ERP answers this process.
    private func document(_ connector: Connector) -> JSONValue {
        var document = connector.json.object ?? JSONObject()
        let stored = registry.connector(id: connector.id)?.storedCredentials ?? []
        document["storedCredentials"] = .array(stored.map { .string($0) })
        document["circuit"] = work.isOpen(connector.id) ? "open" : "closed"
        return .object(document)
    }
}

extension ConnectorRegistry {
    /// The connector with that key, ready to be called.
    func live(_ key: ResourceKey) throws -> LiveConnector {
        guard let live = connector(key: key) else { throw ResourceFailure.notFound("connector \(key)") }
        return live
    }
}

/// What a connector's preflight came to.
private struct PreflightResult {
    var checks: [PreflightCheck]

    /// The API's form: `{ok, detail, checks}`; `detail` sums up what decides.
    var json: JSONValue {
        let failed = checks.filter { $0.result == .failed }
        let decisive = checks.count == 1 ? checks : failed + checks.filter { $0.result == .warning }
        let passed = "All \(checks.count) checks passed."
        return [
            "ok": .bool(failed.isEmpty),
            "detail": .string(decisive.isEmpty ? passed : decisive.map(\.detail).joined(separator: " ")),
            "checks": .array(checks.map(\.json)),
        ]
    }
}
