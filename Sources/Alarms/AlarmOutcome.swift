import Primitives

/// What came of an alarm's order.
public struct AlarmOutcome: Hashable, Sendable {
    /// The order's number in the ERP.
    public var order: String
    /// `done` or `cancelled`.
    public var phase: String
    /// What was found and done.
    public var text: String?
    /// The ERP's code of the cause or damage.
    public var failureCode: String?
    /// When work ended.
    public var finishedAt: Timestamp?

    /// Makes an outcome.
    public init(order: String, phase: String, text: String?, failureCode: String?, finishedAt: Timestamp?) {
        self.order = order
        self.phase = phase
        self.text = text
        self.failureCode = failureCode
        self.finishedAt = finishedAt
    }

    /// The API's form.
    public var json: JSONValue {
        [
            "order": .string(order), "phase": .string(phase), "outcome": .optional(text),
            "failureCode": .optional(failureCode), "finishedAt": .optional(finishedAt),
        ]
    }
}
