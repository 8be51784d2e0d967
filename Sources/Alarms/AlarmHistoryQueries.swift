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
            SELECT \(AlarmQueries.columns)
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
            SELECT \(AlarmQueries.columns)
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
