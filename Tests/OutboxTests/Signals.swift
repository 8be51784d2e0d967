import Primitives
import Synchronization
import TestSupport
import Testing

/// What happened so far, and a way to wait until something did: instead of sleeping.
final class Signals<Event: Sendable>: Sendable {
    private let happened = Watched<[Event]>([])

    var events: [Event] { happened.value }

    func send(_ event: Event) {
        happened.change { $0.append(event) }
    }

    /// Waits until the events, from the first on, meet a condition; a test that runs out of time fails here.
    func wait(until isMet: @escaping @Sendable ([Event]) -> Bool) async {
        await pause(until: isMet)
        if Task.isCancelled { Issue.record("It did not happen: \(events.suffix(20))") }
    }

    /// Waits until the events meet a condition, or until the task is cancelled.
    func pause(until isMet: @escaping @Sendable ([Event]) -> Bool) async {
        await happened.wait(until: isMet)
    }
}

extension Signals where Event: Equatable {
    /// Waits until an event has happened so many times.
    func wait(for event: Event, times: Int = 1) async {
        await wait { events in events.count { $0 == event } >= times }
    }
}

/// A door that is shut until it is opened.
final class Gate: Sendable {
    private let signals = Signals<Bool>()

    func open() { signals.send(true) }

    /// Waits until it is opened; whoever is cancelled, as a killed dispatcher is, passes at once.
    func pass() async { await signals.pause { !$0.isEmpty } }
}

/// A clock that stands until it is moved.
final class TestClock: Sendable {
    private let time = Mutex(Timestamp(milliseconds: 1_790_000_000_000))

    var now: Timestamp { time.withLock { $0 } }

    var clock: WallClock { WallClock { self.now } }

    func advance(_ seconds: Double) {
        time.withLock { $0 = $0.adding(seconds: seconds) }
    }
}
