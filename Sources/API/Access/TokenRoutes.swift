import Accounts
import Foundation
import HTTPServer
import HTTPTypes
import Primitives

/// The tokens of programs: for admins.
struct TokenRoutes: Sendable {
    let accounts: AccountStore

    private static let path = "/api/v1/tokens"

    func register(on routes: inout APIRouter) {
        routes.get(Self.path, role: .admin, summary: "The tokens of programs, newest first; revoked ones too.") {
            request in
            let limit = try request.limit()
            let tokens = try await accounts.tokens()
            var start = tokens.startIndex
            if let cursor = request.query.first("cursor") {
                guard let last = tokens.firstIndex(where: { $0.identifier == cursor }) else {
                    throw request.badParameter("cursor", "“nextCursor” of the page before is expected")
                }
                start = last + 1
            }
            let page = tokens[start...].prefix(limit)
            let next = page.endIndex < tokens.endIndex ? page.last?.identifier : nil
            return .page(page.map(\.json), nextCursor: next)
        }
        routes.post(Self.path, role: .admin, summary: "Make a token for a program; it is told once.") { request in
            var reader = try InputReader(try await request.json())
            let name = reader.requiredString("name")
            let role = reader.required("role") == nil ? nil : reader.choice("role", Role.self)
            try reader.finish()
            let author = request[CurrentPrincipal.self]?.principal.name
            let created = try await accounts.createToken(name: name, role: role ?? .viewer, by: author)
            var document = created.token.json.object ?? JSONObject()
            document["token"] = .string(created.secret)
            return .json(.object(document), status: .created, headers: [.cacheControl: "no-store"])
        }
        routes.delete(Self.path + "/{id}", role: .admin, summary: "Revoke a token, at once.") { request in
            try await accounts.revokeToken(try request.identifier("token"))
            return .noContent
        }
    }
}

extension APIToken {
    fileprivate var identifier: String { id.uuidString.lowercased() }

    fileprivate var json: JSONValue {
        [
            "id": .string(identifier), "name": .string(name), "role": .string(role.rawValue),
            "createdAt": .string(createdAt.rfc3339), "createdBy": .optional(createdBy),
            "lastUsedAt": .optional(lastUsedAt), "revokedAt": .optional(revokedAt),
        ]
    }
}
