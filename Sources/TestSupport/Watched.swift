import Synchronization

/// A value that tests wait on until it is as they want it: instead of sleeping.
///
/// Every wait ends when its task is cancelled, too: a test that waits for what never comes must fail by its time limit,
/// not hang.
public final class Watched<Value: Sendable>: Sendable {
    private struct Waiter {
        var isMet: @Sendable (Value) -> Bool
        var continuation: CheckedContinuation<Void, Never>
    }

    private struct State {
        var value: Value
        var waiters: [Int: Waiter] = [:]
        var last = 0
    }

    private let state: Mutex<State>

    /// Watches a value from its first state on.
    public init(_ value: Value) {
        state = Mutex(State(value: value))
    }

    /// What it is now.
    public var value: Value { state.withLock(\.value) }

    /// Changes it, and lets those go on whose condition it meets now.
    public func change(_ body: (inout Value) -> Void) {
        let met = state.withLock { state in
            body(&state.value)
            let met = state.waiters.filter { $0.value.isMet(state.value) }
            for number in met.keys { state.waiters[number] = nil }
            return met.values.map(\.continuation)
        }
        for continuation in met { continuation.resume() }
    }

    /// Waits until it meets a condition, or until the task is cancelled.
    public func wait(until isMet: @escaping @Sendable (Value) -> Bool) async {
        let number = state.withLock { state in
            state.last += 1
            return state.last
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isOver = state.withLock { state in
                    if isMet(state.value) || Task.isCancelled { return true }
                    state.waiters[number] = Waiter(isMet: isMet, continuation: continuation)
                    return false
                }
                if isOver { continuation.resume() }
            }
        } onCancel: {
            state.withLock { $0.waiters.removeValue(forKey: number) }?.continuation.resume()
        }
    }
}
