import Synchronization

/// Something that calls a connector.
protocol ConnectorCall: Sendable {
    /// The connector's row.
    var connectorID: Int32 { get }
}

/// Keeps a bounded number of calls going: looks for work when woken, when a call ends and at an interval, and lets what
/// is under way come to its end when it is told to stop.
///
/// A call's place is free again as soon as the ERP has answered, while what it said is still being written down.
///
/// It runs once.
final class CallLoop<Call: ConnectorCall>: Sendable {
    private struct State {
        var places: CallPlaces
        var running: [UInt64: Task<Void, Never>] = [:]
        /// Those of the running ones that hold a place.
        var calling: Set<UInt64> = []
        var last: UInt64 = 0
        var isStopping = false
    }

    private let state: Mutex<State>
    private let pollInterval: Duration
    private let grace: Duration
    private let pause: Duration
    private let wakeups: AsyncStream<Void>
    private let wakeup: AsyncStream<Void>.Continuation

    /// Makes a loop.
    ///
    /// - Parameters:
    ///   - places: how many calls may be under way.
    ///   - pollInterval: how often to look for work when nothing wakes it.
    ///   - grace: how long calls may go on after the loop was told to stop, before they are cancelled.
    ///   - pause: how long to gather ends of calls after a look, while others are under way: one look for many.
    init(places: CallPlaces, pollInterval: Duration, grace: Duration, pause: Duration = .zero) {
        state = Mutex(State(places: places))
        self.pollInterval = pollInterval
        self.grace = grace
        self.pause = pause
        (wakeups, wakeup) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    /// Looks for work at once.
    func hint() { wakeup.yield() }

    /// Whether the loop was told to stop.
    var isStopping: Bool { state.withLock(\.isStopping) }

    /// How many calls of a connector are under way.
    func inFlight(_ connectorID: Int32) -> Int { state.withLock { $0.places.taken(by: connectorID) } }

    /// How many more calls a connector may begin, the bound for all aside.
    ///
    /// - Parameters:
    ///   - connectorID: the connector's row.
    ///   - bound: the bound for this connector; nil for the usual one.
    /// - Returns: the number, 0 at the bound.
    func free(for connectorID: Int32, bound: Int? = nil) -> Int {
        state.withLock { $0.places.free(for: connectorID, bound: bound) }
    }

    /// Divides the free places fairly.
    func share(_ wishes: [CallAllotment]) -> [CallAllotment] { state.withLock { $0.places.share(wishes) } }

    /// Works until the calling task is cancelled.
    ///
    /// - Parameters:
    ///   - claim: looks for work that fits the free places and claims it.
    ///   - perform: does one call and notes its end; it does not end before that is done. It may give the place back
    ///     before, when the ERP has answered.
    func run(
        claim: () async -> [Call],
        perform: @escaping @Sendable (Call, _ giveBack: @escaping @Sendable () -> Void) async -> Void
    ) async {
        let ticker = Task { [pollInterval, wakeup] in
            while !Task.isCancelled {
                wakeup.yield()
                try? await Task.sleep(for: pollInterval)
            }
        }
        for await _ in wakeups {
            if Task.isCancelled { break }
            for call in await claim() { start(call, perform) }
            if pause > .zero, state.withLock({ !$0.calling.isEmpty }) { try? await Task.sleep(for: pause) }
        }
        ticker.cancel()
        await drain()
    }

    private func start(
        _ call: Call,
        _ perform: @escaping @Sendable (Call, _ giveBack: @escaping @Sendable () -> Void) async -> Void
    ) {
        state.withLock { state in
            state.places.take(call.connectorID)
            state.last += 1
            let number = state.last
            state.calling.insert(number)
            // Not a child task: stopping must not cut a call off whose outcome would then be uncertain.
            state.running[number] = Task {
                await perform(call) { self.giveBack(number, call.connectorID) }
                self.giveBack(number, call.connectorID)
                self.state.withLock { $0.running[number] = nil }
            }
        }
    }

    private func giveBack(_ number: UInt64, _ connectorID: Int32) {
        let isFreed = state.withLock { state in
            guard state.calling.remove(number) != nil else { return false }
            state.places.giveBack(connectorID)
            return true
        }
        if isFreed { hint() }
    }

    private func drain() async {
        let tasks = state.withLock { state in
            state.isStopping = true
            return Array(state.running.values)
        }
        let patience = Task { [grace] in
            try? await Task.sleep(for: grace)
            for task in tasks { task.cancel() }
        }
        for task in tasks { await task.value }
        patience.cancel()
    }
}
