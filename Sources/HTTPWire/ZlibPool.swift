import Synchronization

/// A few zlib contexts for many WebSockets, made when they are first needed.
///
/// A context is lent for one message only, so that an idle WebSocket holds none. The first free one is lent: with little
/// to do it is always the same, and warm.
final class ZlibPool<Context: ~Copyable>: Sendable {
    private final class Slot: Sendable {
        let context = Mutex<Context?>(nil)
    }

    private let slots: [Slot]

    init(size: Int) {
        slots = (0..<max(1, size)).map { _ in Slot() }
    }

    /// Lends a context, or the empty place for a new one; waits only when as many threads as slots work already.
    func lend<Result: Sendable>(_ body: (inout Context?) -> Result) -> Result {
        for slot in slots.dropLast() {
            if let result = slot.context.withLockIfAvailable({ body(&$0) }) { return result }
        }
        return slots[slots.count - 1].context.withLock { body(&$0) }
    }
}
