import Foundation
import PostgreSQL
import Primitives

/// The statements on the sessions of one person.
enum SessionQueries {
    static func list(user: UUID, current: [UInt8], now: Timestamp) -> Statement<OpenSession> {
        Statement(
            "accounts.session.list",
            """
            SELECT id, created_at, last_seen_at, user_agent, token_hash = \(current) FROM session
            WHERE user_id = \(user) AND expires_at > \(now) ORDER BY last_seen_at DESC, id LIMIT 1000
            """
        ) { row in
            OpenSession(
                id: try row.uuid(0),
                createdAt: try row.timestamp(1),
                lastSeenAt: try row.timestamp(2),
                userAgent: try row.optionalString(3),
                isCurrent: try row.bool(4)
            )
        }
    }

    static func end(_ id: UUID, user: UUID) -> Statement<Void> {
        Statement("accounts.session.end", "DELETE FROM session WHERE id = \(id) AND user_id = \(user)")
    }

    static func endAll(user: UUID, except hash: [UInt8]) -> Statement<Void> {
        Statement(
            "accounts.session.end_all",
            "DELETE FROM session WHERE user_id = \(user) AND token_hash <> \(hash)"
        )
    }

    /// Tells every process to ask for proofs anew.
    static func tellRevoked() -> Statement<Void> {
        Statement("accounts.revoked", "SELECT pg_notify(\(AccountStore.revocationChannel), '')")
    }

    /// Every statement, for the test that prepares them.
    static var all: [AnyStatement] {
        let time = Timestamp(microseconds: 0)
        let id = UUID(uuid: (0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0))
        return [
            AnyStatement(list(user: id, current: [], now: time)), AnyStatement(end(id, user: id)),
            AnyStatement(endAll(user: id, except: [])), AnyStatement(tellRevoked()),
        ]
    }
}
