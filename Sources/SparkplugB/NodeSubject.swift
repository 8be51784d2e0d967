import Primitives

/// What is known of an edge node itself or of one of its devices.
public struct NodeSubject: Hashable, Sendable {
    /// Whether it was born in the current session and has not died.
    public internal(set) var isOnline = false
    /// Since when all its metrics are stale; nil while it is online.
    public internal(set) var staleSince: Timestamp?
    /// The metrics of its last birth; nil before the first.
    public internal(set) var table: MetricTable?
    /// The metrics of the birth before that: messages that come again after a crash may belong to it.
    public internal(set) var previous: MetricTable?
    /// The newest current value by metric name; not kept across restarts.
    public internal(set) var values: [String: SparkplugValue] = [:]

    /// Makes a subject that was never born.
    public init() {}

    /// Makes a subject as it was stored.
    public init(isOnline: Bool, staleSince: Timestamp?, table: MetricTable?, previous: MetricTable?) {
        self.isOnline = isOnline
        self.staleSince = staleSince
        self.table = table
        self.previous = previous
    }

    mutating func beBorn(_ newTable: MetricTable) {
        isOnline = true
        staleSince = nil
        // The same birth again, after a crash, must not push out the one before it.
        if let table, table.birthTimestamp != newTable.birthTimestamp { previous = table }
        table = newTable
        values = [:]
    }

    mutating func die(at time: Timestamp) {
        guard isOnline else { return }
        isOnline = false
        staleSince = time
    }

    /// The table that was in force at a time.
    func table(at time: UInt64) -> MetricTable? {
        if let table, time >= table.birthTimestamp { return table }
        if let previous, time >= previous.birthTimestamp { return previous }
        return nil
    }

    /// Whether a message that is older than the last birth would be read differently with the birth before it.
    func isAmbiguous(_ payload: SparkplugPayload) -> Bool {
        guard let time = payload.time, let table, time < table.birthTimestamp, let previous,
            time >= previous.birthTimestamp
        else { return false }
        return payload.metrics.contains { metric in
            let (new, old) = (table.definition(of: metric), previous.definition(of: metric))
            return new?.name != old?.name || new?.dataType != old?.dataType
        }
    }
}
