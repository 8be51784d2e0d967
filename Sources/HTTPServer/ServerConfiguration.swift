import Primitives

/// How long the server waits for the other side.
public struct Timeouts: Sendable {
    /// Between requests, and before the first one.
    public var idle = Duration.seconds(60)
    /// An idle connection gives its task back after so long, and most of its memory with it; not seen from outside.
    public var park = Duration.milliseconds(250)
    /// For the rest of a head, from its first byte.
    public var head = Duration.seconds(15)
    /// For the next piece of a body.
    public var bodyProgress = Duration.seconds(20)
    /// The least rate of a body in bytes per second, after `bodyGrace`; 0 for none.
    public var bodyMinimumRate = 240
    /// How long a body may be slower than the least rate.
    public var bodyGrace = Duration.seconds(30)
    /// For the client to take some of the bytes that wait for it.
    public var write = Duration.seconds(30)
    /// How long an answer with unread input is kept open for the client to read it.
    public var linger = Duration.seconds(2)
    /// How long running requests may go on after the server was told to stop.
    public var drain = Duration.seconds(10)
    /// A WebSocket that was silent for so long is sent a ping.
    public var webSocketPing = Duration.seconds(30)
    /// A WebSocket that is silent for so long after a ping is closed.
    public var webSocketPong = Duration.seconds(30)
    /// How long the other side may take to answer a WebSocket's close frame.
    public var webSocketClose = Duration.seconds(5)

    /// Makes the default time-outs.
    public init() {}

    /// How long the waits for a body may last in all, after so many of its bytes arrived.
    func allowance(forBytes count: Int) -> Duration {
        guard bodyMinimumRate > 0 else { return .seconds(86_400) }
        return bodyGrace + .seconds(min(count / bodyMinimumRate, 1_000_000))
    }
}

/// Where and how a server listens.
public struct ServerConfiguration: Sendable {
    /// Where to listen.
    public var address: ListenAddress
    /// Certificate and rules of TLS; nil for plain HTTP.
    public var tls: ServerTLS?
    /// The most connections at the same time; more are answered 503.
    public var maximumConnections = 20_000
    /// The most connections of one address, except from this machine; more are answered 503.
    public var maximumConnectionsPerAddress = 200
    /// The default limit of request bodies in bytes, unless a route sets its own; beyond it 413.
    public var bodyLimit = 1_024 * 1_024
    /// How many unread bytes of a body are thrown away to keep a connection.
    public var discardLimit = 64 * 1_024
    /// Limits of heads and chunks.
    public var parser = ParserLimits()
    /// Limits of WebSocket messages.
    public var webSocket = WebSocketLimits()
    /// Compression of WebSocket messages; nil for none.
    public var webSocketCompression: WebSocketCompression? = WebSocketCompression()
    /// Time-outs.
    public var timeouts = Timeouts()
    /// The length of the kernel's queue of connections that wait to be accepted.
    public var backlog = 1_024
    /// The reverse proxies whose word about clients counts; nil for none.
    public var trustedProxies: TrustedProxies?
    /// Where the time for `Date` comes from.
    public var clock = WallClock.system

    /// Makes a configuration with the default limits.
    public init(host: String = "127.0.0.1", port: Int = 0) {
        address = .tcp(host: host, port: port)
    }

    /// Makes a configuration with the default limits.
    public init(address: ListenAddress) {
        self.address = address
    }
}
