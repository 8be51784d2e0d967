import Assets
import Foundation
import Primitives

/// One way through history with one version of a mapping or two; several lanes go through different devices at once.
final class DryRunLane {
    private let after: DryRunSide?
    private let before: DryRunSide?
    private let compares: Bool
    private let plant: PlantSnapshot
    /// What it has found.
    private(set) var tally = DryRunTally()

    /// Makes a lane.
    ///
    /// - Parameters:
    ///   - after: the version to try; nil when the other one is alone.
    ///   - before: the version to compare with.
    ///   - compares: whether differences are counted.
    ///   - plant: the devices.
    init(after: DryRunVersion?, before: DryRunVersion?, compares: Bool, plant: PlantSnapshot) {
        self.after = after.map(DryRunSide.init)
        self.before = before.map(DryRunSide.init)
        self.compares = compares
        self.plant = plant
    }

    /// What the version to try has come across.
    var counts: DryRunCounts { after?.counts ?? DryRunCounts() }

    /// Takes an alarm, in the order of their times.
    ///
    /// - Parameters:
    ///   - alarm: the alarm.
    ///   - byEnd: whether its end is the cause.
    ///   - trigger: what makes the mapping act.
    ///   - rule: the rule that the trigger names.
    ///   - history: where the reading behind the alarm is, for mappings that use one.
    /// - Throws: what the history throws.
    func take(
        _ alarm: PastAlarm,
        byEnd: Bool,
        _ trigger: RuleTrigger,
        _ rule: RuleReference?,
        in history: any DryRunHistory
    ) async throws {
        guard let device = plant.devices[alarm.deviceID] else { return }
        let time = (byEnd ? alarm.clearedAt : nil) ?? alarm.raisedAt
        var values = MetricValues(count: 0)
        if after?.usesReading(of: device) == true || before?.usesReading(of: device) == true {
            var found: Reading?
            let end = Timestamp(microseconds: time.microseconds + 1)
            try await history.readings(of: device, from: time, to: end) { portion in
                found = portion.last ?? found
            }
            values = found?.values ?? values
        }
        let receivedAt = byEnd ? time : alarm.receivedAt
        let cause = DeliveryCause(
            origin: CauseOrigin(device, in: plant),
            values: values,
            timestamp: time,
            receivedAt: receivedAt,
            alarm: AlarmTrigger(
                alarmID: alarm.id,
                ruleID: trigger.ruleID,
                ruleKey: rule?.key ?? "",
                ruleName: rule?.name ?? "",
                severity: alarm.severity,
                raisedAt: alarm.raisedAt,
                receivedAt: receivedAt,
                deviceID: alarm.deviceID,
                assetID: alarm.assetID,
                values: values,
                clearedAt: byEnd ? alarm.clearedAt : nil
            )
        )
        let ended = byEnd ? nil : alarm.clearedAt
        let one = after?.outcome(cause, ended: ended)
        tally.note(one, before: before?.outcome(cause, ended: ended), compares: compares)
    }

    /// Goes through the readings of a device.
    ///
    /// - Parameters:
    ///   - device: the device.
    ///   - from: the start of the range.
    ///   - to: its end, exclusive.
    ///   - history: where the readings are.
    ///   - reached: hears up to when the readings were taken, after every portion.
    /// - Throws: what the history throws, `CancellationError`.
    func walk(
        _ device: Device,
        from: Timestamp,
        to: Timestamp,
        in history: any DryRunHistory,
        _ reached: (Timestamp) -> Void
    ) async throws {
        var new = Walk(after?.course(device))
        var old = Walk(before?.course(device))
        try await history.readings(of: device, from: from, to: to) { portion in
            try Task.checkCancellation()
            for reading in portion {
                let one = new.take(reading, after)
                let other = old.take(reading, before)
                if one != nil || other != nil { tally.note(one, before: other, compares: compares) }
            }
            if let last = portion.last { reached(last.timestamp) }
        }
    }

    /// One version's way over one device.
    private struct Walk {
        let course: MetricCourse?
        var mark: MetricMark?

        init(_ course: MetricCourse?) { self.course = course }

        mutating func take(_ reading: Reading, _ side: DryRunSide?) -> DryRunOutcome? {
            guard let course, let side else { return nil }
            let step = course.take(reading, after: mark)
            if let next = step.mark { mark = next }
            if step.cause == nil, step.suppressed == nil { return nil }
            return side.outcome(step, course)
        }
    }
}
