import MQTT
import Synchronization

/// Keeps what a consumer's handler was given, and lets tests wait for it.
final class Inbox: Sendable {
    private struct State {
        var messages: [InboundMessage] = []
        var batches: [Int] = []
        var waiters: [(isMet: @Sendable ([InboundMessage]) -> Bool, continuation: CheckedContinuation<Void, Never>)] =
            []
    }

    private let state = Mutex(State())

    var messages: [InboundMessage] { state.withLock(\.messages) }

    var payloads: [String] { messages.map { String(decoding: $0.payload, as: UTF8.self) } }

    /// The sizes of the batches.
    var batches: [Int] { state.withLock(\.batches) }

    func add(_ batch: [InboundMessage]) {
        let ready = state.withLock { state in
            state.messages += batch
            state.batches.append(batch.count)
            let messages = state.messages
            let ready = state.waiters.filter { $0.isMet(messages) }
            state.waiters.removeAll { $0.isMet(messages) }
            return ready
        }
        for waiter in ready { waiter.continuation.resume() }
    }

    func wait(until isMet: @escaping @Sendable ([InboundMessage]) -> Bool) async {
        await withCheckedContinuation { continuation in
            let isMetNow = state.withLock { state in
                if isMet(state.messages) { return true }
                state.waiters.append((isMet, continuation))
                return false
            }
            if isMetNow { continuation.resume() }
        }
    }

    func wait(forCount count: Int) async {
        await wait { $0.count >= count }
    }
}

/// A gate that a handler waits at until the test opens it.
final class Gate: Sendable {
    private struct State {
        var isOpen = false
        var arrivals = 0
        var waiting: [CheckedContinuation<Void, Never>] = []
        var observers: [CheckedContinuation<Void, Never>] = []
    }

    private let state = Mutex(State())

    /// Waits until the gate is open.
    func pass() async {
        await withCheckedContinuation { continuation in
            let (isOpen, observers) = state.withLock { state in
                state.arrivals += 1
                if !state.isOpen { state.waiting.append(continuation) }
                defer { state.observers = [] }
                return (state.isOpen, state.observers)
            }
            for observer in observers { observer.resume() }
            if isOpen { continuation.resume() }
        }
    }

    /// Waits until somebody has come to the gate.
    func arrival() async {
        await withCheckedContinuation { continuation in
            let hasArrived = state.withLock { state in
                if state.arrivals > 0 { return true }
                state.observers.append(continuation)
                return false
            }
            if hasArrived { continuation.resume() }
        }
    }

    func open() {
        let waiting = state.withLock { state in
            state.isOpen = true
            defer { state.waiting = [] }
            return state.waiting
        }
        for continuation in waiting { continuation.resume() }
    }
}
