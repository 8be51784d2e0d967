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
}
