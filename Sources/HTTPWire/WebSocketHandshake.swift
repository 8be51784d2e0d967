import HTTPTypes

/// The server's side of the opening handshake (RFC 6455 section 4.2).
public enum WebSocketHandshake {
    /// Why a request opens no WebSocket.
    public enum Refusal: String, Error, Hashable, Sendable {
        /// The request asks for no WebSocket at all; answer 426 with `Upgrade: websocket`.
        case notAnUpgrade = "upgrade-required"
        /// A version other than 13; answer 426 with `Sec-WebSocket-Version: 13`.
        case unsupportedVersion = "unsupported-websocket-version"
        /// The method, the key or the HTTP version is wrong; answer 400.
        case malformed = "malformed-websocket-handshake"
    }

    /// The value of Sec-WebSocket-Accept for a request that opens a WebSocket.
    public static func accept(_ head: RequestHead) throws(Refusal) -> String {
        guard lists(head.fields[.upgrade], "websocket"), lists(head.fields[.connection], "upgrade") else {
            throw .notAnUpgrade
        }
        guard head.method == .get, head.version == .http11, head.framing == .none else { throw .malformed }
        guard head.fields[.secWebSocketVersion] == "13" else { throw .unsupportedVersion }
        guard let key = head.fields[.secWebSocketKey], Base64.decodedCount(key) == 16 else { throw .malformed }
        return acceptValue(forKey: key)
    }

    /// Base 64 of the SHA-1 of the key and the protocol's fixed text.
    public static func acceptValue(forKey key: String) -> String {
        Base64.encode(SHA1.digest(of: Array((key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").utf8)))
    }

    private static func lists(_ value: String?, _ token: String) -> Bool {
        guard let value else { return false }
        return value.split(separator: ",").contains { element in
            element.drop { $0 == " " || $0 == "\t" }.lowercased().split(separator: " ").first.map(String.init) == token
        }
    }
}
