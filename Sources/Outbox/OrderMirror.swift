import ERPConnectors
import PostgreSQL
import Primitives

/// Writes what the ERP says about an order, and what that means for its alarms, in one transaction.
struct OrderMirror: Sendable {
    let outcomes: any AlarmOutcomes

    func note(
        _ order: KnownOrder,
        _ news: OrderNews,
        at now: Timestamp,
        nextCheckAt: Timestamp?,
        in transaction: Transaction
    ) async throws {
        try await transaction.execute(OrderMirrorQueries.note(order.id, news, at: now, nextCheckAt: nextCheckAt))
        let (was, phase) = (order.phase, news.phase)
        guard phase.isOver || was == .done || was == .cancelled else { return }
        let alarms = try await transaction.query(OrderMirrorQueries.alarms(of: order.id))
        if alarms.isEmpty { return }
        let outcome = OrderOutcome(
            order: news.state.number ?? order.number ?? order.externalID,
            phase: phase,
            text: news.state.outcome?.storable,
            failureCode: news.state.failureCode?.storable,
            finishedAt: news.state.finishedAt ?? now
        )
        try await outcomes.label(alarms, with: phase.isOver ? outcome : nil, in: transaction)
    }
}
