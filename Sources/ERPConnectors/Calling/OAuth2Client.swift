import Primitives

/// An OAuth 2 client that shows its own credentials (RFC 6749 section 4.4).
public struct OAuth2Client: Hashable, Sendable {
    /// Where tokens come from.
    public var tokenURL: String
    /// Who asks.
    public var clientID: String
    /// Its secret.
    public var clientSecret: Redacted<String>
    /// What the token is to be good for; nil leaves it to the server.
    public var scope: String?
}
