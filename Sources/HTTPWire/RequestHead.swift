import HTTPTypes
import NIOCore

/// How long the body of a message is (RFC 9112 section 6.3).
public enum BodyFraming: Hashable, Sendable {
    /// There is no body.
    case none
    /// Exactly so many bytes, at least one.
    case fixed(Int)
    /// Chunks, ended by an empty one.
    case chunked
}

/// The version of a message; every later 1.x counts as 1.1 (RFC 9110 section 2.5).
public enum HTTPVersion: Hashable, Sendable {
    case http10
    case http11
}

/// Request line and fields of one request, checked for unambiguous framing.
public struct RequestHead: Hashable, Sendable {
    /// The method, case-sensitive.
    public var method: HTTPRequest.Method
    /// The request target as it came: origin-form, absolute-form or `*`.
    public var target: String
    /// The protocol version.
    public var version: HTTPVersion
    /// All fields in order of arrival.
    public var fields: HTTPFields
    /// Host and port: of an absolute target, else of the Host field; nil only in HTTP/1.0.
    public var authority: String?
    /// How the body is framed.
    public var framing: BodyFraming
    /// Whether the client wants to send another request on this connection.
    public var keepsAlive: Bool
    /// Whether the client waits for 100 (Continue) before it sends the body.
    public var expectsContinue: Bool

    /// Makes a head whose framing was checked.
    public init(
        method: HTTPRequest.Method,
        target: String,
        version: HTTPVersion,
        fields: HTTPFields,
        authority: String?,
        framing: BodyFraming,
        keepsAlive: Bool,
        expectsContinue: Bool
    ) {
        self.method = method
        self.target = target
        self.version = version
        self.fields = fields
        self.authority = authority
        self.framing = framing
        self.keepsAlive = keepsAlive
        self.expectsContinue = expectsContinue
    }
}

/// What the parser found next.
public enum RequestEvent: Hashable, Sendable {
    /// A request begins.
    case head(RequestHead)
    /// Bytes of its body, never empty.
    case body(ByteBuffer)
    /// The request is complete; the fields of its trailer section, mostly none.
    case end(trailers: HTTPFields)
}
