/// How far a load has come.
public struct LoadProgress: Hashable, Sendable {
    /// Messages given to the connection.
    public var sent: Int
    /// Messages that the broker has acknowledged.
    public var acknowledged: Int
    /// Messages that the broker refused.
    public var refused: Int
    /// Seconds since the first message.
    public var seconds: Double
}

/// What a load came to.
public struct LoadSummary: Hashable, Sendable {
    /// Messages given to the connection.
    public var sent: Int
    /// Messages that the broker has acknowledged.
    public var acknowledged: Int
    /// Seconds from the first message to the last acknowledgement.
    public var seconds: Double

    /// Acknowledged messages per second.
    public var rate: Double { seconds > 0 ? Double(acknowledged) / seconds : 0 }
}
