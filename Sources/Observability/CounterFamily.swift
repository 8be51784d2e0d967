import Synchronization

/// Counters that share a name and differ in their labels.
///
/// The number of label sets is bounded: beyond the bound everything is counted under `other`, so that no input can fill
/// the memory.
public final class CounterFamily: Sendable {
    /// The names of the labels, in the order in which values are given.
    public let labels: [String]
    private let limit: Int
    private let counters = Mutex<[[String]: Counter]>([:])

    /// Makes a family without counters.
    public init(labels: [String], limit: Int = 1_000) {
        self.labels = labels
        self.limit = limit
    }

    /// The counter of one set of label values, made at the first use; missing values are empty.
    public func counter(_ values: [String]) -> Counter {
        var key = Array(values.prefix(labels.count))
        key += Array(repeating: "", count: labels.count - key.count)
        return counters.withLock { counters in
            if let counter = counters[key] { return counter }
            if counters.count >= limit {
                key = labels.map { _ in "other" }
                if let counter = counters[key] { return counter }
            }
            let counter = Counter()
            counters[key] = counter
            return counter
        }
    }

    /// All counters by their label values, in a stable order.
    public var all: [(values: [String], counter: Counter)] {
        counters.withLock { counters in
            counters.map { (values: $0.key, counter: $0.value) }
        }.sorted { $0.values.lexicographicallyPrecedes($1.values) }
    }
}
