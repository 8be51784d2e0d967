import Foundation
import PostgreSQL
import Primitives

extension AccountStore {
    /// Makes a user.
    ///
    /// - Throws: ``ResourceFailure/conflict(code:detail:)`` with code `email-taken` when there is one with this address.
    public func createUser(email: String, role: Role) async throws -> User {
        let user = User(
            id: identifiers.next(),
            email: try Self.checked(email: email),
            role: role,
            createdAt: clock.now,
            disabledAt: nil
        )
        do {
            try await database.execute(AccountQueries.insertUser(user))
        } catch SQLState.uniqueViolation {
            throw ResourceFailure.conflict(code: "email-taken", detail: "There is a user with this e-mail address.")
        }
        return user
    }

    /// Makes a user, or gives the one with this address the role and the right to sign in.
    public func ensureUser(email: String, role: Role) async throws -> User {
        let user = User(
            id: identifiers.next(),
            email: try Self.checked(email: email),
            role: role,
            createdAt: clock.now,
            disabledAt: nil
        )
        let stored = try await database.first(AccountQueries.upsertUser(user))
        cache.removeAll()
        return stored ?? user
    }

    /// All users by address.
    public func users() async throws -> [User] {
        try await database.query(AccountQueries.users())
    }

    /// Changes what a user may do.
    public func setRole(_ role: Role, ofUser id: UUID) async throws {
        let count = try await database.execute(AccountQueries.setRole(role, id: id))
        cache.removeAll()
        if count == 0 { throw ResourceFailure.notFound("user \(id)") }
    }

    /// Lets a user sign in, or no longer; ends their sessions in the latter case.
    public func setDisabled(_ isDisabled: Bool, user id: UUID) async throws {
        let count = try await database.execute(
            AccountQueries.setDisabled(at: isDisabled ? clock.now : nil, id: id)
        )
        cache.removeAll()
        if count == 0 { throw ResourceFailure.notFound("user \(id)") }
    }

    /// The address without surrounding spaces, if it can be one.
    static func checked(email: String) throws(InvalidInput) -> String {
        let email = email.trimmingCharacters(in: .whitespacesAndNewlines)
        let parts = email.split(separator: "@", omittingEmptySubsequences: false)
        let isPlausible =
            parts.count == 2 && parts.allSatisfy { !$0.isEmpty } && (3...254).contains(email.count)
            && email.unicodeScalars.allSatisfy { $0.value > 0x20 && $0.value != 0x7F }
        guard isPlausible else {
            throw InvalidInput(pointer: "/email", code: "email", detail: "This is no e-mail address.")
        }
        return email
    }
}
