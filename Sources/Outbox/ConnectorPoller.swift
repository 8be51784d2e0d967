import ERP
import ERPConnectors
import Logging
import PostgreSQL
import Primitives
import Synchronization

/// Asks ERPs about something now and then: claims what is due, calls with what was claimed, and waits ever longer after
/// failures.
///
/// The frame of ``OrderStatusPoller`` and ``OrderChangePoller``; what is due and what an answer means is theirs.
final class ConnectorPoller<Call: ConnectorCall>: Sendable {
    private struct State {
        /// Successive failures of each connector.
        var failures: [Int32: Int] = [:]
        var budgets: [Int32: CallBudget] = [:]
    }

    let pool: PostgresPool
    let clock: WallClock
    let pace: PollPace
    let logger: Logger
    private let directory: any ConnectorDirectory
    /// What it asks about, for the log: “an order's state”.
    private let subject: String
    private let loop: CallLoop<Call>
    private let state = Mutex(State())

    /// Makes a poller; it works while ``run(claim:perform:)`` runs.
    ///
    /// - Parameters:
    ///   - subject: what it asks about, for the log.
    ///   - pool: the database.
    ///   - directory: the connectors.
    ///   - clock: the time.
    ///   - pace: times and bounds.
    ///   - logger: told of what an operator should know.
    init(
        _ subject: String,
        pool: PostgresPool,
        directory: any ConnectorDirectory,
        clock: WallClock,
        pace: PollPace,
        logger: Logger
    ) {
        self.subject = subject
        self.pool = pool
        self.directory = directory
        self.clock = clock
        self.pace = pace
        self.logger = logger
        loop = CallLoop(
            places: CallPlaces(perConnector: pace.callsPerConnector, total: pace.calls),
            pollInterval: pace.pollInterval,
            grace: pace.grace
        )
    }

    /// Looks for what is due at once.
    func hint() { loop.hint() }

    /// Works until cancelled; runs once.
    ///
    /// - Parameters:
    ///   - claim: claims what is due; what it throws is logged, and the next look comes in its time.
    ///   - perform: does one call and notes its end.
    func run(
        claim: () async throws -> [Call],
        perform: @escaping @Sendable (Call) async -> Void
    ) async {
        await loop.run(
            claim: {
                do {
                    return try await claim()
                } catch {
                    logger.debug("\(subject) cannot be asked for now", metadata: ["error": "\(error)"])
                    return []
                }
            },
            perform: { call, _ in await perform(call) }
        )
    }

    /// The connectors that can be called now and have the capability.
    func ready(_ connectors: [Int32], needing capability: ConnectorManifest.Capability) -> [Int32: ConnectorRuntime] {
        var ready: [Int32: ConnectorRuntime] = [:]
        for id in connectors {
            guard let runtime = directory.runtime(id), !runtime.isPaused,
                runtime.connector.manifest.capabilities.contains(capability)
            else { continue }
            ready[id] = runtime
        }
        return ready
    }

    /// How a connector is called; nil when it is unknown.
    func runtime(_ connectorID: Int32) -> ConnectorRuntime? { directory.runtime(connectorID) }

    /// Divides the free places among connectors, each within what it gets a second.
    func shares(_ connectors: some Sequence<Int32>, at now: Timestamp) -> [CallAllotment] {
        let wishes = connectors.sorted().map { id in
            CallAllotment(connectorID: id, places: min(loop.free(for: id), budget(of: id, at: now)))
        }
        return loop.share(wishes.filter { $0.places > 0 })
    }

    private func budget(of connectorID: Int32, at now: Timestamp) -> Int {
        guard let perSecond = pace.callsPerSecond else { return .max }
        return state.withLock { state in
            state.budgets[connectorID, default: CallBudget(perSecond: perSecond, at: now)].available(at: now)
        }
    }

    /// Notes what was claimed of the shares.
    func spend(_ calls: [Call]) {
        guard pace.callsPerSecond != nil else { return }
        state.withLock { state in for call in calls { state.budgets[call.connectorID]?.spend(1) } }
    }

    /// Notes that an ERP answered.
    func noteAnswer(of connectorID: Int32) {
        state.withLock { $0.failures[connectorID] = nil }
    }

    /// Notes that an ERP failed; the first failure in a row is logged.
    ///
    /// - Returns: how long to wait, in seconds.
    func delay(afterFailureOf runtime: ConnectorRuntime, _ reason: String) -> Double {
        let count = state.withLock { state in
            state.failures[runtime.id, default: 0] += 1
            return state.failures[runtime.id, default: 1]
        }
        if count == 1 {
            logger.notice(
                "\(subject) cannot be read",
                metadata: ["connector": "\(runtime.key)", "reason": "\(reason)"]
            )
        }
        return pace.delay(afterFailures: count)
    }
}
