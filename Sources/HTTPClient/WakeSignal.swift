import CCurl
import Glibc

/// An eventfd by which other threads interrupt the loop's wait.
final class WakeSignal: Sendable {
    /// Readable while a signal is pending; -1 when the system gave no descriptor.
    let descriptor: Int32

    init() {
        descriptor = eventfd(0, Int32(EFD_NONBLOCK | EFD_CLOEXEC))
    }

    deinit {
        if descriptor >= 0 { close(descriptor) }
    }

    /// Makes the descriptor readable.
    ///
    /// The counter cannot overflow in practice, and a full one is readable anyway.
    func signal() {
        var one: UInt64 = 1
        _ = write(descriptor, &one, MemoryLayout<UInt64>.size)
    }

    /// Takes all pending signals.
    func clear() {
        var count: UInt64 = 0
        _ = read(descriptor, &count, MemoryLayout<UInt64>.size)
    }
}
