import Foundation
import PostgreSQL
import Primitives
import Secrets

extension AccountStore {
    /// Makes a link with which a user can sign in once.
    ///
    /// - Parameters:
    ///   - id: the user.
    ///   - seconds: how long the link is valid; nil for the default.
    /// - Returns: the link's secret and its end.
    /// - Throws: ``ResourceFailure/notFound(_:)`` when there is no such user or they are disabled.
    public func createSignInLink(user id: UUID, validFor seconds: Double? = nil) async throws -> SignInLink {
        let secret = TokenSecret(.signInLink, random: random)
        let now = clock.now
        let end = now.adding(seconds: seconds ?? lifetimes.signInLink)
        let count = try await database.execute(
            AccountQueries.insertLink(hash: secret.hash, user: id, now: now, expiresAt: end)
        )
        if count == 0 { throw ResourceFailure.notFound("user \(id)") }
        return SignInLink(secret: secret.text.reveal(), expiresAt: end)
    }

    /// Uses up a sign-in link and begins a session.
    ///
    /// - Parameters:
    ///   - text: what the link carries.
    ///   - userAgent: what the browser says it is, by which people know their sessions.
    /// - Returns: the session; nil when the link is unknown, used, or expired, or the user is disabled.
    /// - Throws: `PostgresError`.
    public func signIn(linkToken text: String, userAgent: String? = nil) async throws -> SignedIn? {
        guard let link = TokenSecret(.signInLink, presented: text) else { return nil }
        let session = TokenSecret(.session, random: random)
        let now = clock.now
        let end = now.adding(seconds: min(lifetimes.idleSession, lifetimes.session))
        let principal = try await database.first(
            AccountQueries.useLink(
                link: link.hash,
                session: session.hash,
                userAgent: userAgent.map { String($0.prefix(300)) },
                now: now,
                expiresAt: end
            )
        )
        return principal.map { SignedIn(token: session.text.reveal(), principal: $0, expiresAt: end) }
    }

    /// Ends a session; does nothing when there is none.
    public func signOut(session text: String) async throws {
        guard let session = TokenSecret(.session, presented: text) else { return }
        try await database.execute(AccountQueries.removeSession(hash: session.hash))
        try await tellRevoked()
    }

    /// The user of a session; using it keeps it alive.
    ///
    /// - Returns: nil when the session is unknown or has ended, or the user is disabled.
    public func authenticate(session text: String) async throws -> Principal? {
        guard let session = TokenSecret(.session, presented: text) else { return nil }
        let now = clock.now
        if let principal = cache.principal(session.hash, at: now) { return principal }
        let generation = cache.generation
        guard let found = try await database.first(AccountQueries.findSession(hash: session.hash, now: now)) else {
            return nil
        }
        // Written at most once a minute: a page makes many requests.
        if now.seconds(since: found.lastSeenAt) >= 60 {
            let end = min(
                now.adding(seconds: lifetimes.idleSession),
                found.createdAt.adding(seconds: lifetimes.session)
            )
            try await database.execute(AccountQueries.touchSession(hash: session.hash, now: now, expiresAt: end))
        }
        cache.insert(found.principal, for: session.hash, at: now, of: generation)
        return found.principal
    }
}
