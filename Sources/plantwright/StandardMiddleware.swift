import HTTPServer
import HTTPTypes
import Logging
import Observability

/// What every request passes, and who is told about it.
enum StandardMiddleware {
    static let all: [any Middleware] = [SecurityHeaders(), Compression()]

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
            },
        ]
    }
}
