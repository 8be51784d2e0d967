import Synchronization

/// Gauges that share a name and differ in their labels.
///
/// Bounded as counters are: beyond the bound everything is shown under `other`.
public final class GaugeFamily: Sendable {
    /// The names of the labels, in the order in which values are given.
    public let labels: [String]
    private let limit: Int
    private let gauges = Mutex<[[String]: Gauge]>([:])

    /// Makes a family without gauges.
    public init(labels: [String], limit: Int = 1_000) {
        self.labels = labels
        self.limit = limit
    }

    /// The gauge of one set of label values, made at the first use; missing values are empty.
    public func gauge(_ values: [String]) -> Gauge {
        var key = Array(values.prefix(labels.count))
        key += Array(repeating: "", count: labels.count - key.count)
        return gauges.withLock { gauges in
            if let gauge = gauges[key] { return gauge }
            if gauges.count >= limit {
                key = labels.map { _ in "other" }
                if let gauge = gauges[key] { return gauge }
            }
            let gauge = Gauge()
            gauges[key] = gauge
            return gauge
        }
    }

    /// All gauges by their label values, in a stable order.
    public var all: [(values: [String], gauge: Gauge)] {
        gauges.withLock { gauges in
            gauges.map { (values: $0.key, gauge: $0.value) }
        }.sorted { $0.values.lexicographicallyPrecedes($1.values) }
    }
}
