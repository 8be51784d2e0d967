import Primitives

/// What the outbox asks a connector to do: one delivery, as far as the ERP is concerned.
public struct DeliveryOrder: Hashable, Sendable {
    /// Names the cause in the ERP; the same in every attempt.
    public var idempotencyKey: String
    /// The operation, such as `work-order.create` or `stock.set`.
    public var operation: String
    /// The mapping's computed fields.
    public var fields: JSONObject

    /// Makes an order.
    public init(idempotencyKey: String, operation: String, fields: JSONObject) {
        self.idempotencyKey = idempotencyKey
        self.operation = operation
        self.fields = fields
    }
}

/// One call as the time line shows it: without secrets, bounded.
public struct CallRecord: Hashable, Sendable {
    /// Method, address and body as sent.
    public var request: String
    /// The answer's status; nil when there was none.
    public var status: Int?
    /// The answer's body, shortened; or what went wrong.
    public var response: String?

    /// Makes a record.
    public init(request: String, status: Int? = nil, response: String? = nil) {
        self.request = request
        self.status = status
        self.response = response
    }
}

/// How an attempt to create or write ended.
public enum CallOutcome: Hashable, Sendable {
    /// The ERP did it; the number of what it made, nil for writes that make nothing.
    case done(externalID: String?)
    /// The ERP says no for good.
    case refused(reason: String, detail: String)
    /// It certainly did not happen; try again, not before `retryAfter` seconds if given.
    case transient(reason: String, detail: String, retryAfter: Double?)
    /// It may have happened: look up before any repeat.
    case uncertain(reason: String, detail: String)
}

/// How a look-up by idempotency key ended.
public enum LookUpOutcome: Hashable, Sendable {
    /// The ERP has it.
    case found(externalID: String)
    /// The ERP does not have it at this moment.
    case notFound
    /// The look-up itself failed; try it again.
    case failed(reason: String, detail: String, retryAfter: Double?)
}

/// What the ERP says about an order.
public enum StatusOutcome: Hashable, Sendable {
    /// Its state in the ERP's words, and whether work is done.
    case status(String, isDone: Bool)
    /// The ERP no longer has it.
    case gone
    /// It could not be asked now.
    case failed(reason: String)
}

/// One ERP system's way of doing things: the seam that every kind of connector implements.
///
/// Implementations hold no state that a crash could lose and never repeat a call by themselves.
public protocol ERPConnector: Sendable {
    /// Whether ``lookUp(_:)`` is possible for an operation.
    func canLookUp(operation: String) -> Bool
    /// Whether repeating the operation with the same fields does no harm (absolute stock figures).
    func isRepeatable(operation: String) -> Bool
    /// Whether ``status(externalID:)`` is possible.
    var canReadStatus: Bool { get }
    /// Does the operation once: at most one request reaches the wire.
    func perform(_ order: DeliveryOrder) async -> (outcome: CallOutcome, record: CallRecord)
    /// Asks whether the ERP has what an earlier attempt may have made.
    func lookUp(_ order: DeliveryOrder) async -> (outcome: LookUpOutcome, record: CallRecord)
    /// Asks for an order's state.
    func status(externalID: String) async -> StatusOutcome
}

/// A configured connector as the outbox uses it.
public struct ConnectorRuntime: Sendable {
    /// The row.
    public var id: Int32
    /// Its address.
    public var key: String
    /// The kind's implementation, ready to call.
    public var connector: any ERPConnector
    /// How long after an attempt began "not found" counts, in seconds.
    public var settle: Double
    /// Whether deliveries wait until someone resumes it.
    public var isPaused: Bool

    /// Makes a runtime.
    public init(id: Int32, key: String, connector: any ERPConnector, settle: Double, isPaused: Bool) {
        self.id = id
        self.key = key
        self.connector = connector
        self.settle = settle
        self.isPaused = isPaused
    }
}

/// Where the outbox finds connectors; what it returns is always the current configuration.
public protocol ConnectorDirectory: Sendable {
    /// The connector of a row; nil when it was deleted.
    func runtime(_ id: Int32) -> ConnectorRuntime?
}
