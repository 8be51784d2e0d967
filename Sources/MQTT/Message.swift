/// A message as the broker delivered it.
public struct InboundMessage: Hashable, Sendable {
    /// The topic it was published to.
    public var topic: String
    /// The bytes.
    public var payload: [UInt8]
    /// Quality of service of this delivery: 0 or 1.
    public var qos: Int
    /// Whether the broker sent it from its retained messages.
    public var isRetained: Bool

    /// Makes a message.
    public init(topic: String, payload: [UInt8], qos: Int = 1, isRetained: Bool = false) {
        self.topic = topic
        self.payload = payload
        self.qos = qos
        self.isRetained = isRetained
    }
}

/// How surely a message is to reach the broker.
public enum QualityOfService: Int32, Sendable {
    /// Sent once and forgotten.
    case atMostOnce = 0
    /// Repeated until the broker acknowledges it.
    case atLeastOnce = 1
}

/// A message to publish.
public struct OutboundMessage: Hashable, Sendable {
    /// The topic.
    public var topic: String
    /// The bytes.
    public var payload: [UInt8]
    /// How surely it is to arrive.
    public var qos: QualityOfService
    /// Whether the broker keeps it for later subscribers.
    public var retain: Bool

    /// Makes a message.
    public init(topic: String, payload: [UInt8], qos: QualityOfService = .atLeastOnce, retain: Bool = false) {
        self.topic = topic
        self.payload = payload
        self.qos = qos
        self.retain = retain
    }
}
