import Synchronization

/// What the loop's thread and everybody else share about a ``DurableConsumer``.
final class ConsumerControl: Sendable {
    private struct State {
        var ledger: SubscriptionLedger
        var state = ConsumerState.stopped
        var statistics = ConsumerStatistics()
        var isStopping = false
        var isConnected = false
        var wasConnectedBefore = false
        var nextObserver = 0
        var observers: [Int: AsyncStream<ConsumerState>.Continuation] = [:]
        var filterWaiters: [(generation: Int, continuation: CheckedContinuation<Void, Never>)] = []
    }

    /// Wakes the loop.
    let wake = WakeEvent()
    private let shared: Mutex<State>

    init(filters: [String]) {
        shared = Mutex(State(ledger: SubscriptionLedger(filters: filters)))
    }

    // MARK: For everybody

    var state: ConsumerState { shared.withLock(\.state) }

    var statistics: ConsumerStatistics { shared.withLock(\.statistics) }

    var filters: [String] { shared.withLock(\.ledger.filters) }

    /// The state now and every later one.
    func states() -> AsyncStream<ConsumerState> {
        let (stream, continuation) = AsyncStream<ConsumerState>.makeStream(bufferingPolicy: .bufferingNewest(64))
        let number = shared.withLock { shared in
            shared.nextObserver += 1
            shared.observers[shared.nextObserver] = continuation
            continuation.yield(shared.state)
            return shared.nextObserver
        }
        continuation.onTermination = { [weak self] _ in
            self?.shared.withLock { _ = $0.observers.removeValue(forKey: number) }
        }
        return stream
    }

    /// Replaces the filters and waits until the broker has answered for them, or there is no connection.
    func updateFilters(_ filters: [String]) async {
        await withCheckedContinuation { continuation in
            let mustWait = shared.withLock { shared in
                shared.ledger.replace(filters)
                guard shared.isConnected else { return false }
                shared.filterWaiters.append((shared.ledger.generation, continuation))
                return true
            }
            if mustWait { wake.signal() } else { continuation.resume() }
        }
    }

    /// Asks the loop to end.
    func stop() {
        shared.withLock { $0.isStopping = true }
        wake.signal()
    }

    /// Forgets an earlier request to end.
    func start() {
        shared.withLock { $0.isStopping = false }
    }

    // MARK: For the loop

    var isStopping: Bool { shared.withLock(\.isStopping) }

    /// Changes the state and tells the observers, if it is another one.
    func enter(_ state: ConsumerState) {
        shared.withLock { shared in
            guard shared.state != state else { return }
            shared.state = state
            for observer in shared.observers.values { observer.yield(state) }
        }
    }

    /// A connection was accepted.
    ///
    /// - Returns: whether the broker has lost the session that it had.
    func connected(isSessionPresent: Bool) -> Bool {
        let isLost = shared.withLock { shared in
            let isLost = shared.wasConnectedBefore && !isSessionPresent
            shared.wasConnectedBefore = true
            shared.isConnected = true
            shared.statistics.connections += 1
            if isLost { shared.statistics.lostSessions += 1 }
            shared.ledger.connected()
            return isLost
        }
        enter(.subscribing)
        return isLost
    }

    /// The connection ended; whoever waits for the broker's answer to new filters need not wait any longer.
    func disconnected() {
        let waiters = shared.withLock { shared in
            shared.isConnected = false
            defer { shared.filterWaiters = [] }
            return shared.filterWaiters
        }
        for waiter in waiters { waiter.continuation.resume() }
    }

    /// Counts a batch whose acknowledgements were written.
    func acknowledged(_ count: Int) {
        shared.withLock { $0.statistics.acknowledgedMessages += count }
    }

    /// Counts a batch that goes back to the broker.
    func batchFailed() {
        shared.withLock { $0.statistics.failedBatches += 1 }
    }

    /// What to subscribe and unsubscribe now; call only when nothing is uncommitted, and send at once.
    func nextExchange() -> SubscriptionLedger.Exchange? {
        shared.withLock { $0.ledger.nextExchange() }
    }

    /// The exchange was queued.
    func sent(subscribe: Int32?, unsubscribe: Int32?) {
        answered { $0.sent(subscribe: subscribe, unsubscribe: unsubscribe) }
    }

    /// Takes in the broker's answers.
    func answered(
        subscribed: [(identifier: Int32, reasons: [ReasonCode])],
        unsubscribed: [Int32]
    ) {
        answered { ledger in
            for answer in subscribed { ledger.subscribeAcknowledged(answer.identifier, answer.reasons) }
            for identifier in unsubscribed { ledger.unsubscribeAcknowledged(identifier) }
        }
    }

    private func answered(_ change: (inout SubscriptionLedger) -> Void) {
        let (settled, waiters) = shared.withLock { shared in
            change(&shared.ledger)
            let generation = shared.ledger.settledGeneration
            let ready = shared.filterWaiters.filter { $0.generation <= generation }
            shared.filterWaiters.removeAll { $0.generation <= generation }
            return (shared.ledger.isSettled ? shared.ledger.refused : nil, ready)
        }
        if let settled { enter(.subscribed(refusedFilters: settled)) }
        for waiter in waiters { waiter.continuation.resume() }
    }
}
