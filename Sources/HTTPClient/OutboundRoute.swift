import Primitives

/// How a request travels: through which proxy, whose certificates are trusted, and which certificate we show.
///
/// Everything is handed to libcurl in memory; no secret is written to a file.
public struct OutboundRoute: Hashable, Sendable {
    /// A forward proxy.
    ///
    /// Requests go through a tunnel (`CONNECT`, RFC 9110 section 9.3.6), also to `http` addresses, so
    /// that an answer of the proxy is never taken for one of the destination.
    public struct Proxy: Hashable, Sendable {
        /// `http` or `https`: how the proxy itself is talked to.
        public var scheme: String
        /// Its name or address, IPv6 without brackets.
        public var host: String
        /// Its port.
        public var port: Int
        /// Who we are to the proxy (Basic, RFC 7617); nil for nobody.
        public var username: String?
        /// The password of ``username``.
        public var password: Redacted<String>?

        /// Makes a proxy of its address, such as `http://proxy.example:3128`.
        ///
        /// - Returns: nil for anything but scheme, host and port.
        public init?(_ address: String, username: String? = nil, password: Redacted<String>? = nil) {
            guard let url = OutboundURL(address), !url.hasCredentials, !url.hasQueryOrFragment, url.hasEmptyPath else {
                return nil
            }
            scheme = url.scheme
            host = url.host
            port = url.port
            self.username = username
            self.password = password
        }

        /// Scheme, host and port.
        public var address: String { "\(scheme)://\(host.contains(":") ? "[\(host)]" : host):\(port)" }
    }

    /// A certificate that we show when a server asks for one, and its key.
    public struct Identity: Hashable, Sendable {
        /// The certificate in PEM form, with those between it and its authority behind it.
        public var certificates: String
        /// Its key in PEM form, without pass phrase.
        public var key: Redacted<String>

        /// Makes an identity.
        public init(certificates: String, key: Redacted<String>) {
            self.certificates = certificates
            self.key = key
        }
    }

    /// The proxy; nil for none, whatever the environment says.
    public var proxy: Proxy?
    /// Certificates in PEM form that are trusted beside those of the system, for the destination and the proxy.
    public var authorities: String?
    /// What is shown to the destination, never to the proxy.
    public var identity: Identity?

    /// Straight to the destination, trusting the system's authorities.
    public static let direct = OutboundRoute()

    /// Makes a route.
    public init(proxy: Proxy? = nil, authorities: String? = nil, identity: Identity? = nil) {
        self.proxy = proxy
        self.authorities = authorities
        self.identity = identity
    }

    /// Whether a kept-alive connection must not be shared: libcurl does not tell tunnels of different proxy accounts
    /// apart.
    var needsOwnConnection: Bool { proxy?.username != nil }
}
