import Accounts
import Foundation
import HTTPServer
import HTTPTypes
import Primitives

/// One's own account: where one is signed in.
struct AccountRoutes: Sendable {
    let accounts: AccountStore

    private static let path = "/api/v1/account/sessions"

    func register(on routes: inout APIRouter) {
        routes.get(Self.path, role: .viewer, summary: "Where the caller is signed in; the latest used first.") {
            request in
            guard let person = Self.person(request) else { return .page([], nextCursor: nil) }
            let current = Authorization.sessionToken(of: request)
            let sessions = try await accounts.sessions(ofUser: person, current: current)
            return .page(sessions.map(\.json), nextCursor: nil)
        }
        routes.delete(Self.path, role: .viewer, summary: "Sign out everywhere else.") { request in
            if let person = Self.person(request) {
                try await accounts.endSessions(ofUser: person, except: Authorization.sessionToken(of: request))
            }
            return .noContent
        }
        routes.delete(Self.path + "/{id}", role: .viewer, summary: "Sign out in one place.") { request in
            let session = try request.identifier("session")
            guard let person = Self.person(request) else {
                throw ResourceFailure.notFound("session \(session.uuidString.lowercased())")
            }
            try await accounts.endSession(session, ofUser: person)
            return .noContent
        }
    }

    /// The person who calls; nil for a program, which has no sessions.
    private static func person(_ request: Request) -> UUID? {
        request[CurrentPrincipal.self].flatMap { $0.isBySession ? $0.principal.id : nil }
    }
}

extension OpenSession {
    fileprivate var json: JSONValue {
        [
            "id": .string(id.uuidString.lowercased()), "createdAt": .string(createdAt.rfc3339),
            "lastSeenAt": .string(lastSeenAt.rfc3339), "userAgent": .optional(userAgent),
            "current": .bool(isCurrent),
        ]
    }
}
