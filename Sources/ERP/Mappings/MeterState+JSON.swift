import Assets
import Primitives

/// What a metric mapping remembers of one device between batches.
struct MetricMark: Hashable, Sendable {
    /// The value that made the last delivery; for a meter, the value from which changes count.
    var value: Double
    /// Source time of that reading; for a meter, of the last one seen.
    var timestamp: Timestamp
    /// Where a meter stands; nil for a trigger that acts on each change.
    var meter: MeterState?
}

extension MetricMark {
    /// The stored form of what does not stand in columns of its own.
    ///
    /// It names the metric, so that the state of another trigger is never taken for this one's.
    func json(metric: String) -> JSONValue {
        var object: JSONObject = ["metric": .string(metric)]
        if let meter {
            object["amount"] = .number(meter.amount)
            object["total"] = .number(meter.total)
            object["recorded"] = .optional(meter.recorded)
            object["values"] = .array(meter.values.slots.map { .optional($0) })
            object["receivedAt"] = .integer(meter.receivedAt.microseconds)
        }
        return .object(object)
    }

    /// Reads a stored mark.
    ///
    /// - Returns: nil when it is about another metric.
    init?(value: Double, timestamp: Timestamp, state: JSONValue?, metric: String) {
        if let stored = state?["metric"]?.string, stored != metric { return nil }
        self.value = value
        self.timestamp = timestamp
        guard let state, let amount = state["amount"]?.double, let total = state["total"]?.double,
            let received = state["receivedAt"]?.integer
        else { return }
        meter = MeterState(
            amount: amount,
            total: total,
            recorded: state["recorded"]?.double,
            values: MetricValues(slots: (state["values"]?.array ?? []).map { $0.double ?? .nan }),
            receivedAt: Timestamp(microseconds: received)
        )
    }
}
