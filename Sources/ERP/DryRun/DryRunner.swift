import Assets
import Foundation
import Primitives
import Synchronization

/// Runs a mapping, and the version before it, over stored history; sends and changes nothing.
struct DryRunner: Sendable {
    /// How many devices are gone through at once; each lane has a connection to the database while it reads.
    static let lanes = 2

    let history: any DryRunHistory
    let plant: PlantSnapshot
    let from: Timestamp
    let to: Timestamp
    /// The rules that triggers name.
    let rules: [Int32: RuleReference]

    /// Hears where it stands, after every portion: from any lane, one at a time.
    typealias Report = @Sendable (_ progress: Double, DryRunTally, DryRunCounts) -> Void

    /// One way through the history with one version or two.
    private struct Pass {
        var after: DryRunVersion?
        var before: DryRunVersion?
        let compares: Bool
        /// The share of the whole run that is this pass.
        var share: ClosedRange<Double> = 0...1

        func done(_ part: Double) -> Double { min(max(part, 0), 1) * (share.upperBound - share.lowerBound) }
    }

    /// Runs to the end of the history.
    ///
    /// - Parameters:
    ///   - version: the version to try.
    ///   - before: the version to compare with; nil for none.
    ///   - report: hears of the progress.
    /// - Throws: what the history throws, `CancellationError`.
    func run(_ version: DryRunVersion, before: DryRunVersion?, report: @escaping Report) async throws {
        let board = DryRunBoard(lanes: Self.lanes, report: report)
        guard let before, !Self.haveSameCauses(version.document, before.document) else {
            try await run(Pass(after: version, before: before, compares: before != nil), board)
            return
        }
        // Other causes: everything of the one is new, everything of the other is gone.
        try await run(Pass(after: version, compares: true, share: 0...0.5), board)
        try await run(Pass(before: before, compares: true, share: 0.5...1), board)
    }

    private static func haveSameCauses(_ one: MappingDocument, _ other: MappingDocument) -> Bool {
        switch (one.mapping.definition.trigger, other.mapping.definition.trigger) {
        case (.rule(let one), .rule(let other)):
            one.ruleID == other.ruleID && (one.event == .returned) == (other.event == .returned)
        case (.metric(let one), .metric(let other)): one.profileID == other.profileID
        default: false
        }
    }

    private func run(_ pass: Pass, _ board: DryRunBoard) async throws {
        switch (pass.after ?? pass.before)?.document.mapping.definition.trigger {
        case nil: break
        case .rule(let trigger): try await run(pass, trigger, board)
        case .metric(let trigger): try await run(pass, trigger, board)
        }
        board.endPass(at: pass.share.upperBound)
    }

    private func lane(_ pass: Pass) -> DryRunLane {
        DryRunLane(after: pass.after, before: pass.before, compares: pass.compares, plant: plant)
    }

    // MARK: Alarms

    private func run(_ pass: Pass, _ trigger: RuleTrigger, _ board: DryRunBoard) async throws {
        let byEnd = trigger.event == .returned
        let length = max(to.seconds(since: from), 1)
        let lane = lane(pass)
        try await history.alarms(ofRule: trigger.ruleID, byEnd: byEnd, from: from, to: to) { portion in
            try Task.checkCancellation()
            for alarm in portion {
                try await lane.take(alarm, byEnd: byEnd, trigger, rules[trigger.ruleID], in: history)
            }
            guard let last = portion.last else { return }
            let time = (byEnd ? last.clearedAt : nil) ?? last.raisedAt
            board.note(0, pass.done(time.seconds(since: from) / length), lane.tally, lane.counts)
        }
    }

    // MARK: Metrics

    /// The devices that no lane has taken.
    private final class Rest: Sendable {
        private let devices: Mutex<ArraySlice<Device>>

        init(_ devices: [Device]) { self.devices = Mutex(devices[...]) }

        @inline(never)  // see “Mutexes and suspensions” in docs/architecture.md
        func next() -> Device? { devices.withLock { $0.popFirst() } }
    }

    private func run(_ pass: Pass, _ trigger: MetricTrigger, _ board: DryRunBoard) async throws {
        let devices = plant.devices.values.filter { $0.profileID == trigger.profileID }.sorted { $0.key < $1.key }
        let rest = Rest(devices)
        let dependsOnOrder = pass.after?.dependsOnOrder == true || pass.before?.dependsOnOrder == true
        try await withThrowingTaskGroup { group in
            for number in 0..<(dependsOnOrder ? 1 : Self.lanes) {
                group.addTask {
                    try await self.walk(pass, rest, of: devices.count) { board.note(number, $0, $1, $2) }
                }
            }
            try await group.waitForAll()
        }
    }

    private func walk(_ pass: Pass, _ rest: Rest, of devices: Int, _ note: Report) async throws {
        let length = max(to.seconds(since: from), 1)
        let lane = lane(pass)
        var walked = 0.0
        while let device = rest.next() {
            try await lane.walk(device, from: from, to: to, in: history) { time in
                let part = min(max(time.seconds(since: from) / length, 0), 1)
                note(pass.done((walked + part) / Double(devices)), lane.tally, lane.counts)
            }
            walked += 1
            note(pass.done(walked / Double(devices)), lane.tally, lane.counts)
        }
    }
}
