import Foundation
import PostgreSQL
import Primitives

/// The statements that read the whole history of one rule.
enum AlarmHistoryQueries {
    /// Alarms of a rule after a place, in the order in which they were raised.
    static func raised(
        rule: Int32,
        after time: Timestamp,
        _ id: UUID,
        before end: Timestamp,
        limit: Int64
    ) -> Statement<Alarm> {
        Statement(
            "alarms.history.raised",
            """
            SELECT a.id, a.rule_id, r.key, r.name, a.rule_revision, a.device_id, a.asset_id, a.severity, a.raised_at,
                a.received_at, a.cleared_at, a.clear_reason, a.acknowledged_at, a.acknowledged_by, a.note,
                a.outcome_order, a.outcome_phase, a.outcome_text, a.outcome_failure_code, a.outcome_at
            FROM alarm a JOIN rule r ON r.id = a.rule_id
            WHERE a.rule_id = \(rule) AND (a.raised_at, a.id) > (\(time), \(id)) AND a.raised_at < \(end)
            ORDER BY a.raised_at, a.id LIMIT \(limit)
            """,
            row: AlarmQueries.decode
        )
    }

    /// Alarms of a rule that readings ended, after a place, in the order of their ends.
    static func ended(
        rule: Int32,
        after time: Timestamp,
        _ id: UUID,
        before end: Timestamp,
        limit: Int64
    ) -> Statement<Alarm> {
        Statement(
            "alarms.history.ended",
            """
            SELECT a.id, a.rule_id, r.key, r.name, a.rule_revision, a.device_id, a.asset_id, a.severity, a.raised_at,
                a.received_at, a.cleared_at, a.clear_reason, a.acknowledged_at, a.acknowledged_by, a.note,
                a.outcome_order, a.outcome_phase, a.outcome_text, a.outcome_failure_code, a.outcome_at
            FROM alarm a JOIN rule r ON r.id = a.rule_id
            WHERE a.rule_id = \(rule) AND (a.cleared_at, a.id) > (\(time), \(id)) AND a.cleared_at < \(end)
                AND a.cleared_at IS NOT NULL AND a.clear_reason = 'condition'
            ORDER BY a.cleared_at, a.id LIMIT \(limit)
            """,
            row: AlarmQueries.decode
        )
    }

    static let all: [AnyStatement] = {
        let time = Timestamp(microseconds: 0)
        let id = UUID(uuid: (0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0))
        return [
            AnyStatement(raised(rule: 0, after: time, id, before: time, limit: 1)),
            AnyStatement(ended(rule: 0, after: time, id, before: time, limit: 1)),
        ]
    }()
}
