import ERP
import ERPConnectors
import Primitives

/// What is to be done when a delivery's turn comes.
enum DeliveryStep: Hashable, Sendable {
    /// Do the operation.
    case perform
    /// Ask the ERP whether an earlier attempt did it.
    case lookUp
    /// Nobody can know: leave it to a person.
    case giveUp
}

/// The state that a delivery takes after a step.
enum DeliveryVerdict: Hashable, Sendable {
    /// It is in the ERP, under this number if it made something; `note` is worth reading.
    case delivered(externalID: String?, note: String? = nil)
    /// It is not needed any more; nothing of it is in the ERP.
    case superseded(reason: String, detail: String)
    /// It ends here. `mayHaveHappened` tells whether a call may have reached the ERP all the same.
    case dead(reason: String, detail: String, mayHaveHappened: Bool)
    /// It certainly is not in the ERP; it is sent at that time.
    case waiting(until: Timestamp, reason: String, detail: String)
    /// It may be in the ERP; the next step is at that time.
    case uncertain(until: Timestamp, reason: String, detail: String)
}

/// What is known of a delivery when its turn comes, and what follows from it: the outbox's decisions without any I/O.
struct DeliveryCourse: Hashable, Sendable {
    /// Whether an earlier call may have reached the ERP.
    var isUncertain: Bool
    /// How many attempts there were, the present one included.
    var attempts: Int
    /// When the last call that may have reached the ERP began.
    var attemptStartedAt: Timestamp?
    /// Whether the connector can look the operation up by key.
    var canLookUp: Bool
    /// Whether doing the operation twice does no harm.
    var isRepeatable: Bool
    /// How long after a call began the ERP may still carry it out, in seconds.
    var settle: Double
    /// How long to wait between attempts.
    var delay = RetryDelay()

    /// What to do now.
    var step: DeliveryStep {
        if !isUncertain { return .perform }
        if canLookUp { return .lookUp }
        return isRepeatable ? .perform : .giveUp
    }

    /// The end of a delivery that nobody can decide on.
    var outcomeUnknown: DeliveryVerdict {
        .dead(
            reason: DeliveryReason.outcomeUnknown,
            detail: "A call may have reached the ERP, which cannot be asked by key. See there whether it has it.",
            mayHaveHappened: true
        )
    }

    /// What follows from a call that was to do the operation.
    ///
    /// - Parameters:
    ///   - outcome: how the call ended.
    ///   - now: the time after it.
    ///   - jitter: a random number from 0 to 1.
    /// - Returns: the state that the delivery takes.
    func verdict(after outcome: CallOutcome, at now: Timestamp, jitter: Double) -> DeliveryVerdict {
        switch outcome {
        case .done(let externalID, let note):
            return .delivered(externalID: externalID, note: note)
        case .refused(let reason, let detail):
            return .dead(reason: reason, detail: detail, mayHaveHappened: false)
        case .stuck(let reason, let detail):
            return .dead(reason: reason, detail: detail, mayHaveHappened: true)
        case .transient(let reason, let detail, let asked):
            let next = now.adding(seconds: delay.seconds(after: attempts, jitter: jitter, asked: asked))
            return .waiting(until: next, reason: reason, detail: detail)
        case .uncertain(let reason, let detail):
            if !canLookUp, !isRepeatable {
                return .dead(
                    reason: DeliveryReason.outcomeUnknown,
                    detail: "\(reason): \(detail)",
                    mayHaveHappened: true
                )
            }
            let next = now.adding(seconds: delay.seconds(after: attempts, jitter: jitter))
            return .uncertain(until: next, reason: reason, detail: detail)
        }
    }

    /// What follows from a look-up.
    ///
    /// - Parameters:
    ///   - outcome: how the look-up ended.
    ///   - begun: when it began: its answer may be no newer.
    ///   - now: the time after it.
    ///   - jitter: a random number from 0 to 1.
    /// - Returns: the state that the delivery takes.
    func verdict(
        after outcome: LookUpOutcome,
        begun: Timestamp,
        at now: Timestamp,
        jitter: Double
    ) -> DeliveryVerdict {
        switch outcome {
        case .found(let externalID, let note):
            return .delivered(externalID: externalID, note: note)
        case .stuck(let reason, let detail):
            return .dead(reason: reason, detail: detail, mayHaveHappened: true)
        case .failed(let reason, let detail, let asked):
            let next = now.adding(seconds: delay.seconds(after: attempts, jitter: jitter, asked: asked))
            return .uncertain(until: next, reason: reason, detail: detail)
        case .notFound:
            let settled = attemptStartedAt?.adding(seconds: max(0, settle)) ?? begun
            if begun >= settled {
                return .waiting(
                    until: now,
                    reason: DeliveryReason.notFound,
                    detail: "The ERP does not have it; it is sent again."
                )
            }
            let next = now.adding(seconds: delay.seconds(after: attempts, jitter: jitter))
            return .uncertain(
                until: settled > now ? min(next, settled) : now,
                reason: DeliveryReason.notFoundYet,
                detail: "The ERP does not have it, but may still be carrying out the call: asked again."
            )
        }
    }
}
