import Foundation
import PostgreSQL
import Primitives

/// A session with its user.
struct FoundSession: Sendable {
    let principal: Principal
    let createdAt: Timestamp
    let lastSeenAt: Timestamp
}

/// A token with its last use.
struct FoundToken: Sendable {
    let principal: Principal
    let lastUsedAt: Timestamp?
}

/// The statements on users, links, tokens and proofs.
enum AccountQueries {
    private static func user(_ row: ResultRow) throws -> User {
        User(
            id: try row.uuid(0),
            email: try row.string(1),
            role: try row.enumeration(2),
            createdAt: try row.timestamp(3),
            disabledAt: try row.optionalTimestamp(4),
            lastSeenAt: try row.optionalTimestamp(5)
        )
    }

    static func insertUser(_ user: User) -> Statement<Void> {
        Statement(
            "accounts.user.insert",
            """
            INSERT INTO user_account (id, email, role, created_at)
            VALUES (\(user.id), \(user.email), \(user.role), \(user.createdAt))
            """
        )
    }

    static func upsertUser(_ user: User) -> Statement<User> {
        Statement(
            "accounts.user.upsert",
            """
            INSERT INTO user_account (id, email, role, created_at)
            VALUES (\(user.id), \(user.email), \(user.role), \(user.createdAt))
            ON CONFLICT (lower(email)) DO UPDATE SET role = excluded.role, disabled_at = NULL
            RETURNING id, email, role, created_at, disabled_at, last_seen_at
            """
        ) { row in try Self.user(row) }
    }

    static func users(now: Timestamp) -> Statement<User> {
        Statement(
            "accounts.user.list",
            """
            SELECT id, email, role, created_at, disabled_at, last_seen_at,
                (SELECT count(*) FROM session WHERE user_id = user_account.id AND expires_at > \(now))
            FROM user_account ORDER BY lower(email)
            """
        ) { row in
            var user = try Self.user(row)
            user.sessions = try row.int64(6)
            return user
        }
    }

    /// Who may configure, until the transaction ends.
    static func lockAdmins() -> Statement<UUID> {
        Statement(
            "accounts.user.lock_admins",
            "SELECT id FROM user_account WHERE role = 'admin' AND disabled_at IS NULL ORDER BY id FOR UPDATE"
        ) { row in try row.uuid(0) }
    }

    static func removeUser(id: UUID) -> Statement<Void> {
        Statement("accounts.user.remove", "DELETE FROM user_account WHERE id = \(id)")
    }

    static func setRole(_ role: Role, id: UUID) -> Statement<Void> {
        Statement("accounts.user.set_role", "UPDATE user_account SET role = \(role) WHERE id = \(id)")
    }

    static func setDisabled(at time: Timestamp?, id: UUID) -> Statement<Void> {
        Statement(
            "accounts.user.set_disabled",
            """
            WITH account AS (UPDATE user_account SET disabled_at = \(time) WHERE id = \(id) RETURNING id, disabled_at),
                ended AS (DELETE FROM session USING account
                    WHERE session.user_id = account.id AND account.disabled_at IS NOT NULL)
            SELECT id FROM account
            """
        )
    }

    static func insertLink(hash: [UInt8], user: UUID, now: Timestamp, expiresAt: Timestamp) -> Statement<Void> {
        Statement(
            "accounts.link.insert",
            """
            INSERT INTO sign_in_link (token_hash, user_id, created_at, expires_at)
            SELECT \(hash), id, \(now), \(expiresAt) FROM user_account WHERE id = \(user) AND disabled_at IS NULL
            """
        )
    }

    // One statement, so that a link opens one session however many present it at once.
    static func useLink(
        link: [UInt8],
        session: [UInt8],
        userAgent: String?,
        now: Timestamp,
        expiresAt: Timestamp
    ) -> Statement<Principal> {
        Statement(
            "accounts.link.use",
            """
            WITH link AS (
                UPDATE sign_in_link SET used_at = \(now)
                WHERE token_hash = \(link) AND used_at IS NULL AND expires_at > \(now) RETURNING user_id),
            account AS (
                UPDATE user_account SET last_seen_at = \(now) FROM link
                WHERE user_account.id = link.user_id AND disabled_at IS NULL RETURNING user_account.id, email, role),
            opened AS (
                INSERT INTO session (token_hash, user_id, created_at, last_seen_at, expires_at, user_agent)
                SELECT \(session), id, \(now), \(now), \(expiresAt), \(userAgent) FROM account)
            SELECT id, email, role FROM account
            """
        ) { row in
            Principal(id: try row.uuid(0), name: try row.string(1), role: try row.enumeration(2), kind: .user)
        }
    }

    static func findSession(hash: [UInt8], now: Timestamp) -> Statement<FoundSession> {
        Statement(
            "accounts.session.find",
            """
            SELECT user_account.id, email, role, session.created_at, session.last_seen_at
            FROM session JOIN user_account ON user_account.id = session.user_id
            WHERE token_hash = \(hash) AND expires_at > \(now) AND disabled_at IS NULL
            """
        ) { row in
            FoundSession(
                principal: Principal(
                    id: try row.uuid(0),
                    name: try row.string(1),
                    role: try row.enumeration(2),
                    kind: .user
                ),
                createdAt: try row.timestamp(3),
                lastSeenAt: try row.timestamp(4)
            )
        }
    }

    static func touchSession(hash: [UInt8], now: Timestamp, expiresAt: Timestamp) -> Statement<Void> {
        Statement(
            "accounts.session.touch",
            """
            WITH used AS (
                UPDATE session SET last_seen_at = \(now), expires_at = \(expiresAt) WHERE token_hash = \(hash)
                RETURNING user_id)
            UPDATE user_account SET last_seen_at = \(now) FROM used WHERE user_account.id = used.user_id
            """
        )
    }

    static func removeSession(hash: [UInt8]) -> Statement<Void> {
        Statement("accounts.session.remove", "DELETE FROM session WHERE token_hash = \(hash)")
    }

    static func removeExpiredSessions(now: Timestamp) -> Statement<Void> {
        Statement("accounts.session.remove_expired", "DELETE FROM session WHERE expires_at <= \(now)")
    }

    static func removeExpiredLinks(now: Timestamp) -> Statement<Void> {
        Statement("accounts.link.remove_expired", "DELETE FROM sign_in_link WHERE expires_at <= \(now)")
    }

    static func insertToken(_ token: APIToken, hash: [UInt8]) -> Statement<Void> {
        Statement(
            "accounts.token.insert",
            """
            INSERT INTO api_token (id, name, role, token_hash, created_at, created_by)
            VALUES (\(token.id), \(token.name), \(token.role), \(hash), \(token.createdAt), \(token.createdBy))
            """
        )
    }

    static func tokens() -> Statement<APIToken> {
        Statement(
            "accounts.token.list",
            """
            SELECT id, name, role, created_at, revoked_at, created_by, last_used_at FROM api_token
            ORDER BY created_at DESC, id DESC
            """
        ) { row in
            APIToken(
                id: try row.uuid(0),
                name: try row.string(1),
                role: try row.enumeration(2),
                createdAt: try row.timestamp(3),
                revokedAt: try row.optionalTimestamp(4),
                createdBy: try row.optionalString(5),
                lastUsedAt: try row.optionalTimestamp(6)
            )
        }
    }

    static func revokeToken(id: UUID, now: Timestamp) -> Statement<Void> {
        Statement(
            "accounts.token.revoke",
            "UPDATE api_token SET revoked_at = coalesce(revoked_at, \(now)) WHERE id = \(id)"
        )
    }

    static func findToken(hash: [UInt8]) -> Statement<FoundToken> {
        Statement(
            "accounts.token.find",
            "SELECT id, name, role, last_used_at FROM api_token WHERE token_hash = \(hash) AND revoked_at IS NULL"
        ) { row in
            FoundToken(
                principal: Principal(
                    id: try row.uuid(0),
                    name: try row.string(1),
                    role: try row.enumeration(2),
                    kind: .token
                ),
                lastUsedAt: try row.optionalTimestamp(3)
            )
        }
    }

    static func touchToken(id: UUID, now: Timestamp) -> Statement<Void> {
        Statement("accounts.token.touch", "UPDATE api_token SET last_used_at = \(now) WHERE id = \(id)")
    }

    /// Every statement, with arbitrary values, for the test that prepares them.
    static var all: [AnyStatement] {
        let time = Timestamp(microseconds: 0)
        let id = UUID(uuid: (0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0))
        let hash: [UInt8] = []
        let user = User(id: id, email: "", role: .viewer, createdAt: time, disabledAt: nil)
        let token = APIToken(id: id, name: "", role: .viewer, createdAt: time, revokedAt: nil)
        return [
            AnyStatement(insertUser(user)), AnyStatement(upsertUser(user)), AnyStatement(users(now: time)),
            AnyStatement(lockAdmins()), AnyStatement(removeUser(id: id)), AnyStatement(touchToken(id: id, now: time)),
            AnyStatement(setRole(.viewer, id: id)), AnyStatement(setDisabled(at: nil, id: id)),
            AnyStatement(insertLink(hash: hash, user: id, now: time, expiresAt: time)),
            AnyStatement(useLink(link: hash, session: hash, userAgent: nil, now: time, expiresAt: time)),
            AnyStatement(findSession(hash: hash, now: time)),
            AnyStatement(touchSession(hash: hash, now: time, expiresAt: time)),
            AnyStatement(removeSession(hash: hash)), AnyStatement(removeExpiredSessions(now: time)),
            AnyStatement(removeExpiredLinks(now: time)), AnyStatement(insertToken(token, hash: hash)),
            AnyStatement(tokens()), AnyStatement(revokeToken(id: id, now: time)), AnyStatement(findToken(hash: hash)),
        ] + SessionQueries.all
    }
}
