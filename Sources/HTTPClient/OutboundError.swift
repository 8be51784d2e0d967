/// Why a request got no complete answer.
///
/// Carries no header, body or query of the request.
public struct OutboundError: Error, Hashable, Sendable {
    /// What went wrong; raw values are stable codes.
    public enum Kind: String, Sendable, CaseIterable {
        /// The request itself is malformed; nothing was sent.
        case invalidRequest = "invalid-request"
        /// The outbound policy forbids the address.
        case refusedAddress = "refused-address"
        /// The host name has no address.
        case unresolvable = "unresolvable"
        /// No connection could be made.
        case connectFailed = "connect-failed"
        /// The proxy does not let us through to the server.
        case proxy = "proxy-refused"
        /// The TLS handshake or the certificate check failed.
        case tls = "tls"
        /// The time was up.
        case timeout = "timeout"
        /// The connection ended before the answer was complete.
        case connectionLost = "connection-lost"
        /// The answer is larger than the request accepts.
        case responseTooLarge = "response-too-large"
        /// The answer is not HTTP.
        case malformedResponse = "malformed-response"
        /// The calling task was cancelled.
        case cancelled = "cancelled"
        /// The client was shut down.
        case closed = "closed"
    }

    /// What went wrong.
    public var kind: Kind
    /// Whether the server may have seen any of the request: false only when it is certain that it did not.
    public var mayHaveReachedServer: Bool
    /// One sentence for people.
    public var detail: String

    /// Makes an error.
    public init(_ kind: Kind, mayHaveReachedServer: Bool, detail: String) {
        self.kind = kind
        self.mayHaveReachedServer = mayHaveReachedServer
        self.detail = detail
    }
}
