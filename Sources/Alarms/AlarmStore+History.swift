import Foundation
import PostgreSQL
import Primitives

extension AlarmStore {
    /// Hands out the alarms of a rule in `[from, to)`, in portions, at constant memory.
    ///
    /// - Parameters:
    ///   - ruleID: the rule's row.
    ///   - byEnd: whether those are wanted that readings ended in the range, in the order of their ends; else those that
    ///     were raised in it, in that order.
    ///   - from: the start of the range.
    ///   - to: its end, exclusive.
    ///   - body: takes a portion.
    /// - Throws: `PostgresError`, what `body` throws.
    public func history(
        ofRule ruleID: Int32,
        byEnd: Bool,
        from: Timestamp,
        to: Timestamp,
        _ body: ([Alarm]) async throws -> Void
    ) async throws {
        let size: Int64 = 1_000
        var time = Timestamp(microseconds: from.microseconds - 1)
        var last = UUID(uuid: (255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255))
        while true {
            let statement =
                byEnd
                ? AlarmHistoryQueries.ended(rule: ruleID, after: time, last, before: to, limit: size)
                : AlarmHistoryQueries.raised(rule: ruleID, after: time, last, before: to, limit: size)
            let alarms = try await pool.query(statement)
            guard let end = alarms.last else { return }
            try await body(alarms)
            time = (byEnd ? end.clearedAt : nil) ?? end.raisedAt
            last = end.id
        }
    }
}
