/// The metrics of this product, present from the start with 0.
///
/// The names are part of the public contract.
public final class PlantwrightMetrics: Sendable {
    /// The registry that writes them all.
    public let registry: MetricsRegistry
    /// Messages that reached us from a broker or by HTTP.
    public let messagesReceived: Counter
    /// New readings, counted after COMMIT.
    public let readingsStored: Counter
    /// Readings that were stored already.
    public let readingsDuplicate: Counter
    /// New readings that were older than their device's newest: stored, not evaluated.
    public let readingsLate: Counter
    /// Readings whose values contradict the stored ones: kept apart.
    public let readingsConflict: Counter
    /// Messages that could not be decoded or accepted.
    public let messagesRejected: Counter
    /// What the broker loses.
    public let broker: BrokerMetrics
    /// Alarms raised, counted after COMMIT.
    public let alarmsRaised: Counter
    /// Deliveries that are neither delivered, dead nor superseded.
    public let deliveriesPending: Gauge
    /// Open live sessions of browsers.
    public let liveSessions: Gauge
    /// How long a batch took from BEGIN to the answer to COMMIT, in seconds.
    public let ingestCommitSeconds: Histogram
    /// How long an HTTP request took until the end of its answer, in seconds.
    public let httpRequestSeconds: Histogram
    /// What the web server's TLS listener tells.
    public let tls: TLSMetrics
    /// What the workers on stored readings tell.
    public let store: StoreMetrics
    private let deliveriesByOutcome: CounterFamily
    private let circuits: GaugeFamily
    private let httpRequests: CounterFamily
    private let httpRefusals: CounterFamily

    /// Registers all metrics.
    public init(registry: MetricsRegistry = MetricsRegistry()) {
        self.registry = registry
        messagesReceived = registry.counter(
            "plantwright_messages_received_total",
            "Messages received from the broker or by HTTP."
        )
        readingsStored = registry.counter("plantwright_readings_stored_total", "New readings committed.")
        readingsDuplicate = registry.counter("plantwright_readings_duplicate_total", "Readings stored already.")
        readingsLate = registry.counter(
            "plantwright_readings_late_total",
            "New readings older than their device's newest: stored and not evaluated."
        )
        readingsConflict = registry.counter(
            "plantwright_readings_conflict_total",
            "Readings that contradict stored ones and are kept apart."
        )
        messagesRejected = registry.counter(
            "plantwright_messages_rejected_total",
            "Messages that could not be decoded or accepted."
        )
        broker = BrokerMetrics(registry: registry)
        alarmsRaised = registry.counter("plantwright_alarms_raised_total", "Alarms raised and committed.")
        deliveriesByOutcome = registry.counters(
            "plantwright_deliveries_total",
            "Finished attempts to deliver to an ERP.",
            labels: ["connector", "outcome"]
        )
        circuits = registry.gauges(
            "plantwright_connector_circuit_open",
            "Whether an ERP fails all the time, so that only probes are sent to it.",
            labels: ["connector"]
        )
        deliveriesPending = registry.gauge(
            "plantwright_deliveries_pending",
            "Deliveries that are neither delivered, dead nor superseded."
        )
        liveSessions = registry.gauge("plantwright_live_sessions", "Open live sessions.")
        ingestCommitSeconds = registry.histogram(
            "plantwright_ingest_commit_seconds",
            "Duration of an ingest transaction up to the answer to COMMIT."
        )
        tls = TLSMetrics(registry: registry)
        store = StoreMetrics(registry: registry)
        httpRequests = registry.counters(
            "plantwright_http_requests_total",
            "HTTP requests by matched route.",
            labels: ["method", "route", "status"]
        )
        httpRefusals = registry.counters(
            "plantwright_http_refusals_total",
            "HTTP requests that were refused, by the code of the problem.",
            labels: ["reason"]
        )
        httpRequestSeconds = registry.histogram(
            "plantwright_http_request_seconds",
            "Duration of an HTTP request up to the end of its answer."
        )
    }

    /// The counter of a connector's deliveries with one outcome, such as `delivered`, `dead` or `retry`.
    public func deliveries(connector: String, outcome: String) -> Counter {
        deliveriesByOutcome.counter([connector, outcome])
    }

    /// Whether a connector's ERP fails all the time: 1, else 0.
    public func circuit(connector: String) -> Gauge { circuits.gauge([connector]) }

    /// The counter of refused HTTP requests with one reason, such as `invalid-host`.
    public func httpRefusals(reason: String) -> Counter {
        httpRefusals.counter([reason])
    }

    /// The counter of HTTP requests to one route, such as `/api/v1/devices/{key}`; never a raw path.
    public func httpRequests(method: String, route: String, status: Int) -> Counter {
        httpRequests.counter([method, route, String(status)])
    }
}
