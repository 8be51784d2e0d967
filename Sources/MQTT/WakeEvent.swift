import CMosquitto
import Glibc

/// An `eventfd` that a poll loop waits on beside its socket, so that other threads can wake it.
final class WakeEvent: Sendable {
    /// The descriptor; readable after ``signal()`` until ``clear()``.
    let descriptor: Int32

    init() {
        descriptor = plantwright_event_make()
        // Out of descriptors: without a wake-up the loop would not notice that it should end.
        precondition(descriptor >= 0, "No descriptor for an event: error \(errno).")
    }

    deinit {
        close(descriptor)
    }

    /// Wakes the loop; callable from any thread.
    func signal() {
        plantwright_event_signal(descriptor)
    }

    /// Forgets the signals so far.
    func clear() {
        plantwright_event_clear(descriptor)
    }
}
