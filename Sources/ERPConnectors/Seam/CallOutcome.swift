/// How an attempt to create or write ended.
public enum CallOutcome: Hashable, Sendable {
    /// The ERP did it.
    ///
    /// `externalID` is the number of what it made, nil for writes that make nothing; `note` is worth reading, such as
    /// parts that could not be reserved.
    case done(externalID: String?, note: String? = nil)
    /// The ERP says no for good, and has nothing of it.
    case refused(reason: String, detail: String)
    /// The ERP has begun it and will not finish it: a person must see to it there.
    ///
    /// A later attempt looks it up and goes on from where it stands.
    case stuck(reason: String, detail: String)
    /// It certainly did not happen; try again, not before `retryAfter` seconds if given.
    case transient(reason: String, detail: String, retryAfter: Double?)
    /// It may have happened, in whole or in part: look up before any repeat.
    case uncertain(reason: String, detail: String)
}

/// How a look-up by idempotency key ended.
public enum LookUpOutcome: Hashable, Sendable {
    /// The ERP has it, whole.
    case found(externalID: String?, note: String? = nil)
    /// The ERP does not have it at this moment.
    case notFound
    /// The ERP has begun it and will not finish it; see ``CallOutcome/stuck(reason:detail:)``.
    case stuck(reason: String, detail: String)
    /// The look-up itself failed; try it again.
    case failed(reason: String, detail: String, retryAfter: Double?)
}

/// What came of an attempt, and its exchanges.
public struct CallReport<Outcome: Hashable & Sendable>: Hashable, Sendable {
    /// How it ended.
    public var outcome: Outcome
    /// Every request and answer.
    public var trace: CallTrace

    /// Makes a report.
    public init(_ outcome: Outcome, _ trace: CallTrace = CallTrace()) {
        self.outcome = outcome
        self.trace = trace
    }
}
