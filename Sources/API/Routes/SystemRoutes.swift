import Accounts
import HTTPServer
import HTTPTypes
import Observability
import Primitives

/// Health, readiness, metrics and the API's own description.
struct SystemRoutes: Sendable {
    let readiness: Readiness
    let metrics: PlantwrightMetrics

    func register(on routes: inout APIRouter) {
        routes.get("/healthz", role: nil, summary: "Whether the process lives.") { _ in
            .json(["status": "ok"], headers: [.cacheControl: "no-store"])
        }
        routes.get("/readyz", role: nil, summary: "Whether the whole line works; 503 with reasons when not.") { _ in
            .json(
                readiness.json,
                status: readiness.isReady ? .ok : .serviceUnavailable,
                headers: [.cacheControl: "no-store"]
            )
        }
        routes.get("/metrics", role: .viewer, summary: "Metrics in the Prometheus text format.") { _ in
            var response = Response.text(metrics.registry.exposition())
            response.headers[.contentType] = "text/plain; version=0.0.4; charset=utf-8"
            return response
        }
    }
}

/// Refuses API calls until the configuration is loaded, so that nobody sees an empty plant.
struct StartingGate: Middleware {
    let readiness: Readiness

    func respond(to request: Request, next: Handler) async throws -> Response {
        let isGated = request.route?.metadata[RequiredRole.self] != nil && request.routePattern != "/metrics"
        if isGated, let fault = readiness.fault(.schema) {
            throw HTTPProblem(
                .serviceUnavailable,
                code: "starting",
                detail: "Plantwright is not ready yet: \(fault).",
                headers: [.retryAfter: "2"]
            )
        }
        return try await next(request)
    }
}
