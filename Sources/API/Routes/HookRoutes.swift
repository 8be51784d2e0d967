import Accounts
import ERP
import HTTPServer
import HTTPTypes
import Primitives
import Secrets

/// How an ERP tells that something changed.
struct HookRoutes: Sendable {
    let connectors: ConnectorStore
    let random: RandomSource
    let work: ERPWork

    func register(on routes: inout APIRouter) {
        routes.post(
            "/api/v1/connectors/{key}/webhook",
            role: .admin,
            summary: "Make an address at which the ERP can tell of changes; shown once, an older one is void."
        ) { request in
            let key = try request.resourceKey("connector")
            let secret = try await connectors.makeWebhook(key: key, random: random)
            return .json(["path": .string("/api/v1/hooks/" + secret.reveal())], headers: [.cacheControl: "no-store"])
        }
        routes.delete(
            "/api/v1/connectors/{key}/webhook",
            role: .admin,
            summary: "Remove the address at which the ERP can tell of changes."
        ) { request in
            try await connectors.removeWebhook(key: try request.resourceKey("connector"))
            return Response(status: .noContent)
        }
        // The address is the secret. Whoever calls learns nothing from the answer.
        routes.post(
            "/api/v1/hooks/{secret}",
            role: nil,
            summary: "Something changed in the ERP: its orders are read now."
        ) { request in
            if let id = try? await connectors.connector(ofWebhook: request.parameters["secret"]) {
                try? await work.hurry(id)
            }
            return Response(status: .noContent)
        }
    }
}
