import Synchronization

/// Where the lanes of a dry run stand, put together after every portion of any of them.
final class DryRunBoard: Sendable {
    /// What one lane last told.
    private struct Standing {
        var done = 0.0
        var tally = DryRunTally()
        var counts = DryRunCounts()
    }

    private struct State {
        var lanes: [Standing]
        /// What passes before this one have found.
        var earlier = Standing()
    }

    private let state: Mutex<State>
    private let report: DryRunner.Report

    /// Makes a board for so many lanes.
    init(lanes: Int, report: @escaping DryRunner.Report) {
        state = Mutex(State(lanes: Array(repeating: Standing(), count: lanes)))
        self.report = report
    }

    /// Notes where a lane stands, and tells where the whole run does.
    ///
    /// - Parameters:
    ///   - lane: the lane's number.
    ///   - done: the share of the whole run that this lane has done.
    ///   - tally: what it has found.
    ///   - counts: what the version to try has come across in it.
    @inline(never)  // see “Mutexes and suspensions” in docs/architecture.md
    func note(_ lane: Int, _ done: Double, _ tally: DryRunTally, _ counts: DryRunCounts) {
        let total = state.withLock { state in
            state.lanes[lane] = Standing(done: done, tally: tally, counts: counts)
            return Self.total(state)
        }
        report(min(total.done, 1), total.tally, total.counts)
    }

    /// Ends a pass: the lanes begin anew, and what they found stays.
    @inline(never)  // see “Mutexes and suspensions” in docs/architecture.md
    func endPass(at done: Double) {
        let total = state.withLock { state in
            state.earlier = Self.total(state)
            state.earlier.done = done
            state.lanes = Array(repeating: Standing(), count: state.lanes.count)
            return state.earlier
        }
        report(total.done, total.tally, total.counts)
    }

    private static func total(_ state: State) -> Standing {
        state.lanes.reduce(into: state.earlier) { total, lane in
            total.done += lane.done
            total.tally.merge(lane.tally)
            total.counts.merge(lane.counts)
        }
    }
}
