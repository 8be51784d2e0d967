import CPostgreSQL
import Glibc
import Synchronization

/// Wakes a connection's thread out of `poll` when the task that waits for its answer is cancelled.
final class CancellationSignal: Sendable {
    /// An eventfd; readable while a request is pending.
    let descriptor: Int32
    private let requested = Atomic<UInt64>(0)
    /// Whether the descriptor may be readable; spares a system call at the start of each operation.
    private let isPending = Atomic<Bool>(false)

    init() {
        descriptor = plantwright_wake_open()
    }

    deinit {
        if descriptor >= 0 { close(descriptor) }
    }

    /// Asks for the end of one operation; does nothing when another one runs.
    func request(_ operation: UInt64) {
        requested.store(operation, ordering: .sequentiallyConsistent)
        isPending.store(true, ordering: .sequentiallyConsistent)
        plantwright_wake(descriptor)
    }

    /// Whether this operation was asked to end.
    func isRequested(_ operation: UInt64) -> Bool {
        requested.load(ordering: .sequentiallyConsistent) == operation
    }

    /// Makes the descriptor quiet again.
    func drain() {
        isPending.store(false, ordering: .sequentiallyConsistent)
        plantwright_wake_drain(descriptor)
    }

    /// Makes the descriptor quiet if a request came earlier.
    ///
    /// It may still become readable by that request; then the next wait is interrupted once, for nothing.
    func drainIfRequested() {
        if isPending.load(ordering: .sequentiallyConsistent) { drain() }
    }
}
