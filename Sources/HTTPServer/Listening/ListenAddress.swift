/// Where a server is to listen.
public enum ListenAddress: Hashable, Sendable, CustomStringConvertible {
    /// A numeric IP address or a host name, and a port; port 0 is any free one.
    case tcp(host: String, port: Int)
    /// A socket in the file system: for a proxy on the same machine.
    case unix(path: String)

    /// `host:port`, with brackets around an IPv6 address, or `unix:/path`.
    public var description: String {
        switch self {
        case .tcp(let host, let port): host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
        case .unix(let path): "unix:\(path)"
        }
    }
}

/// Where a server listens.
public struct BoundAddress: Hashable, Sendable {
    /// The address; a port of 0 became the one that the system chose.
    public let address: ListenAddress
    /// Whether it speaks TLS.
    public let isSecure: Bool

    /// Makes the address of a server that is known to listen there.
    public init(address: ListenAddress, isSecure: Bool) {
        self.address = address
        self.isSecure = isSecure
    }

    /// The numeric IP address; the path of a Unix socket.
    public var host: String {
        switch address {
        case .tcp(let host, _): host
        case .unix(let path): path
        }
    }

    /// The port; 0 for a Unix socket.
    public var port: Int { if case .tcp(_, let port) = address { port } else { 0 } }

    /// `http://host:port` or `https://host:port`, with brackets around an IPv6 address; `unix:/path`.
    public var url: String {
        switch address {
        case .tcp: "\(isSecure ? "https" : "http")://\(address)"
        case .unix: "\(address)"
        }
    }
}
