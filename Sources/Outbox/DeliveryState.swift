import ERPConnectors

/// Where a delivery stands.
public enum DeliveryState: String, CaseIterable, Sendable {
    /// Waits for a person's approval; nothing of it can be in the ERP.
    case held
    /// Due at its next attempt; nothing of it can be in the ERP.
    case waiting
    /// A dispatcher works on it.
    case leased
    /// The last call may have reached the ERP: it is looked up before any repeat.
    case uncertain
    /// The ERP has it.
    case delivered
    /// Nobody works on it until a person says so.
    case dead
    /// Something else took its place before it was sent: a newer figure, or work that had begun.
    case superseded
    /// A person has seen that it is dead, and wants nothing done.
    case dismissed
}

/// What one call of an attempt was for.
public enum CallPurpose: String, CaseIterable, Sendable {
    /// To make a document.
    case create
    /// To ask whether an earlier call made it.
    case lookUp = "look-up"
    /// To set or add a figure.
    case write

    /// What performing an operation is called in the time line.
    init(performing operation: ERPOperation) {
        self = operation == .workOrderCreate ? .create : .write
    }
}

/// Why deliveries are dead or wait, where the connector has not said it.
enum DeliveryReason {
    /// A call may have reached the ERP and there is no way to ask.
    static let outcomeUnknown = "outcome-unknown"
    /// The connector was deleted.
    static let connectorDeleted = "connector-deleted"
    /// The server ended during the call.
    static let interrupted = "interrupted"
    /// A look-up found nothing, and that counts.
    static let notFound = "not-found"
    /// A look-up found nothing, but the ERP may still be at it.
    static let notFoundYet = "not-found-yet"
    /// The order that it is about was never made, or is not known.
    static let noOrder = "no-order"
    /// The order that it is about is not made yet.
    static let waitsForOrder = "waits-for-order"
    /// Work on the order had begun before it could be cancelled.
    static let workBegun = "work-begun"
    /// There is nothing to draw a picture of.
    static let noPicture = "no-picture"
    /// The picture could not be drawn now.
    static let pictureFailed = "picture-failed"
    /// A person did not approve it.
    static let rejected = "rejected"
}
