import Accounts
import HTTPServer
import HTTPTypes
import Primitives

/// Signing in with a one-time link, signing out, and who is signed in.
struct SessionRoutes: Sendable {
    let accounts: AccountStore

    func register(on routes: inout APIRouter) {
        routes.get("/api/v1/session", role: .viewer, summary: "Who is signed in.") { request in
            guard let caller = request[CurrentPrincipal.self] else { throw Authorization.unauthenticated }
            return .json(caller.principal.sessionDocument)
        }
        routes.post("/api/v1/session", role: nil, summary: "Sign in with a one-time token.", bodyLimit: 4_096) {
            request in
            var reader = try InputReader(try await request.json())
            let token = reader.requiredString("token")
            try reader.finish()
            guard let session = try await accounts.signIn(linkToken: token) else {
                throw HTTPProblem(
                    .unauthorized,
                    code: "link-invalid",
                    detail: "This link was used before or has expired. Ask an administrator for a new one."
                )
            }
            let secure = request.isSecure ? "; Secure" : ""
            let value = "\(Authorization.cookie)=\(session.token); Path=/; HttpOnly; SameSite=Strict\(secure)"
            return .json(session.principal.sessionDocument, headers: [.setCookie: value])
        }
        routes.delete("/api/v1/session", role: .viewer, summary: "Sign out.") { request in
            if let token = Authorization.sessionToken(of: request) { try await accounts.signOut(session: token) }
            let value = "\(Authorization.cookie)=; Path=/; HttpOnly; SameSite=Strict; Max-Age=0"
            return Response(status: .noContent, headers: [.setCookie: value])
        }
    }
}

extension Principal {
    /// What `GET /api/v1/session` tells.
    fileprivate var sessionDocument: JSONValue {
        ["name": .string(name), "email": .string(name), "role": .string(role.rawValue)]
    }
}
