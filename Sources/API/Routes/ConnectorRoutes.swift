import Accounts
import ERP
import ERPConnectors
import Foundation
import HTTPServer
import HTTPTypes
import Primitives

/// Connectors.
struct ConnectorRoutes: Sendable {
    let connectors: ConnectorStore
    let registry: ConnectorRegistry
    let identifiers: IdentifierSource
    let hint: @Sendable () -> Void

    func register(on routes: inout APIRouter) {
        endpoint.register(on: &routes)
        routes.post(
            "/api/v1/connectors/{key}/test",
            role: .admin,
            summary: "Ask the ERP, changing nothing there, whether it can be reached."
        ) { request in
            let sample = "pw-" + identifiers.next().uuidString.lowercased().replacing("-", with: "").prefix(13)
            let key = try request.resourceKey("connector")
            return .json(PreflightResult(checks: try await registry.preflight(key: key, sample: sample)).json)
        }
    }

    private var endpoint: ResourceEndpoint {
        ResourceEndpoint(
            path: "/api/v1/connectors",
            name: "connector",
            list: { try await connectors.list(limit: 100_000).map(Self.state) },
            get: { key in Self.state(try await connectors.get(key: key)) },
            put: { key, document, condition in
                let result = try await connectors.put(key: key, document: document, onlyIf: condition)
                hint()
                return (Self.state(result.connector), result.isNew)
            },
            patch: { key, document, condition in
                let connector = try await connectors.patch(key: key, document: document, onlyIf: condition)
                hint()
                return Self.state(connector)
            },
            delete: { key, condition in try await connectors.delete(key: key, onlyIf: condition) }
        )
    }

    private static func state(_ connector: Connector) -> ResourceState {
        ResourceState(key: connector.key, document: connector.json, version: connector.version)
    }
}

/// What a connector's preflight came to.
private struct PreflightResult {
    var checks: [PreflightCheck]

    /// The API's form: `{ok, detail, checks}`; `detail` sums up what decides.
    var json: JSONValue {
        let failed = checks.filter { $0.result == .failed }
        let decisive = failed.isEmpty ? checks.filter { $0.result != .skipped } : failed
        return [
            "ok": .bool(failed.isEmpty), "detail": .string(decisive.map(\.detail).joined(separator: " ")),
            "checks": .array(checks.map(\.json)),
        ]
    }
}
