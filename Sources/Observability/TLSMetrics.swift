/// Metrics of a TLS listener.
public struct TLSMetrics: Sendable {
    /// When the certificate in use ends, in seconds since 1970; 0 without TLS.
    public let certificateExpiry: Gauge
    /// 1 while changed certificate files cannot be used and the certificate before stays in use.
    public let certificateRefused: Gauge
    private let handshakeFailures: CounterFamily

    init(registry: MetricsRegistry) {
        certificateExpiry = registry.gauge(
            "plantwright_tls_certificate_not_after_seconds",
            "End of the TLS certificate in use, in seconds since 1970; 0 without TLS."
        )
        certificateRefused = registry.gauge(
            "plantwright_tls_certificate_refused",
            "1 while changed certificate files cannot be used and the one before stays in use."
        )
        handshakeFailures = registry.counters(
            "plantwright_tls_handshake_failures_total",
            "TLS handshakes that failed.",
            labels: ["reason"]
        )
    }

    /// The counter of handshakes that failed for one reason, such as `timed-out`.
    public func handshakeFailures(reason: String) -> Counter {
        handshakeFailures.counter([reason])
    }
}
