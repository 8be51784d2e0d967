import HTTPTypes
import Logging

/// One finished exchange, for access logs and metrics.
///
/// It names the matched route, never the raw target.
public struct ExchangeRecord: Sendable {
    /// How the exchange ended.
    public enum Outcome: String, Sendable {
        /// The response was handed over whole.
        case complete
        /// The client went away, or the body's producer failed.
        case aborted
        /// The request was refused before it could be understood.
        case refused
        /// The connection went over to WebSocket, and that ended.
        case webSocket = "websocket"
    }

    /// The request's id; empty for a request that was refused before it had one.
    public var id: String
    /// The method; nil for a request that was not understood.
    public var method: HTTPRequest.Method?
    /// The matched pattern; nil when there was none.
    public var route: String?
    /// The status of the answer.
    public var status: HTTPResponse.Status
    /// Bytes of the response's body, before chunk framing.
    public var bodyBytes: Int
    /// From the whole head to the last byte handed over.
    public var duration: Duration
    /// The IP address of the client.
    public var remoteAddress: String
    /// How it ended.
    public var outcome: Outcome
    /// The code of the problem when the request was refused, such as `invalid-chunk-size`.
    public var refusal: String?
    /// The distributed trace that the request belongs to; nil for a request that was not understood.
    public var traceID: String?
}

/// Writes one line per exchange.
public struct AccessLog: Sendable {
    private let logger: Logger
    private let level: Logger.Level

    /// Makes an access log.
    ///
    /// - Parameters:
    ///   - logger: where to write.
    ///   - level: the level of the lines.
    public init(logger: Logger, level: Logger.Level = .info) {
        self.logger = logger
        self.level = level
    }

    /// Writes the line of one exchange.
    public func record(_ exchange: ExchangeRecord) {
        logger.log(
            level: level,
            "request",
            metadata: [
                "id": "\(exchange.id)", "method": "\(exchange.method?.rawValue ?? "-")",
                "route": "\(exchange.route ?? "-")", "status": "\(exchange.status.code)",
                "bytes": "\(exchange.bodyBytes)", "ms": "\(exchange.milliseconds)",
                "remote": "\(exchange.remoteAddress)", "outcome": "\(exchange.outcome.rawValue)",
                "trace": "\(exchange.traceID ?? "-")",
            ]
        )
    }
}

extension ExchangeRecord {
    fileprivate var milliseconds: Int64 {
        duration.components.seconds * 1_000 + duration.components.attoseconds / 1_000_000_000_000_000
    }
}
