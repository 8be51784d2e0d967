import ERPConnectors
import Foundation
import PostgreSQL
import Primitives

/// What came of an order, as its alarm shows it.
public struct OrderOutcome: Hashable, Sendable {
    /// The order's number in the ERP.
    public var order: String
    /// Done or cancelled.
    public var phase: OrderPhase
    /// What was found and done, in the words of who did it.
    public var text: String?
    /// The ERP's code of the cause or damage.
    public var failureCode: String?
    /// When work ended; else when we saw that it had.
    public var finishedAt: Timestamp

    /// Makes an outcome.
    public init(order: String, phase: OrderPhase, text: String?, failureCode: String?, finishedAt: Timestamp) {
        self.order = order
        self.phase = phase
        self.text = text
        self.failureCode = failureCode
        self.finishedAt = finishedAt
    }
}

/// Where alarms learn what came of their orders.
public protocol AlarmOutcomes: Sendable {
    /// Labels alarms in the transaction that notes the order's end; nil takes the label away: it was reopened.
    func label(_ alarms: [UUID], with outcome: OrderOutcome?, in transaction: Transaction) async throws
}

/// For whoever has no alarms.
public struct NoAlarmOutcomes: AlarmOutcomes {
    /// Makes one.
    public init() {}

    /// Does nothing.
    public func label(_ alarms: [UUID], with outcome: OrderOutcome?, in transaction: Transaction) async throws {}
}
