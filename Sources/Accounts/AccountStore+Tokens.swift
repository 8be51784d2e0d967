import Foundation
import PostgreSQL
import Primitives
import Secrets

extension AccountStore {
    /// Makes an API token; it is valid at once.
    ///
    /// - Parameters:
    ///   - name: what it is for, 1 to 255 characters.
    ///   - role: what it may do.
    ///   - author: who makes it; nil for somebody at the machine.
    /// - Returns: the token with its secret.
    /// - Throws: ``InvalidInput``, `PostgresError`.
    public func createToken(name: String, role: Role, by author: String? = nil) async throws -> CreatedToken {
        let name = name.trimmingCharacters(in: .whitespacesAndNewlines)
        guard (1...255).contains(name.unicodeScalars.count), !name.utf8.contains(0) else {
            throw InvalidInput(pointer: "/name", code: "length", detail: "A token's name has 1 to 255 characters.")
        }
        let secret = TokenSecret(.apiToken, random: random)
        let token = APIToken(
            id: identifiers.next(),
            name: name,
            role: role,
            createdAt: clock.now,
            revokedAt: nil,
            createdBy: author
        )
        try await database.execute(AccountQueries.insertToken(token, hash: secret.hash))
        return CreatedToken(token: token, secret: secret.text.reveal())
    }

    /// All tokens, newest first, revoked ones included.
    public func tokens() async throws -> [APIToken] {
        try await database.query(AccountQueries.tokens())
    }

    /// Makes a token worthless: in this process at once, in others within ``Lifetimes/cachedProof``.
    public func revokeToken(_ id: UUID) async throws {
        let count = try await database.execute(AccountQueries.revokeToken(id: id, now: clock.now))
        if count == 0 { throw ResourceFailure.notFound("token \(id.uuidString.lowercased())") }
        try await tellRevoked()
    }

    /// The program that presents a token.
    ///
    /// - Returns: nil when the token is unknown or revoked.
    public func authenticate(token text: String) async throws -> Principal? {
        guard let token = TokenSecret(.apiToken, presented: text) else { return nil }
        let now = clock.now
        if let principal = cache.principal(token.hash, at: now) { return principal }
        let generation = cache.generation
        guard let found = try await database.first(AccountQueries.findToken(hash: token.hash)) else { return nil }
        // Written at most once a minute: a program makes many requests.
        if found.lastUsedAt.map({ now.seconds(since: $0) >= 60 }) ?? true {
            try await database.execute(AccountQueries.touchToken(id: found.principal.id, now: now))
        }
        cache.insert(found.principal, for: token.hash, at: now, of: generation)
        return found.principal
    }
}
