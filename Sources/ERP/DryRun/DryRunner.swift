import Assets
import Foundation
import Primitives

/// Runs a mapping, and the version before it, over stored history; sends and changes nothing.
struct DryRunner: Sendable {
    let history: any DryRunHistory
    let plant: PlantSnapshot
    let from: Timestamp
    let to: Timestamp
    /// The rules that triggers name.
    let rules: [Int32: RuleReference]

    /// Hears where it stands, after every portion.
    typealias Report = @Sendable (_ progress: Double, DryRunTally, DryRunSide) -> Void

    /// One way through the history with one version or two.
    private struct Pass {
        var after: DryRunSide?
        var before: DryRunSide?
        let compares: Bool
        var tally = DryRunTally()
        /// The share of the whole run that is this pass.
        var share: ClosedRange<Double> = 0...1

        var document: MappingDocument? { (after ?? before)?.document }
    }

    /// Runs to the end of the history.
    ///
    /// - Parameters:
    ///   - side: the version to try.
    ///   - before: the version to compare with; nil for none.
    ///   - report: hears of the progress.
    /// - Throws: what the history throws, `CancellationError`.
    func run(_ side: DryRunSide, before: DryRunSide?, report: Report) async throws {
        var pass = Pass(after: side, before: before, compares: before != nil)
        let isTwofold = before.map { !Self.haveSameCauses(side.document, $0.document) } ?? false
        if isTwofold {
            // Other causes: everything of the one is new, everything of the other is gone.
            pass.before = nil
            pass.share = 0...0.5
        }
        try await run(&pass) { pass in report(pass.progress, pass.pass.tally, pass.pass.after ?? side) }
        let finished = pass.after ?? side
        if isTwofold {
            pass.after = nil
            pass.before = before
            pass.share = 0.5...1
            try await run(&pass) { pass in report(pass.progress, pass.pass.tally, finished) }
        }
        report(1, pass.tally, finished)
    }

    private static func haveSameCauses(_ one: MappingDocument, _ other: MappingDocument) -> Bool {
        switch (one.mapping.definition.trigger, other.mapping.definition.trigger) {
        case (.rule(let one), .rule(let other)):
            one.ruleID == other.ruleID && (one.event == .returned) == (other.event == .returned)
        case (.metric(let one), .metric(let other)): one.profileID == other.profileID
        default: false
        }
    }

    /// Where a pass stands.
    private struct Standing {
        var progress: Double
        var pass: Pass
    }

    private func run(_ pass: inout Pass, _ report: (Standing) -> Void) async throws {
        switch pass.document?.mapping.definition.trigger {
        case nil: return
        case .rule(let trigger): try await run(&pass, trigger, report)
        case .metric(let trigger): try await run(&pass, trigger, report)
        }
    }

    private func standing(_ pass: Pass, _ done: Double) -> Standing {
        let part = min(max(done, 0), 1) * (pass.share.upperBound - pass.share.lowerBound)
        return Standing(progress: pass.share.lowerBound + part, pass: pass)
    }

    // MARK: Alarms

    private func run(_ pass: inout Pass, _ trigger: RuleTrigger, _ report: (Standing) -> Void) async throws {
        let byEnd = trigger.event == .returned
        let length = max(to.seconds(since: from), 1)
        var running = pass
        try await history.alarms(ofRule: trigger.ruleID, byEnd: byEnd, from: from, to: to) { portion in
            try Task.checkCancellation()
            for alarm in portion { try await take(alarm, byEnd, trigger, &running) }
            guard let last = portion.last else { return }
            let time = (byEnd ? last.clearedAt : nil) ?? last.raisedAt
            report(standing(running, time.seconds(since: from) / length))
        }
        pass = running
    }

    private func take(_ alarm: PastAlarm, _ byEnd: Bool, _ trigger: RuleTrigger, _ pass: inout Pass) async throws {
        guard let device = plant.devices[alarm.deviceID] else { return }
        let time = (byEnd ? alarm.clearedAt : nil) ?? alarm.raisedAt
        var values = MetricValues(count: 0)
        let needsReading =
            pass.after?.usesReading(of: device) == true || pass.before?.usesReading(of: device) == true
        if needsReading {
            var found: Reading?
            let end = Timestamp(microseconds: time.microseconds + 1)
            try await history.readings(of: device, from: time, to: end) { portion in
                found = portion.last ?? found
            }
            values = found?.values ?? values
        }
        let rule = rules[trigger.ruleID]
        let receivedAt = byEnd ? time : alarm.receivedAt
        let cause = DeliveryCause(
            device: device,
            plant: plant,
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
        let after = pass.after?.outcome(cause, ended: ended) ?? nil
        let before = pass.before?.outcome(cause, ended: ended) ?? nil
        pass.tally.note(after, before: before, compares: pass.compares)
    }

    // MARK: Metrics

    private func run(_ pass: inout Pass, _ trigger: MetricTrigger, _ report: (Standing) -> Void) async throws {
        let devices = plant.devices.values.filter { $0.profileID == trigger.profileID }.sorted { $0.key < $1.key }
        let length = max(to.seconds(since: from), 1)
        var running = pass
        for (index, device) in devices.enumerated() {
            var after = Walk(running.after?.course(device) ?? nil)
            var before = Walk(running.before?.course(device) ?? nil)
            try await history.readings(of: device, from: from, to: to) { portion in
                try Task.checkCancellation()
                for reading in portion {
                    let new = after.take(reading, &running.after)
                    let old = before.take(reading, &running.before)
                    if new != nil || old != nil {
                        running.tally.note(new, before: old, compares: running.compares)
                    }
                }
                let part = (portion.last?.timestamp.seconds(since: from) ?? 0) / length
                report(standing(running, (Double(index) + min(part, 1)) / Double(devices.count)))
            }
        }
        pass = running
    }

    /// One version's way over one device.
    private struct Walk {
        let course: MetricCourse?
        var mark: MetricMark?

        init(_ course: MetricCourse?) { self.course = course }

        mutating func take(_ reading: Reading, _ side: inout DryRunSide?) -> DryRunOutcome? {
            guard let course else { return nil }
            let step = course.take(reading, after: mark)
            if let next = step.mark { mark = next }
            if step.cause == nil, step.suppressed == nil { return nil }
            return side?.outcome(step, course) ?? nil
        }
    }
}
