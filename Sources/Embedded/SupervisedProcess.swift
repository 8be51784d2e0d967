import Foundation
import Logging
import Synchronization

/// A child that is kept running: started, watched, started again when it dies, ended in steps.
actor SupervisedProcess {
    /// What to run and how to tell that it works.
    struct Plan: Sendable {
        /// The name for people.
        var name: String
        var command: Command
        var log: ChildLog
        /// Runs before every start; ends what an earlier one left.
        var prepare: @Sendable () async throws(EmbeddedError) -> Void
        /// Whether the child takes connections.
        var isReady: @Sendable (ChildProcess) -> Bool
        /// How long a start may take.
        var patience: Duration = .seconds(60)
        /// How to end it.
        var stopSteps: [StopStep]
    }

    private static let shortestPause = Duration.milliseconds(200)
    private static let longestPause = Duration.seconds(10)
    private static let calm = Duration.seconds(60)
    private static let patienceOfPeople = Duration.seconds(5)

    private let plan: Plan
    private let logger: Logger
    private let stateBox = Mutex(EmbeddedState.stopped)
    private var child: ChildProcess?
    private var supervision: Task<Void, Never>?
    private var isStopping = false

    /// Makes a supervisor; nothing runs yet.
    init(_ plan: Plan, logger: Logger) {
        self.plan = plan
        self.logger = logger
    }

    /// What the child is doing now.
    nonisolated var state: EmbeddedState { stateBox.withLock { $0 } }

    /// The child's process id while it runs.
    var pid: pid_t? { child?.ending == nil ? child?.pid : nil }

    /// Starts the child, waits until it is ready, and keeps it running from then on.
    func start() async throws(EmbeddedError) {
        guard supervision == nil, !isStopping else { return }
        setState(.starting)
        do {
            let first = try await launch()
            supervision = Task { await supervise(first) }
        } catch {
            setState(.stopped)
            throw error
        }
    }

    /// Ends the child and its supervision.
    ///
    /// Runs to its end in a cancelled task, too.
    func stop() async {
        isStopping = true
        setState(.stopping)
        supervision?.cancel()
        if let child { await end(child) }
        await supervision?.value
        supervision = nil
        isStopping = false
        setState(.stopped)
    }

    /// Stops watching the child and lets it live, as if this process had been killed.
    ///
    /// For tests.
    func abandon() async {
        isStopping = true
        supervision?.cancel()
        child = nil
    }

    private func supervise(_ first: ChildProcess) async {
        var running = first
        var pause = Self.shortestPause
        var since = ContinuousClock.now
        while true {
            let reason = "\(plan.name) \(await running.end())"
            if isStopping { return }
            logger.error("\(reason)", metadata: ["log": "\(plan.log.lastLines(since: running.logOffset))"])
            if ContinuousClock.now - since > Self.calm { pause = Self.shortestPause }
            setState(.restarting(reason: reason))
            guard let next = await relaunch(pause: &pause) else { return }
            running = next
            since = .now
        }
    }

    /// Starts the child anew until it works; nil when it is to be stopped.
    private func relaunch(pause: inout Duration) async -> ChildProcess? {
        while !isStopping {
            try? await Task.sleep(for: pause)
            if isStopping { return nil }
            pause = min(pause * 2, Self.longestPause)
            do {
                return try await launch()
            } catch {
                if isStopping { return nil }
                logger.error("\(plan.name) cannot be started again: \(error)")
                setState(.restarting(reason: error.description))
            }
        }
        return nil
    }

    /// One start: prepare, run, wait until ready.
    private func launch() async throws(EmbeddedError) -> ChildProcess {
        try await plan.prepare()
        if isStopping || Task.isCancelled { throw .cancelled }
        let begun = ContinuousClock.now
        var nextWord = begun + Self.patienceOfPeople
        let child = try ChildProcess.start(plan.command, log: plan.log)
        self.child = child
        while !plan.isReady(child) {
            if let ending = child.ending {
                let log = plan.log.lastLines(since: child.logOffset)
                throw .ended(program: plan.name, ending: "\(ending)", log: log)
            }
            if isStopping || Task.isCancelled {
                await end(child)
                throw .cancelled
            }
            if ContinuousClock.now - begun > plan.patience {
                await end(child)
                throw .notReady(
                    program: plan.name,
                    seconds: Int(plan.patience.components.seconds),
                    log: plan.log.lastLines(since: child.logOffset)
                )
            }
            if ContinuousClock.now > nextWord {
                nextWord += Self.patienceOfPeople
                let last = plan.log.lastLines(since: child.logOffset, limit: 1).first ?? "(no output yet)"
                logger.notice("\(plan.name) is still starting: \(last)")
            }
            await Pause.short()
        }
        setState(.running)
        let milliseconds = (ContinuousClock.now - begun) / .milliseconds(1)
        logger.notice(
            "\(plan.name) runs",
            metadata: ["pid": "\(child.pid)", "startMilliseconds": "\(Int(milliseconds))"]
        )
        return child
    }

    private func end(_ child: ChildProcess) async {
        for step in plan.stopSteps {
            child.signal(step.signal)
            if await child.end(within: step.patience) { return }
            logger.warning("\(plan.name) does not end", metadata: ["signal": "\(step.signal)"])
        }
        child.signal(SIGKILL)
        _ = await child.end()
    }

    private func setState(_ new: EmbeddedState) {
        stateBox.withLock { $0 = new }
    }
}
