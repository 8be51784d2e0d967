import Primitives
import Synchronization

/// What one live socket wants and what waits for it.
///
/// Values are not queued: a session remembers up to which update it has sent and takes the newest of each device at the
/// next tick. Changes are queued and never dropped: when the queue is full the session ends and resumes from its cursor.
final class LiveSession: Sendable {
    /// What a session asked for.
    enum Subscription: Hashable {
        /// Values of every device.
        case overview
        /// Values of one device.
        case device(Int32)
        /// Values of the devices of an asset and of everything below it.
        case asset(Int32)
    }

    /// What is to be sent next.
    struct Work {
        var changes: [Change]
        var status: String?
        var wantsValues: Bool
        var sentSequence: UInt64
        var isOverrun: Bool
        var isRefused: Bool
    }

    /// One rendered change.
    struct Change: Sendable {
        var cursor: ChangeCursor
        var text: String
    }

    private struct State {
        var subscriptions: [Int64: Subscription] = [:]
        var changes: [Change] = []
        var status: String?
        var cursor: ChangeCursor
        var sentSequence: UInt64 = 0
        var isOverrun = false
        var isRefused = false
        var isAwake = false
        var sleeper: CheckedContinuation<Void, Never>?
    }

    /// Most changes that wait for one session.
    static let maximumQueue = 2_000
    /// Most subscriptions of one session.
    static let maximumSubscriptions = 200

    private let state: Mutex<State>
    /// Whether who opened the session may still look.
    let isAllowed: @Sendable () async throws -> Bool

    init(cursor: ChangeCursor, isAllowed: @escaping @Sendable () async throws -> Bool) {
        self.isAllowed = isAllowed
        state = Mutex(State(cursor: cursor))
    }

    /// The last change that was queued.
    var cursor: ChangeCursor { state.withLock { $0.cursor } }

    /// Adds or replaces a subscription; the next tick sends the newest values of everything again.
    ///
    /// - Returns: false when there are too many.
    func subscribe(_ id: Int64, to subscription: Subscription) -> Bool {
        let accepted = state.withLock { state in
            guard state.subscriptions[id] != nil || state.subscriptions.count < Self.maximumSubscriptions else {
                return false
            }
            state.subscriptions[id] = subscription
            state.sentSequence = 0
            return true
        }
        wake()
        return accepted
    }

    func unsubscribe(_ id: Int64) {
        state.withLock { _ = $0.subscriptions.removeValue(forKey: id) }
    }

    var subscriptions: Set<Subscription> { state.withLock { Set($0.subscriptions.values) } }

    /// Queues changes that come after the session's cursor.
    func enqueue(_ changes: [Change]) {
        state.withLock { state in
            for change in changes where change.cursor > state.cursor {
                guard state.changes.count < Self.maximumQueue else {
                    state.isOverrun = true
                    return
                }
                state.changes.append(change)
                state.cursor = change.cursor
            }
        }
        wake()
    }

    func setStatus(_ text: String) {
        state.withLock { $0.status = text }
        wake()
    }

    /// Ends the session: who opened it may no longer look.
    func refuse() {
        state.withLock { $0.isRefused = true }
        wake()
    }

    /// Notes up to which update values were sent.
    func noteSent(_ sequence: UInt64) {
        state.withLock { $0.sentSequence = max($0.sentSequence, sequence) }
    }

    func takeWork() -> Work {
        state.withLock { state in
            defer {
                state.changes = []
                state.status = nil
                state.isAwake = false
            }
            return Work(
                changes: state.changes,
                status: state.status,
                wantsValues: !state.subscriptions.isEmpty,
                sentSequence: state.sentSequence,
                isOverrun: state.isOverrun,
                isRefused: state.isRefused
            )
        }
    }

    /// Wakes the sender.
    func wake() {
        let sleeper = state.withLock { state in
            state.isAwake = true
            defer { state.sleeper = nil }
            return state.sleeper
        }
        sleeper?.resume()
    }

    /// Suspends until something happens.
    func sleep() async {
        await withCheckedContinuation { continuation in
            let isAwake = state.withLock { state in
                if state.isAwake { return true }
                state.sleeper = continuation
                return false
            }
            if isAwake { continuation.resume() }
        }
    }
}
