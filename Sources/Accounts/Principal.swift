import Foundation
import Primitives

/// Who proved to be the caller.
public struct Principal: Hashable, Sendable {
    /// How the caller proved it.
    public enum Kind: String, Sendable {
        /// A person with a browser's session.
        case user
        /// A program with an API token.
        case token
    }

    /// The user's or the token's identifier.
    public let id: UUID
    /// A user's e-mail address, or a token's name.
    public let name: String
    /// What they may do.
    public let role: Role
    /// How they proved it.
    public let kind: Kind

    /// Makes a principal.
    public init(id: UUID, name: String, role: Role, kind: Kind) {
        self.id = id
        self.name = name
        self.role = role
        self.kind = kind
    }
}

/// A person who may sign in.
public struct User: Hashable, Sendable {
    /// The identifier.
    public let id: UUID
    /// The address as it was entered; unique regardless of case.
    public let email: String
    /// What they may do.
    public let role: Role
    /// When the account was made.
    public let createdAt: Timestamp
    /// Since when they may no longer sign in.
    public let disabledAt: Timestamp?
    /// When they used Plantwright last, to the minute.
    public var lastSeenAt: Timestamp?
    /// In how many places they are signed in.
    public var sessions: Int64 = 0
}

/// A program's access; the secret itself is not kept.
public struct APIToken: Hashable, Sendable {
    /// The identifier.
    public let id: UUID
    /// What its maker called it; need not be unique.
    public let name: String
    /// What it may do.
    public let role: Role
    /// When it was made.
    public let createdAt: Timestamp
    /// Since when it is worthless.
    public let revokedAt: Timestamp?
    /// Who made it; nil for somebody at the machine.
    public var createdBy: String?
    /// When it was used last, to the minute.
    public var lastUsedAt: Timestamp?
}

/// A new API token with its secret, which is shown this once.
public struct CreatedToken: Sendable {
    /// The token.
    public let token: APIToken
    /// What the program sends as `Authorization: Bearer …`.
    ///
    /// A secret: print it, never log it.
    public let secret: String
}

/// A one-time sign-in link.
public struct SignInLink: Sendable {
    /// What the link carries.
    ///
    /// A secret: print it, never log it.
    public let secret: String
    /// When it becomes worthless.
    public let expiresAt: Timestamp
}

/// A browser that has just signed in.
public struct SignedIn: Sendable {
    /// What the cookie carries.
    ///
    /// A secret: never log it.
    public let token: String
    /// Who signed in.
    public let principal: Principal
    /// When the session ends at the latest if nobody uses it.
    public let expiresAt: Timestamp
}

/// A place where a person is signed in.
public struct OpenSession: Hashable, Sendable {
    /// Its identifier, which is no secret.
    public let id: UUID
    /// When the person signed in there.
    public let createdAt: Timestamp
    /// When it was used last, to the minute.
    public let lastSeenAt: Timestamp
    /// What the browser says it is.
    public let userAgent: String?
    /// Whether it is the session that asks.
    public let isCurrent: Bool
}
