import HTTPServer
import HTTPTypes
import Logging
import Observability

/// What every request passes, and who is told about it.
enum StandardMiddleware {
    /// From the outermost to the innermost: parts and 304 are made of what the handlers' tags name, so inside
    /// `Compression`.
    static func all(_ settings: Settings) -> [any Middleware] {
        let crossOrigin: [any Middleware] =
            settings.corsOrigins.isEmpty ? [] : [CrossOrigin(origins: settings.corsOrigins)]
        return [RequestIdentity(), SecurityHeaders()] + crossOrigin + [Compression(), ConditionalRequests()]
    }

    static func observers(
        _ metrics: PlantwrightMetrics,
        _ logger: Logger
    ) -> [@Sendable (ExchangeRecord) -> Void] {
        let log = AccessLog(logger: logger, level: .debug)
        return [
            { record in log.record(record) },
            { record in
                let seconds =
                    Double(record.duration.components.seconds)
                    + Double(record.duration.components.attoseconds) * 1e-18
                metrics.httpRequestSeconds.observe(seconds)
                metrics.httpRequests(
                    method: record.method?.rawValue ?? "none",
                    route: record.route ?? "none",
                    status: record.status.code
                ).increment()
                if let reason = record.refusal { metrics.httpRefusals(reason: reason).increment() }
            },
        ]
    }

    /// Failed handshakes are counted only: they are the clients' affair, and there are always some.
    static func tlsObserver(_ metrics: PlantwrightMetrics, _ logger: Logger) -> @Sendable (TLSEvent) -> Void {
        { event in
            switch event {
            case .certificateInUse(let certificate):
                metrics.tls.certificateExpiry.set(Double(certificate.notValidAfter))
                metrics.tls.certificateRefused.set(0)
                logger.notice("TLS certificate in use", metadata: ["serial": "\(certificate.serialNumber)"])
            case .certificateRefused(let error):
                metrics.tls.certificateRefused.set(1)
                logger.error(
                    "a changed TLS certificate cannot be used; the one before stays in use",
                    metadata: ["reason": "\(error.message)"]
                )
            case .handshakeFailed(let reason, _): metrics.tls.handshakeFailures(reason: reason.rawValue).increment()
            }
        }
    }
}
