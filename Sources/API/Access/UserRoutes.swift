import Accounts
import Foundation
import HTTPServer
import HTTPTypes
import Primitives

/// The people who may sign in: for admins.
struct UserRoutes: Sendable {
    let accounts: AccountStore
    /// The address that people use; nil to take the one that the request came to.
    let publicURL: String?

    private static let path = "/api/v1/users"

    func register(on routes: inout APIRouter) {
        routes.get(Self.path, role: .admin, summary: "The people who may sign in.") { request in
            let own = request[CurrentPrincipal.self]?.principal.id
            return try Page(of: try await accounts.users().map(ListedUser.init), for: request, key: \.order)
                .response { $0.user.json(isOwn: $0.user.id == own) }
        }
        routes.post(Self.path, role: .admin, summary: "Invite somebody; the one-time sign-in link is told once.") {
            request in
            var reader = try InputReader(try await request.json())
            let email = reader.requiredString("email")
            let role = reader.required("role") == nil ? nil : reader.choice("role", Role.self)
            try reader.finish()
            let user = try await accounts.createUser(email: email, role: role ?? .viewer)
            return try await invitation(user, request, status: .created)
        }
        routes.get(Self.path + "/{id}", role: .admin, summary: "One of the people.") { request in
            let user = try await accounts.user(try request.identifier("user"))
            return .json(user.json(isOwn: user.id == request[CurrentPrincipal.self]?.principal.id))
        }
        routes.patch(Self.path + "/{id}", role: .admin, summary: "Change somebody's role, at once.") { request in
            let id = try request.identifier("user")
            var reader = try InputReader(try await request.json())
            let role = reader.required("role") == nil ? nil : reader.choice("role", Role.self)
            try reader.finish()
            if let role { try await accounts.setRole(role, ofUser: id) }
            let user = try await accounts.user(id)
            return .json(user.json(isOwn: id == request[CurrentPrincipal.self]?.principal.id))
        }
        routes.delete(Self.path + "/{id}", role: .admin, summary: "Remove somebody, with their sessions.") { request in
            try await accounts.removeUser(try request.identifier("user"))
            return .noContent
        }
        routes.post(
            Self.path + "/{id}/sign-in-link",
            role: .admin,
            summary: "A new one-time sign-in link for somebody, told once."
        ) { request in
            let user = try await accounts.user(try request.identifier("user"))
            return try await invitation(user, request, status: .created)
        }
        routes.delete(Self.path + "/{id}/sessions", role: .admin, summary: "Sign somebody out everywhere.") { request in
            let user = try await accounts.user(try request.identifier("user"))
            try await accounts.endSessions(ofUser: user.id)
            return .noContent
        }
    }

    private func invitation(_ user: User, _ request: Request, status: HTTPResponse.Status) async throws -> Response {
        let link = try await accounts.createSignInLink(user: user.id)
        let base = publicURL ?? request.ownAddress
        return .json(
            [
                "user": user.json(isOwn: false), "link": .string("\(base)/sign-in?token=\(link.secret)"),
                "expiresAt": .string(link.expiresAt.rfc3339),
            ],
            status: status,
            headers: [.cacheControl: "no-store"]
        )
    }
}

/// A user with what the list is ordered by.
private struct ListedUser {
    var user: User
    var order: String { user.email.lowercased() }

    init(_ user: User) { self.user = user }
}

extension User {
    fileprivate func json(isOwn: Bool) -> JSONValue {
        [
            "id": .string(id.uuidString.lowercased()), "email": .string(email), "role": .string(role.rawValue),
            "createdAt": .string(createdAt.rfc3339), "lastSeenAt": .optional(lastSeenAt),
            "sessions": .integer(sessions), "disabled": .bool(disabledAt != nil), "you": .bool(isOwn),
        ]
    }
}

extension Request {
    /// The address under which the caller reached this server.
    var ownAddress: String { (isSecure ? "https://" : "http://") + (authority ?? "localhost") }
}
