import Synchronization

/// Something that calls a connector.
protocol ConnectorCall: Sendable {
    /// The connector's row.
    var connectorID: Int32 { get }
}

/// Keeps a bounded number of calls going: looks for work when woken, when a call ends and at an interval, and lets what
/// is under way come to its end when it is told to stop.
///
/// It runs once.
final class CallLoop<Call: ConnectorCall>: Sendable {
    private struct State {
        var places: CallPlaces
        var running: [UInt64: Task<Void, Never>] = [:]
        var last: UInt64 = 0
        var isStopping = false
    }

    private let state: Mutex<State>
    private let pollInterval: Duration
    private let grace: Duration
    private let wakeups: AsyncStream<Void>
    private let wakeup: AsyncStream<Void>.Continuation

    /// Makes a loop.
    ///
    /// - Parameters:
    ///   - places: how many calls may be under way.
    ///   - pollInterval: how often to look for work when nothing wakes it.
    ///   - grace: how long calls may go on after the loop was told to stop, before they are cancelled.
    init(places: CallPlaces, pollInterval: Duration, grace: Duration) {
        state = Mutex(State(places: places))
        self.pollInterval = pollInterval
        self.grace = grace
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
    ///   - perform: does one call and notes its end; it does not end before that is done.
    func run(claim: () async -> [Call], perform: @escaping @Sendable (Call) async -> Void) async {
        let ticker = Task { [pollInterval, wakeup] in
            while !Task.isCancelled {
                wakeup.yield()
                try? await Task.sleep(for: pollInterval)
            }
        }
        for await _ in wakeups {
            if Task.isCancelled { break }
            for call in await claim() { start(call, perform) }
        }
        ticker.cancel()
        await drain()
    }

    private func start(_ call: Call, _ perform: @escaping @Sendable (Call) async -> Void) {
        state.withLock { state in
            state.places.take(call.connectorID)
            state.last += 1
            let number = state.last
            // Not a child task: stopping must not cut a call off whose outcome would then be uncertain.
            state.running[number] = Task {
                await perform(call)
                self.finish(number, call)
            }
        }
    }

    private func finish(_ number: UInt64, _ call: Call) {
        state.withLock { state in
            state.running[number] = nil
            state.places.giveBack(call.connectorID)
        }
        hint()
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
