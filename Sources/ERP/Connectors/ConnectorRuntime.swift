import ERPConnectors

/// A configured connector as the outbox uses it.
public struct ConnectorRuntime: Sendable {
    /// The row.
    public var id: Int32
    /// Its address.
    public var key: String
    /// The kind's implementation, ready to call.
    public var connector: any ERPConnector
    /// Whether deliveries wait until someone resumes it.
    public var isPaused: Bool

    /// How long after an attempt began "not found" counts, in seconds.
    public var settle: Double { connector.settle }

    /// Makes a runtime.
    public init(id: Int32, key: String, connector: any ERPConnector, isPaused: Bool) {
        self.id = id
        self.key = key
        self.connector = connector
        self.isPaused = isPaused
    }
}

/// Where the outbox finds connectors; what it returns is always the current configuration.
public protocol ConnectorDirectory: Sendable {
    /// The connector of a row; nil when it was deleted.
    func runtime(_ id: Int32) -> ConnectorRuntime?
}
