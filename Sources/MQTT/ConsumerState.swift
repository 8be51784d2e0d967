/// What a ``DurableConsumer`` is doing.
public enum ConsumerState: Hashable, Sendable {
    /// `run` was not called, or has ended.
    case stopped
    /// Not connected; trying. With what the last attempt or connection ended in.
    case connecting(lastError: MQTTError?)
    /// Connected, waiting for SUBACK; messages may already arrive from the resumed session.
    case subscribing
    /// Connected, and the broker answered every subscription. It may have refused some of the filters.
    case subscribed(refusedFilters: [String])

    /// Whether the broker acknowledged the subscriptions.
    public var isSubscribed: Bool {
        if case .subscribed = self { true } else { false }
    }
}

/// What a ``DurableConsumer`` has counted since it was made.
public struct ConsumerStatistics: Hashable, Sendable {
    /// Accepted connections.
    public var connections = 0
    /// Times the broker no longer had the session that it had before: messages published in between are lost.
    public var lostSessions = 0
    /// Messages whose handler returned and whose acknowledgement was written.
    public var acknowledgedMessages = 0
    /// Batches given back to the broker because the handler failed or was overdue.
    public var failedBatches = 0

    /// Makes counts of zero.
    public init() {}
}
