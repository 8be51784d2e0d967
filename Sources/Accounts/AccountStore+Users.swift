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
        try await database.query(AccountQueries.users(now: clock.now))
    }

    /// One user.
    ///
    /// - Throws: ``ResourceFailure/notFound(_:)``.
    public func user(_ id: UUID) async throws -> User {
        guard let user = try await users().first(where: { $0.id == id }) else { throw Self.missing(id) }
        return user
    }

    /// Changes what a user may do, at once.
    ///
    /// - Throws: ``ResourceFailure``: absent, or `last-admin` when nobody could configure any more.
    public func setRole(_ role: Role, ofUser id: UUID) async throws {
        try await changing(id, keepsAdmin: role == .admin) { transaction in
            try await transaction.execute(AccountQueries.setRole(role, id: id))
        }
    }

    /// Lets a user sign in, or no longer; ends their sessions in the latter case.
    ///
    /// - Throws: ``ResourceFailure``: absent, or `last-admin`.
    public func setDisabled(_ isDisabled: Bool, user id: UUID) async throws {
        let time = isDisabled ? clock.now : nil
        try await changing(id, keepsAdmin: !isDisabled) { transaction in
            try await transaction.execute(AccountQueries.setDisabled(at: time, id: id))
        }
    }

    /// Removes a user with their sessions and links; what they did stays noted under their address.
    ///
    /// - Throws: ``ResourceFailure``: absent, or `last-admin`.
    public func removeUser(_ id: UUID) async throws {
        try await changing(id, keepsAdmin: false) { transaction in
            try await transaction.execute(AccountQueries.removeUser(id: id))
        }
    }

    /// Runs a write on one user, unless it would leave nobody who may configure.
    private func changing(
        _ id: UUID,
        keepsAdmin: Bool,
        _ write: (Transaction) async throws -> Int
    ) async throws {
        try await database.atomically { transaction in
            // Locked, so that two admins cannot demote each other at the same moment.
            let admins = try await transaction.query(AccountQueries.lockAdmins())
            if !keepsAdmin, admins == [id] {
                throw ResourceFailure.conflict(
                    code: "last-admin",
                    detail: "This is the only administrator. Make somebody else one first."
                )
            }
            if try await write(transaction) == 0 { throw Self.missing(id) }
        }
        try await tellRevoked()
    }

    private static func missing(_ id: UUID) -> ResourceFailure { .notFound("user \(id.uuidString.lowercased())") }

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
