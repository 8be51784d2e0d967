import Primitives

/// Values of an edge node or a device for one source time.
public struct NodeReading: Hashable, Sendable {
    /// The device; nil when the values are the edge node's own.
    public var device: String?
    /// Source time; nil when neither metric nor payload tells one.
    public var timestamp: Timestamp?
    /// Values by metric name, in the payload's order.
    public var fields: [NodeField]
    /// Whether the edge node marked any of the values as history.
    public var isHistorical = false
    /// Whether the edge node marked any of the values as bad or stale.
    public var isDegraded = false
}

/// A named value.
public struct NodeField: Hashable, Sendable {
    /// The metric's name, which may contain `/`.
    public var name: String
    /// Its value.
    public var value: SparkplugValue
}

/// What a message changed.
public enum NodeEffect: Hashable, Sendable {
    /// The edge node was born; its devices wait for their own births.
    case nodeOnline
    /// The edge node died: all metrics of it and of its devices are stale.
    case nodeOffline
    /// The device was born.
    case deviceOnline(String)
    /// The device died: all its metrics are stale.
    case deviceOffline(String)
    /// So many messages did not come within the reorder timeout.
    case gap(Int)
    /// New births are needed.
    case rebirthWanted(RebirthReason)
}

/// Why new births are needed.
public enum RebirthReason: String, CaseIterable, Sendable {
    /// A message of an edge node that has not been born, as far as we know.
    case unbornNode = "unborn-node"
    /// A message of a device that has not been born in the node's session.
    case unbornDevice = "unborn-device"
    /// An alias or a name without type that no birth defined.
    case unknownMetric = "unknown-metric"
    /// Messages are missing.
    case gap
}

/// Why a message gives no values.
public enum NodeRefusal: Hashable, Sendable {
    /// A birth that would be needed to read it is not known, and was asked for.
    case birthMissing(RebirthReason)
    /// It was sent before the last two births, so that its aliases cannot be told.
    case tooOld
    /// A limit on devices is exceeded.
    case tooManyDevices
}

/// What follows from one message.
public struct NodeOutcome: Hashable, Sendable {
    /// Values to store.
    public var readings: [NodeReading] = []
    /// What changed.
    public var effects: [NodeEffect] = []
    /// Why there are no values; nil when the message was understood.
    public var refusal: NodeRefusal?
    /// The devices whose messages may be among those of a gap: they were online when the messages went missing.
    ///
    /// A sequence number does not tell whose it was.
    public var devicesInGap: [String] = []
    /// Metrics whose values do not fit their type, or that no birth defined; they are left out.
    public var unreadableMetrics = 0
}
