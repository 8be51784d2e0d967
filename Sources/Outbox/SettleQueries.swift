import ERPConnectors
import Foundation
import PostgreSQL
import Primitives

/// What is written when calls have ended.
///
/// Many at once: at hundreds of calls a second a commit for each would be all the work there is.
enum SettleQueries {
    /// Writes the states that deliveries take, and how their calls ended into the time lines; returns those whose lease
    /// still held.
    static func settle(_ calls: [SettledCall], at now: Timestamp) -> Statement<UUID> {
        let rows = calls.map { SettledRow($0.verdict, at: now) }
        let ended = calls.compactMap { call in call.report.map { (call.delivery, $0) } }
        let reports = ended.map(\.1)
        return Statement(
            "outbox.delivery.settle",
            """
            WITH settled AS (
                UPDATE delivery d SET state = s.state, reason = s.reason, detail = s.detail, note = s.note,
                    next_attempt_at = coalesce(s.next_attempt_at, d.next_attempt_at), finished_at = s.finished_at,
                    attempt_started_at = CASE WHEN s.keeps_start THEN d.attempt_started_at END,
                    external_id = s.external_id, lease_token = NULL, lease_until = NULL
                FROM unnest(\(calls.map(\.delivery.id)), \(calls.map(\.delivery.token)), \(rows.map(\.state.rawValue)),
                    \(rows.map(\.reason)), \(rows.map(\.detail)), \(rows.map(\.note)), \(rows.map(\.nextAttemptAt)),
                    \(rows.map(\.finishedAt)), \(rows.map(\.keepsStart)), \(rows.map(\.externalID)))
                    AS s (id, token, state, reason, detail, note, next_attempt_at, finished_at, keeps_start, external_id)
                WHERE d.id = s.id AND d.state = 'leased' AND d.lease_token = s.token
                RETURNING d.id
            ), ended AS (
                UPDATE delivery_attempt a SET ended_at = e.ended_at, outcome = e.outcome, request = e.request,
                    status = e.status, response = e.response, exchanges = e.exchanges::json, note = e.note
                FROM unnest(\(ended.map(\.0.id)), \(ended.map { Int32(clamping: $0.0.attempts) }),
                    \(reports.map(\.endedAt)), \(reports.map(\.outcome)),
                    \(reports.map { $0.decisive?.request.storable }),
                    \(reports.map { $0.decisive?.status.map { Int32(clamping: $0) } }),
                    \(reports.map { $0.decisive?.response?.storable }), \(reports.map(\.earlier)),
                    \(reports.map(\.note)))
                    AS e (id, number, ended_at, outcome, request, status, response, exchanges, note)
                WHERE a.delivery_id = e.id AND a.number = e.number AND e.id IN (SELECT id FROM settled)
            )
            SELECT id FROM settled
            """
        ) { row throws(PostgresError) in try row.uuid(0) }
    }

    /// Lets a connector rest: the ERP asked for it.
    static func rest(_ connectorID: Int32, until time: Timestamp) -> Statement<Void> {
        Statement(
            "outbox.connector.rest",
            """
            INSERT INTO connector_state AS known (connector_id, rests_until) VALUES (\(connectorID), \(time))
            ON CONFLICT (connector_id) DO UPDATE SET rests_until = greatest(known.rests_until, excluded.rests_until)
            """
        )
    }

    static let all: [AnyStatement] = {
        let time = Timestamp(microseconds: 0)
        return [AnyStatement(settle([], at: time)), AnyStatement(rest(0, until: time))]
    }()
}

/// A call that has ended, to be written down.
struct SettledCall: Sendable {
    var delivery: LeasedDelivery
    var verdict: DeliveryVerdict
    /// How the call ended; nil when none was made.
    var report: AttemptEnd?
}

/// A verdict as the columns of `delivery`.
private struct SettledRow {
    var state: DeliveryState
    var reason: String?
    var detail: String?
    var note: String?
    var nextAttemptAt: Timestamp?
    var finishedAt: Timestamp?
    var externalID: String?
    /// Whether a call may still have reached the ERP.
    var keepsStart = true

    init(_ verdict: DeliveryVerdict, at now: Timestamp) {
        state = verdict.state
        switch verdict {
        case .delivered(let externalID, let note):
            self.externalID = externalID?.storable
            self.note = note?.storable
            finishedAt = now
        case .dead(let reason, let detail, let mayHaveHappened):
            (self.reason, self.detail, finishedAt) = (reason.storable, detail.storable, now)
            keepsStart = mayHaveHappened
        case .superseded(let reason, let detail):
            (self.reason, self.detail, finishedAt) = (reason.storable, detail.storable, now)
            keepsStart = false
        case .waiting(let next, let reason, let detail):
            (self.reason, self.detail, nextAttemptAt) = (reason.storable, detail.storable, next)
            keepsStart = false
        case .uncertain(let next, let reason, let detail):
            (self.reason, self.detail, nextAttemptAt) = (reason.storable, detail.storable, next)
        }
    }
}
