import Foundation
import PostgreSQL
import Primitives
import Secrets

extension AccountStore {
    /// Where a person is signed in, the latest used first.
    ///
    /// - Parameters:
    ///   - id: the person.
    ///   - current: the token of the session that asks, which is marked.
    /// - Returns: the open sessions.
    /// - Throws: `PostgresError`.
    public func sessions(ofUser id: UUID, current: String?) async throws -> [OpenSession] {
        let hash = current.flatMap { TokenSecret(.session, presented: $0)?.hash } ?? []
        return try await database.query(SessionQueries.list(user: id, current: hash, now: clock.now))
    }

    /// Signs a person out in one place.
    ///
    /// - Throws: ``ResourceFailure/notFound(_:)`` when the person has no such session.
    public func endSession(_ session: UUID, ofUser id: UUID) async throws {
        let count = try await database.execute(SessionQueries.end(session, user: id))
        if count == 0 { throw ResourceFailure.notFound("session \(session.uuidString.lowercased())") }
        try await tellRevoked()
    }

    /// Signs a person out everywhere.
    ///
    /// - Parameters:
    ///   - id: the person.
    ///   - current: the token of the session that stays; nil for none.
    /// - Returns: how many sessions were ended.
    /// - Throws: `PostgresError`.
    @discardableResult
    public func endSessions(ofUser id: UUID, except current: String? = nil) async throws -> Int {
        let hash = current.flatMap { TokenSecret(.session, presented: $0)?.hash } ?? []
        let count = try await database.execute(SessionQueries.endAll(user: id, except: hash))
        try await tellRevoked()
        return count
    }
}
