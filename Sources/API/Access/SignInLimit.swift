import HTTPServer
import HTTPTypes
import Primitives

/// Limits what strangers may try: sign-in attempts, and calls without a valid token or session.
///
/// Whoever proves who they are is never limited, not even behind the address of somebody who is.
struct SignInLimit: Middleware {
    private let attempts: RateLimiter
    private let failures: RateLimiter

    init(clock: WallClock) {
        attempts = RateLimiter(name: "sign-in", capacity: 20, refillPerSecond: 0.2, clock: clock)
        failures = RateLimiter(name: "unauthenticated", capacity: 60, refillPerSecond: 1, clock: clock)
    }

    func respond(to request: Request, next: Handler) async throws -> Response {
        if request.method == .post, request.routePattern == SessionRoutes.path { try attempts.count(request) }
        do {
            return try await next(request)
        } catch let problem as HTTPProblem where problem.status == .unauthorized {
            try failures.count(request)
            throw problem
        }
    }
}
