import HTTPTypes

/// Why a cookie cannot be set.
public enum CookieError: Error, Hashable, Sendable {
    /// The name is no token (RFC 9110 section 5.6.2).
    case invalidName
    /// The value has a control character, blank, quote, comma, semicolon or backslash.
    case invalidValue
    /// A path or domain that would end the attribute.
    case invalidAttribute
    /// `__Secure-` without `Secure`, `__Host-` without `Secure` and `Path=/` or with a domain, or `SameSite=None`
    /// without `Secure`: browsers drop such a cookie without a word (RFC 6265bis section 4.1.3).
    case contradiction
}

/// One `Set-Cookie` field (RFC 6265bis section 4.1), checked: nothing in it can add an attribute or a field.
public struct SetCookie: Hashable, Sendable {
    /// With which requests from other sites a browser sends a cookie.
    public enum SameSite: String, Hashable, Sendable {
        /// With none.
        case strict = "Strict"
        /// With navigations only.
        case lax = "Lax"
        /// With all; needs `Secure`.
        case none = "None"
    }

    /// The name.
    public let name: String
    /// The value of the field.
    public let text: String

    /// Makes a cookie that only the server reads and that no other site can make a browser send.
    ///
    /// - Parameters:
    ///   - name: the name, a token; the prefixes `__Host-` and `__Secure-` are checked.
    ///   - value: the value.
    ///   - path: the path below which it is sent.
    ///   - domain: the domain with its subdomains; nil for the host that sets it, which is the narrower.
    ///   - maxAge: for how many seconds; 0 removes the cookie, nil keeps it until the browser ends.
    ///   - isSecure: whether it is sent over encrypted connections only.
    ///   - isHTTPOnly: whether it is hidden from scripts.
    ///   - sameSite: with which requests from other sites it is sent.
    /// - Throws: what browsers would drop, or what would read differently than it was meant.
    public init(
        _ name: String,
        value: String,
        path: String = "/",
        domain: String? = nil,
        maxAge: Int? = nil,
        isSecure: Bool,
        isHTTPOnly: Bool = true,
        sameSite: SameSite = .strict
    ) throws(CookieError) {
        guard !name.isEmpty, HTTPField.Name(name) != nil else { throw .invalidName }
        guard value.utf8.allSatisfy(SetCookie.isCookieOctet) else { throw .invalidValue }
        guard path.hasPrefix("/"), path.utf8.allSatisfy(SetCookie.isAttributeOctet) else { throw .invalidAttribute }
        if let domain {
            guard !domain.isEmpty, domain.utf8.allSatisfy(SetCookie.isDomainOctet) else { throw .invalidAttribute }
        }
        let prefix = name.lowercased()
        if prefix.hasPrefix("__secure-") || sameSite == .none { guard isSecure else { throw .contradiction } }
        if prefix.hasPrefix("__host-") {
            guard isSecure, path == "/", domain == nil else { throw .contradiction }
        }
        var text = "\(name)=\(value); Path=\(path)"
        if let domain { text += "; Domain=\(domain)" }
        if let maxAge { text += "; Max-Age=\(maxAge)" }
        if isSecure { text += "; Secure" }
        if isHTTPOnly { text += "; HttpOnly" }
        self.name = name
        self.text = text + "; SameSite=\(sameSite.rawValue)"
    }

    /// `cookie-octet`: visible ASCII without quote, comma, semicolon and backslash.
    private static func isCookieOctet(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x21, 0x23...0x2B, 0x2D...0x3A, 0x3C...0x5B, 0x5D...0x7E: true
        default: false
        }
    }

    private static func isAttributeOctet(_ byte: UInt8) -> Bool {
        (0x20...0x7E).contains(byte) && byte != UInt8(ascii: ";")
    }

    private static func isDomainOctet(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."):
            true
        default: false
        }
    }
}

extension Response {
    /// Adds a cookie beside those that are there.
    public mutating func set(_ cookie: SetCookie) {
        headers.append(HTTPField(name: .setCookie, value: cookie.text))
    }
}
