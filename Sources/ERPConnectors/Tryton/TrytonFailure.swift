import Primitives

/// Why Tryton did not do or tell something.
struct TrytonFailure: Error, Hashable {
    /// What happened.
    var failure: CallFailure
    /// Whether another try will end the same way until a person changes something.
    var isPermanent: Bool

    /// A failure that another try may not meet.
    static func transient(_ failure: CallFailure) -> TrytonFailure {
        TrytonFailure(failure: failure, isPermanent: false)
    }

    /// A failure that stays until a person changes something.
    static func permanent(_ reason: String, _ detail: String) -> TrytonFailure {
        TrytonFailure(failure: CallFailure(reason: reason, detail: detail), isPermanent: true)
    }

    /// What it means before any change was sent.
    var beforeAnyChange: CallOutcome { isPermanent ? failure.refused : failure.transient }
}

/// What came of a request that changes something.
enum TrytonChange: Hashable, Sendable {
    /// Tryton did it.
    case done(JSONValue)
    /// Tryton refused it, and has nothing of it.
    case refused(CallFailure)
    /// It did not happen; try again.
    case transient(CallFailure)
    /// It may have happened.
    case uncertain(CallFailure)
}
