import Primitives

/// The payload of `spBv1.0/STATE/{host id}`: whether a host application is online (Sparkplug 3.0, section 6.4.27).
public struct HostState: Hashable, Sendable {
    /// Whether it is online.
    public var isOnline: Bool
    /// Milliseconds since 1970-01-01 UTC; a birth has the one of the will that was registered with its connection.
    public var timestamp: UInt64

    /// Makes a state.
    public init(isOnline: Bool, timestamp: UInt64) {
        self.isOnline = isOnline
        self.timestamp = timestamp
    }

    /// Reads a payload.
    ///
    /// - Returns: nil when it is not JSON with `online` and `timestamp`.
    public init?(decoding bytes: [UInt8]) {
        guard bytes.count <= 4_096, let document = try? JSONValue(parsing: bytes, maximumDepth: 4),
            let online = document["online"]?.bool, let time = document["timestamp"]?.integer,
            let timestamp = UInt64(exactly: time)
        else { return nil }
        self.init(isOnline: online, timestamp: timestamp)
    }

    /// The payload: JSON in UTF-8.
    public var payload: [UInt8] {
        let document: JSONValue = ["online": .bool(isOnline), "timestamp": .integer(Int64(clamping: timestamp))]
        return document.bytes
    }
}

/// What a host application says about itself during one connection to one broker.
///
/// The will and the birth of a connection carry one timestamp, the time of its CONNECT; an intended death carries the
/// time at which it happens.
public struct HostPresence: Hashable, Sendable {
    /// The host application's name, unique in the broker's infrastructure.
    public var hostID: String
    /// When CONNECT was sent, in milliseconds since 1970-01-01 UTC.
    public var connectedAt: UInt64

    /// Makes the presence of one connection.
    public init(hostID: String, connectedAt: UInt64) {
        self.hostID = hostID
        self.connectedAt = connectedAt
    }

    /// The topic of all three messages, and the one to subscribe to.
    public var topic: String { SparkplugTopic.state(hostID: hostID).text }
    /// What the broker publishes when the connection breaks.
    public var will: HostState { HostState(isOnline: false, timestamp: connectedAt) }
    /// What is published after the subscription.
    public var birth: HostState { HostState(isOnline: true, timestamp: connectedAt) }

    /// What is published before an intended end of the connection.
    public func death(at time: UInt64) -> HostState { HostState(isOnline: false, timestamp: time) }

    /// What to publish upon a message on our own topic that says that we are offline: the birth, with its own timestamp.
    ///
    /// Such a message is the will of a former connection whose end the broker noticed late.
    ///
    /// - Returns: nil when there is nothing to contradict.
    public func answer(to state: HostState) -> HostState? {
        state.isOnline ? nil : birth
    }
}
