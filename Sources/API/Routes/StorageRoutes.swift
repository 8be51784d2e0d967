import Accounts
import HTTPServer
import Telemetry

/// How much room the store takes.
struct StorageRoutes: Sendable {
    let storage: StorageStore

    func register(on routes: inout APIRouter) {
        routes.get(
            "/api/v1/storage",
            role: .viewer,
            summary: "Sizes, bytes per point, growth, and when the disk is full."
        ) { _ in
            .json(try await storage.report().json)
        }
    }
}
