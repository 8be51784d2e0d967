/// Where a broker is and how to sign in: `mqtt://[user[:password]@]host[:port]` or `mqtts://…`.
///
/// Descriptions never show the password.
public struct BrokerAddress: Hashable, Sendable, CustomStringConvertible {
    /// Host name or IP address, without brackets.
    public var host: String
    /// TCP port.
    public var port: UInt16
    /// Whether the connection is TLS with a verified certificate.
    public var isEncrypted: Bool
    /// How to sign in; nil for anonymous.
    public var credentials: BrokerCredentials?
    /// What TLS needs to know beyond that.
    public var tls = BrokerTLS()
    /// Which versions of MQTT to speak.
    public var version = VersionChoice.automatic

    /// Makes an address from its parts.
    public init(host: String, port: UInt16, isEncrypted: Bool = false, credentials: BrokerCredentials? = nil) {
        self.host = host
        self.port = port
        self.isEncrypted = isEncrypted
        self.credentials = credentials
    }

    /// Why a text is no broker address.
    ///
    /// The text itself is not repeated, since it may hold a password.
    public enum ParseError: Error, Hashable, Sendable, CustomStringConvertible {
        case unknownScheme
        case missingHost
        case badHost
        case badPort
        case badCredentials
        case unexpectedPath

        /// What is wrong and what is expected.
        public var description: String {
            switch self {
            case .unknownScheme: "the address must begin with mqtt:// or mqtts://"
            case .missingHost: "the address names no host"
            case .badHost: "the host is not a name, an IPv4 address or an IPv6 address in brackets"
            case .badPort: "the port must be a number from 1 to 65535"
            case .badCredentials: "user name or password are not percent-encoded UTF-8"
            case .unexpectedPath: "nothing may follow host and port"
            }
        }
    }

    /// Reads `mqtt://[user[:password]@]host[:port]`; the port defaults to 1883, and to 8883 for `mqtts`.
    ///
    /// Reserved characters in user name and password are percent-encoded (RFC 3986 section 2.1).
    public init(url: String) throws(ParseError) {
        let lowercased = url.prefix(8).lowercased()
        let rest: Substring
        if lowercased.hasPrefix("mqtts://") {
            isEncrypted = true
            rest = url.dropFirst(8)
        } else if lowercased.hasPrefix("mqtt://") {
            isEncrypted = false
            rest = url.dropFirst(7)
        } else {
            throw .unknownScheme
        }
        let end = rest.firstIndex { "/?#".contains($0) } ?? rest.endIndex
        guard end == rest.endIndex || rest[end...] == "/" else { throw .unexpectedPath }
        var location = rest[..<end]
        credentials = nil
        if let at = location.lastIndex(of: "@") {
            credentials = try Self.credentials(location[..<at])
            location = location[location.index(after: at)...]
        }
        let parts = try Self.split(location)
        host = String(parts.host)
        guard let portText = parts.port else {
            port = isEncrypted ? 8_883 : 1_883
            return
        }
        guard portText.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }),
            let number = UInt16(portText), number > 0
        else { throw .badPort }
        port = number
    }

    private static func credentials(_ text: Substring) throws(ParseError) -> BrokerCredentials {
        let colon = text.firstIndex(of: ":") ?? text.endIndex
        guard let username = percentDecoded(text[..<colon]), !username.isEmpty else { throw .badCredentials }
        guard colon < text.endIndex else { return BrokerCredentials(username: username, password: nil) }
        guard let password = percentDecoded(text[text.index(after: colon)...]) else { throw .badCredentials }
        return BrokerCredentials(username: username, password: password)
    }

    private static func split(_ text: Substring) throws(ParseError) -> (host: Substring, port: Substring?) {
        guard !text.isEmpty else { throw .missingHost }
        var host: Substring
        var rest: Substring
        if text.first == "[" {
            guard let close = text.firstIndex(of: "]") else { throw .badHost }
            host = text[text.index(after: text.startIndex)..<close]
            rest = text[text.index(after: close)...]
            guard host.contains(":"), host.allSatisfy({ $0.isHexDigit || $0 == ":" || $0 == "." }) else {
                throw .badHost
            }
        } else {
            let colon = text.firstIndex(of: ":") ?? text.endIndex
            host = text[..<colon]
            rest = text[colon...]
            guard !host.isEmpty else { throw .missingHost }
            guard host.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "%") }) else { throw .badHost }
        }
        guard !rest.isEmpty else { return (host, nil) }
        guard rest.removeFirst() == ":" else { throw .badPort }
        return (host, rest)
    }

    private static func percentDecoded(_ text: Substring) -> String? {
        var bytes: [UInt8] = []
        var rest = text.utf8
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%") else {
                bytes.append(byte)
                continue
            }
            guard let high = rest.popFirst(), let low = rest.popFirst(), high < 0x80, low < 0x80,
                let highDigit = Character(Unicode.Scalar(high)).hexDigitValue,
                let lowDigit = Character(Unicode.Scalar(low)).hexDigitValue
            else { return nil }
            bytes.append(UInt8(highDigit << 4 | lowDigit))
        }
        guard !bytes.contains(0) else { return nil }
        return String(validating: bytes, as: UTF8.self)
    }

    /// The address without user name and password.
    public var description: String {
        "\(isEncrypted ? "mqtts" : "mqtt")://\(host.contains(":") ? "[\(host)]" : host):\(port)"
    }
}
