import Synchronization

/// All metrics of a process, and their text for Prometheus.
public final class MetricsRegistry: Sendable {
    private enum Metric: Sendable {
        case counter(Counter)
        case gauge(Gauge)
        case histogram(Histogram)
        case family(CounterFamily)
        case gauges(GaugeFamily)
    }

    private struct Entry: Sendable {
        let name: String
        let help: String
        let metric: Metric
    }

    /// The `Content-Type` of ``exposition()``.
    public static let contentType = "text/plain; version=0.0.4; charset=utf-8"

    private let entries = Mutex<[Entry]>([])

    /// Makes an empty registry.
    public init() {}

    /// Adds a counter.
    public func counter(_ name: String, _ help: String) -> Counter {
        let counter = Counter()
        add(name, help, .counter(counter))
        return counter
    }

    /// Adds a gauge.
    public func gauge(_ name: String, _ help: String) -> Gauge {
        let gauge = Gauge()
        add(name, help, .gauge(gauge))
        return gauge
    }

    /// Adds a histogram.
    public func histogram(_ name: String, _ help: String, bounds: [Double] = Histogram.secondsBounds) -> Histogram {
        let histogram = Histogram(bounds: bounds)
        add(name, help, .histogram(histogram))
        return histogram
    }

    /// Adds counters that differ in labels.
    public func counters(_ name: String, _ help: String, labels: [String]) -> CounterFamily {
        let family = CounterFamily(labels: labels)
        add(name, help, .family(family))
        return family
    }

    /// Adds gauges that differ in labels.
    public func gauges(_ name: String, _ help: String, labels: [String]) -> GaugeFamily {
        let family = GaugeFamily(labels: labels)
        add(name, help, .gauges(family))
        return family
    }

    /// Everything in Prometheus' text format 0.0.4.
    public func exposition() -> String {
        var text = ""
        for entry in entries.withLock({ $0 }) { Self.write(entry, to: &text) }
        return text
    }

    private func add(_ name: String, _ help: String, _ metric: Metric) {
        entries.withLock { entries in
            precondition(!entries.contains { $0.name == name }, "The metric \(name) is registered twice.")
            entries.append(Entry(name: name, help: help, metric: metric))
        }
    }
}

extension MetricsRegistry {
    private static func write(_ entry: Entry, to text: inout String) {
        let name = entry.name
        text += "# HELP \(name) \(escaped(help: entry.help))\n"
        switch entry.metric {
        case .counter(let counter):
            text += "# TYPE \(name) counter\n\(name) \(counter.value)\n"
        case .gauge(let gauge):
            text += "# TYPE \(name) gauge\n\(name) \(number(gauge.value))\n"
        case .family(let family):
            text += "# TYPE \(name) counter\n"
            for (values, counter) in family.all {
                text += "\(name){\(labels(family.labels, values))} \(counter.value)\n"
            }
        case .gauges(let family):
            text += "# TYPE \(name) gauge\n"
            for (values, gauge) in family.all {
                text += "\(name){\(labels(family.labels, values))} \(number(gauge.value))\n"
            }
        case .histogram(let histogram):
            text += "# TYPE \(name) histogram\n"
            let snapshot = histogram.snapshot
            for (bound, count) in zip(histogram.bounds, snapshot.cumulativeCounts) {
                text += "\(name)_bucket{le=\"\(number(bound))\"} \(count)\n"
            }
            text += "\(name)_bucket{le=\"+Inf\"} \(snapshot.count)\n"
            text += "\(name)_sum \(number(snapshot.sum))\n\(name)_count \(snapshot.count)\n"
        }
    }

    private static func labels(_ names: [String], _ values: [String]) -> String {
        zip(names, values).map { "\($0)=\"\(escaped(label: $1))\"" }.joined(separator: ",")
    }

    private static func number(_ value: Double) -> String {
        if value.isNaN { return "NaN" }
        if value.isInfinite { return value < 0 ? "-Inf" : "+Inf" }
        if value == value.rounded(), abs(value) < 9_007_199_254_740_992 { return String(Int64(value)) }
        return String(describing: value)
    }

    private static func escaped(help: String) -> String {
        help.replacing("\\", with: "\\\\").replacing("\n", with: "\\n")
    }

    private static func escaped(label: String) -> String {
        escaped(help: label).replacing("\"", with: "\\\"")
    }
}
