import Foundation
import HTTPClient
import Primitives

/// How the server shows who it is to an ERP.
public enum ConnectorCredentials: Hashable, Sendable {
    case none
    case bearer(Redacted<String>)
    case basic(username: String, password: Redacted<String>)
    case header(name: String, value: Redacted<String>)
    case oauth2(OAuth2Client)

    /// Reads `{}`, null, `{bearer}`, `{username, password}`, `{header, value}` or `{tokenUrl, clientId, clientSecret,
    /// scope}`.
    public init(_ value: JSONValue?, at pointer: String = "/credentials") throws(InvalidInput) {
        guard let value, !value.isNull, value.object?.isEmpty != true else {
            self = .none
            return
        }
        var reader = try InputReader(value, at: pointer)
        if reader.has("tokenUrl") || reader.has("clientId") || reader.has("clientSecret") {
            self = .oauth2(Self.oauth2(&reader))
        } else if reader.has("bearer") {
            self = .bearer(Redacted(Self.secret("bearer", &reader)))
        } else if reader.has("header") || reader.has("value") {
            let name = reader.requiredString("header")
            if !name.isEmpty, !Self.isAllowed(header: name) {
                reader.note("header", "header", "This is no header field that may carry credentials.")
            }
            self = .header(name: name, value: Redacted(Self.secret("value", &reader)))
        } else {
            let username = reader.requiredString("username")
            if username.contains(":") { reader.note("username", "invalid", "A user name has no colon.") }
            self = .basic(username: username, password: Redacted(reader.string("password", maximumLength: 4_096) ?? ""))
        }
        try reader.finish()
    }

    private static func oauth2(_ reader: inout InputReader) -> OAuth2Client {
        let tokenURL = reader.requiredString("tokenUrl", maximumLength: 2_000)
        if !tokenURL.isEmpty, OutboundURL(tokenURL) == nil {
            reader.note("tokenUrl", "url", "Expected an address such as https://login.example.com/oauth2/token.")
        }
        return OAuth2Client(
            tokenURL: tokenURL,
            clientID: reader.requiredString("clientId", maximumLength: 1_000),
            clientSecret: Redacted(Self.secret("clientSecret", &reader)),
            scope: reader.string("scope", maximumLength: 2_000)
        )
    }

    private static func secret(_ name: String, _ reader: inout InputReader) -> String {
        let text = reader.requiredString(name, maximumLength: 8_192)
        if !text.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F }) {
            reader.note(name, "invalid", "The text holds a control character.")
        }
        return text
    }

    /// Whether a header field of that name may be set by options: not what the connector sets itself.
    static func isAllowed(header name: String) -> Bool {
        let reserved = [
            "host", "content-length", "transfer-encoding", "connection", "expect", "content-type", "accept",
            "idempotency-key", "upgrade", "te", "trailer",
        ]
        let isToken = name.utf8.allSatisfy { byte in
            (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
                || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || "!#$%&'*+-.^_`|~".utf8.contains(byte)
        }
        return isToken && !reserved.contains(name.lowercased())
    }

    /// The header field that carries them; nil for none.
    ///
    /// An OAuth 2 client has none of its own: its token must be fetched.
    public var header: (name: String, value: Redacted<String>)? {
        switch self {
        case .none, .oauth2: nil
        case .bearer(let token): ("authorization", Redacted("Bearer \(token.reveal())"))
        case .basic(let username, let password):
            (
                "authorization",
                Redacted("Basic " + Data("\(username):\(password.reveal())".utf8).base64EncodedString())
            )
        case .header(let name, let value): (name, value)
        }
    }

    /// A text without the secrets, in case an ERP repeats them in its answer.
    public func redact(_ text: String) -> String {
        var secrets: [String] = []
        switch self {
        case .none: break
        case .bearer(let token): secrets = [token.reveal()]
        case .basic(_, let password):
            secrets = [password.reveal(), header?.value.reveal().dropFirst(6).description ?? ""]
        case .header(_, let value): secrets = [value.reveal()]
        case .oauth2(let client): secrets = [client.clientSecret.reveal()]
        }
        return secrets.filter { $0.count >= 4 }.reduce(text) { $0.replacing($1, with: "(redacted)") }
    }
}
