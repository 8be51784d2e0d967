import Accounts
import HTTPServer
import HTTPTypes
import Primitives

/// Signing in with a one-time link, signing out, and who is signed in.
struct SessionRoutes: Sendable {
    /// The address of the caller's own session.
    static let path = "/api/v1/session"

    let accounts: AccountStore

    func register(on routes: inout APIRouter) {
        routes.get(Self.path, role: .viewer, summary: "Who is signed in.") { request in
            guard let caller = request[CurrentPrincipal.self] else { throw Authorization.unauthenticated }
            return .json(caller.principal.sessionDocument)
        }
        routes.post(Self.path, role: nil, summary: "Sign in with a one-time token.", bodyLimit: 4_096) {
            request in
            var reader = try InputReader(try await request.json())
            let token = reader.requiredString("token")
            try reader.finish()
            guard
                let session = try await accounts.signIn(
                    linkToken: token,
                    userAgent: request.headers[.userAgent]
                )
            else {
                throw HTTPProblem(
                    .unauthorized,
                    code: "link-invalid",
                    detail: "This link was used before or has expired. Ask an administrator for a new one."
                )
            }
            var response = Response.json(session.principal.sessionDocument)
            response.set(try Authorization.sessionCookie(session.token, for: request))
            return response
        }
        routes.delete(Self.path, role: .viewer, summary: "Sign out.") { request in
            if let token = Authorization.sessionToken(of: request) { try await accounts.signOut(session: token) }
            var response = Response.noContent
            response.set(try Authorization.sessionCookie("", for: request))
            return response
        }
    }
}

extension Principal {
    /// What `GET /api/v1/session` tells.
    fileprivate var sessionDocument: JSONValue {
        ["name": .string(name), "email": .string(name), "role": .string(role.rawValue)]
    }
}
