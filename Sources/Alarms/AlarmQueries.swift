import Foundation
import PostgreSQL
import Primitives

/// The statements that read and acknowledge alarms.
enum AlarmQueries {
    /// What ``decode(_:)`` reads, and where from.
    static let columns: SQL.Part = """
        a.id, a.rule_id, r.key, r.name, a.rule_revision, a.device_id, a.asset_id, a.severity, a.raised_at,
            a.received_at, a.cleared_at, a.clear_reason, a.acknowledged_at, a.acknowledged_by, a.note,
            a.outcome_order, a.outcome_phase, a.outcome_text, a.outcome_failure_code, a.outcome_at
        FROM alarm a JOIN rule r ON r.id = a.rule_id
        """

    @Sendable static func decode(_ row: ResultRow) throws(PostgresError) -> Alarm {
        Alarm(
            id: try row.uuid(0),
            ruleID: try row.int32(1),
            ruleKey: try row.string(2),
            ruleName: try row.string(3),
            ruleRevision: try row.int32(4),
            deviceID: try row.int32(5),
            assetID: try row.optionalInt32(6),
            severity: try row.enumeration(7),
            raisedAt: try row.timestamp(8),
            receivedAt: try row.timestamp(9),
            clearedAt: try row.optionalTimestamp(10),
            clearReason: try row.optionalEnumeration(11),
            acknowledgedAt: try row.optionalTimestamp(12),
            acknowledgedBy: try row.optionalString(13),
            note: try row.optionalString(14),
            outcome: try outcome(row)
        )
    }

    private static func outcome(_ row: ResultRow) throws(PostgresError) -> AlarmOutcome? {
        guard let order = try row.optionalString(15), let phase = try row.optionalString(16) else { return nil }
        return AlarmOutcome(
            order: order,
            phase: phase,
            text: try row.optionalString(17),
            failureCode: try row.optionalString(18),
            finishedAt: try row.optionalTimestamp(19)
        )
    }

    /// Labels alarms with what came of their order; nil takes the label away.
    static func label(_ ids: [UUID], with outcome: AlarmOutcome?) -> Statement<Void> {
        Statement(
            "alarms.alarm.label",
            """
            UPDATE alarm SET outcome_order = \(outcome?.order), outcome_phase = \(outcome?.phase),
                outcome_text = \(outcome?.text), outcome_failure_code = \(outcome?.failureCode),
                outcome_at = \(outcome?.finishedAt)
            WHERE id = ANY(\(ids))
            """
        )
    }

    static func find(_ id: UUID) -> Statement<Alarm> {
        Statement(
            "alarms.alarm.find",
            """
            SELECT \(columns) WHERE a.id = \(id)
            """,
            row: decode
        )
    }

    /// Newest first.
    ///
    /// Each state is a statement of its own, so that open alarms are found by their small index.
    static func list(_ filter: AlarmFilter, after cursor: AlarmCursor?, limit: Int) -> Statement<Alarm> {
        switch filter.state {
        case .open: list("alarms.alarm.list-open", "a.cleared_at IS NULL", filter, cursor, Int64(limit))
        case .cleared: list("alarms.alarm.list-cleared", "a.cleared_at IS NOT NULL", filter, cursor, Int64(limit))
        case .all: list("alarms.alarm.list-all", "true", filter, cursor, Int64(limit))
        }
    }

    private static func list(
        _ name: String,
        _ state: SQL.Part,
        _ filter: AlarmFilter,
        _ cursor: AlarmCursor?,
        _ limit: Int64
    ) -> Statement<Alarm> {
        Statement(
            name,
            """
            SELECT \(columns)
            WHERE \(state)
                AND (\(cursor?.raisedAt) IS NULL OR (a.raised_at, a.id) < (\(cursor?.raisedAt), \(cursor?.id)))
                AND (\(filter.severityTexts) IS NULL OR a.severity = ANY(\(filter.severityTexts)))
                AND (\(filter.ruleID) IS NULL OR a.rule_id = \(filter.ruleID))
                AND (\(filter.deviceID) IS NULL OR a.device_id = \(filter.deviceID))
                AND (\(filter.assetIDs) IS NULL OR a.asset_id = ANY(\(filter.assetIDs)))
                AND (\(filter.isAcknowledged) IS NULL OR (a.acknowledged_at IS NOT NULL) = \(filter.isAcknowledged))
            ORDER BY a.raised_at DESC, a.id DESC LIMIT \(limit)
            """,
            row: decode
        )
    }

    /// Alarms of a device that were open at some time of a range, oldest first.
    static func range(device: Int32, from: Timestamp, to: Timestamp, limit: Int) -> Statement<Alarm> {
        Statement(
            "alarms.alarm.range",
            """
            SELECT \(columns)
            WHERE a.device_id = \(device) AND a.raised_at < \(to) AND (a.cleared_at IS NULL OR a.cleared_at >= \(from))
            ORDER BY a.raised_at, a.id LIMIT \(Int64(limit))
            """,
            row: decode
        )
    }

    /// Acknowledges an alarm unless somebody did so before.
    static func acknowledge(_ id: UUID, by name: String, note: String?, at time: Timestamp) -> Statement<Void> {
        Statement(
            "alarms.alarm.acknowledge",
            """
            UPDATE alarm SET acknowledged_at = \(time), acknowledged_by = \(name), note = \(note)
            WHERE id = \(id) AND acknowledged_at IS NULL
            """
        )
    }

    static func openCounts() -> Statement<OpenAlarmCount> {
        Statement(
            "alarms.alarm.open-counts",
            """
            SELECT device_id, asset_id, severity, count(*), count(*) FILTER (WHERE acknowledged_at IS NULL)
            FROM alarm WHERE cleared_at IS NULL GROUP BY device_id, asset_id, severity
            """
        ) { row throws(PostgresError) in
            OpenAlarmCount(
                deviceID: try row.int32(0),
                assetID: try row.optionalInt32(1),
                severity: try row.enumeration(2),
                open: try row.int(3),
                unacknowledged: try row.int(4)
            )
        }
    }

    static let all: [AnyStatement] = {
        let time = Timestamp(microseconds: 0)
        let id = UUID(uuid: (0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0))
        return [
            AnyStatement(find(id)), AnyStatement(range(device: 0, from: time, to: time, limit: 1)),
            AnyStatement(acknowledge(id, by: "", note: nil, at: time)), AnyStatement(openCounts()),
            AnyStatement(label([], with: nil)),
        ] + AlarmState.allCases.map { AnyStatement(list(AlarmFilter(state: $0), after: nil, limit: 1)) }
    }()
}

extension AlarmFilter {
    fileprivate var severityTexts: [String]? { severities?.map(\.rawValue) }
}
