import Synchronization

/// What the loop's thread and the callers of a ``Publisher`` share.
final class PublisherControl: Sendable {
    /// What a caller that waits is told.
    typealias Answer = Result<Void, MQTTError>

    /// Whether there is a loop, and whether it has a connection.
    enum Link {
        case idle
        case connecting
        case connected
        case closed
    }

    /// What a caller waits for, other than a message's acknowledgement.
    enum Event {
        /// The first answer of the broker.
        case connection
        /// Fewer unsettled messages than this.
        case room(below: Int)
        /// The end of the loop.
        case closure
    }

    struct Waiter {
        let id: UInt64
        let event: Event
        let continuation: CheckedContinuation<Answer, Never>
    }

    struct State {
        var ledger: PublishLedger
        var link = Link.idle
        var isStopping = false
        var lastError: MQTTError?
        var firstRefusal: MQTTError?
        /// Callers that wait for a message's answer, by ticket.
        var answerWaiters: [UInt64: CheckedContinuation<Answer, Never>] = [:]
        var waiters: [Waiter] = []
        var lastWaiter: UInt64 = 0

        var isOpen: Bool { link == .connected || link == .connecting }

        mutating func takeWaiters(where isTaken: (Event) -> Bool) -> [Waiter] {
            let taken = waiters.filter { isTaken($0.event) }
            waiters.removeAll { isTaken($0.event) }
            return taken
        }
    }

    /// Wakes the loop.
    let wake = WakeEvent()
    let shared: Mutex<State>
    private let broker: String

    init(broker: String, window: Int) {
        self.broker = broker
        shared = Mutex(State(ledger: PublishLedger(window: window)))
    }

    /// Makes an error about this publisher's broker.
    func failure(_ kind: MQTTError.Kind, _ detail: String) -> MQTTError {
        MQTTError(kind, broker: broker, detail: detail)
    }

    /// Notes that a loop is about to start.
    ///
    /// - Returns: false when one already runs.
    func begin() -> Bool {
        shared.withLock { shared in
            guard !shared.isOpen else { return false }
            shared.link = .connecting
            shared.isStopping = false
            shared.lastError = nil
            return true
        }
    }

    /// Asks the loop to end.
    func stop() {
        shared.withLock { $0.isStopping = true }
        wake.signal()
    }

    /// Adds a message and waits for its answer.
    ///
    /// Adding never waits.
    func publish(_ message: OutboundMessage) async -> Answer {
        let ticket = shared.withLock { $0.isOpen ? $0.ledger.add(message) : nil }
        guard let ticket else { return .failure(failure(.notConnected, "connect() was not called")) }
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                shared.withLock { $0.answerWaiters[ticket] = continuation }
                wake.signal()
                if Task.isCancelled { cancelAnswer(ticket) }
            }
        } onCancel: {
            cancelAnswer(ticket)
        }
    }

    private func cancelAnswer(_ ticket: UInt64) {
        shared.withLock { $0.answerWaiters.removeValue(forKey: ticket) }?
            .resume(returning: .failure(failure(.cancelled, "the task was cancelled")))
    }

    /// Adds as many of the messages as the window has room for.
    ///
    /// - Returns: how many were added; nil when the publisher is closed.
    func add(_ messages: ArraySlice<OutboundMessage>) -> Int? {
        let added = shared.withLock { shared -> Int? in
            guard shared.isOpen else { return nil }
            var added = 0
            for message in messages {
                guard shared.ledger.hasRoom else { break }
                _ = shared.ledger.add(message)
                added += 1
            }
            return added
        }
        if let added, added > 0 { wake.signal() }
        return added
    }

    /// Waits for an event.
    func wait(for event: Event) async -> Answer {
        let id = shared.withLock { shared in
            shared.lastWaiter += 1
            return shared.lastWaiter
        }
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let answer = shared.withLock { shared -> Answer? in
                    if let answer = self.answer(for: event, shared) { return answer }
                    shared.waiters.append(Waiter(id: id, event: event, continuation: continuation))
                    return nil
                }
                if let answer { continuation.resume(returning: answer) } else if Task.isCancelled { cancelWait(id) }
            }
        } onCancel: {
            cancelWait(id)
        }
    }

    private func cancelWait(_ id: UInt64) {
        let waiter = shared.withLock { shared -> Waiter? in
            guard let index = shared.waiters.firstIndex(where: { $0.id == id }) else { return nil }
            return shared.waiters.remove(at: index)
        }
        waiter?.continuation.resume(returning: .failure(failure(.cancelled, "the task was cancelled")))
    }

    /// The answer to a question that need not wait.
    private func answer(for event: Event, _ state: borrowing State) -> Answer? {
        switch (event, state.link) {
        case (.connection, .connected), (.closure, .closed), (.closure, .idle): .success(())
        case (.room(let limit), _) where state.ledger.unsettled < limit: .success(())
        case (.connection, .idle), (.connection, .closed), (.room, .idle), (.room, .closed):
            .failure(state.lastError ?? failure(.notConnected, "the publisher is closed"))
        default: nil
        }
    }

    /// The first refusal since the last look.
    func takeRefusal() -> MQTTError? {
        shared.withLock { shared in
            defer { shared.firstRefusal = nil }
            return shared.firstRefusal
        }
    }
}
