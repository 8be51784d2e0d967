import Accounts
import Assets
import HTTPServer
import HTTPTypes
import Primitives

/// Who sends a request.
struct Caller: Sendable {
    var principal: Principal
    /// Whether a browser's cookie proved it, rather than a token.
    var isBySession: Bool
}

/// The caller that ``Authorization`` found.
enum CurrentPrincipal: ContextKey {
    typealias Value = Caller
}

/// Finds out who calls and whether their role suffices for the matched route.
struct Authorization: Middleware {
    /// The name of the session cookie over plain HTTP.
    static let cookie = "plantwright_session"
    /// Its name over TLS: `__Host-` keeps other hosts of the domain, and plain HTTP, from setting it.
    static let secureCookie = "__Host-plantwright_session"

    let accounts: AccountStore

    func respond(to request: Request, next: Handler) async throws -> Response {
        guard let needed = request.route?.metadata[RequiredRole.self] else { return try await next(request) }
        guard let caller = try await caller(of: request) else { throw Self.unauthenticated }
        guard caller.principal.role.allows(needed) else {
            throw HTTPProblem(
                .forbidden,
                code: "forbidden",
                detail: "This needs the role “\(needed.rawValue)”; yours is “\(caller.principal.role.rawValue)”."
            )
        }
        var request = request
        request[CurrentPrincipal.self] = caller
        if ![.get, .head, .options].contains(request.method) { try SameOrigin.check(request) }
        // Whatever configuration is written while the request is answered, it is the caller who writes it.
        return try await ConfigurationAuthor.$current.withValue(caller.principal.name) { [request] in
            try await next(request)
        }
    }

    /// The caller that a bearer token or a session cookie proves; a wrong token is not made good by a cookie.
    func caller(of request: Request) async throws -> Caller? {
        if let field = request.headers[.authorization] {
            let parts = field.split(separator: " ", maxSplits: 1)
            guard parts.count == 2, parts[0].lowercased() == "bearer" else { return nil }
            let token = String(parts[1]).trimmingPrefix { $0 == " " }
            return try await accounts.authenticate(token: String(token)).map {
                Caller(principal: $0, isBySession: false)
            }
        }
        guard let session = Self.sessionToken(of: request) else { return nil }
        return try await accounts.authenticate(session: session).map { Caller(principal: $0, isBySession: true) }
    }

    static func sessionToken(of request: Request) -> String? {
        request.cookies[request.isSecure ? secureCookie : cookie]
    }

    /// The cookie that carries a session; an empty token takes it away.
    static func sessionCookie(_ token: String, for request: Request) throws -> SetCookie {
        try SetCookie(
            request.isSecure ? secureCookie : cookie,
            value: token,
            maxAge: token.isEmpty ? 0 : nil,
            isSecure: request.isSecure
        )
    }

    static let unauthenticated = HTTPProblem(
        .unauthorized,
        code: "unauthenticated",
        detail: "Sign in, or send “Authorization: Bearer TOKEN” with a valid token.",
        headers: [.wwwAuthenticate: "Bearer realm=\"plantwright\""]
    )
}
