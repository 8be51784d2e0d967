/// Why a call could not be made or was not answered as hoped.
public struct CallFailure: Error, Hashable, Sendable {
    /// Stable, such as `http-422`, `timeout`, `refused-address`, `template-failed`.
    public var reason: String
    /// One sentence; no secret.
    public var detail: String
    /// Seconds after which the ERP wants to be asked again (`Retry-After`).
    public var retryAfter: Double?

    /// Makes a failure.
    public init(reason: String, detail: String, retryAfter: Double? = nil) {
        self.reason = reason
        self.detail = detail
        self.retryAfter = retryAfter
    }

    /// The ERP says no for good, or the request cannot be made.
    public var refused: CallOutcome { .refused(reason: reason, detail: detail) }
    /// It certainly did not happen.
    public var transient: CallOutcome { .transient(reason: reason, detail: detail, retryAfter: retryAfter) }
    /// It may have happened.
    public var uncertain: CallOutcome { .uncertain(reason: reason, detail: detail) }
    /// A look-up without an answer to rely on.
    public var failedLookUp: LookUpOutcome { .failed(reason: reason, detail: detail, retryAfter: retryAfter) }
    /// The ERP has begun it and will not finish it.
    public var stuck: CallOutcome { .stuck(reason: reason, detail: detail) }

    /// What a kind does not have.
    public static func unsupported(_ what: String) -> CallFailure {
        CallFailure(reason: "unsupported", detail: "This kind of connector has no \(what).")
    }
}
