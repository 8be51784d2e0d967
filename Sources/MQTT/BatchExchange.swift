import Synchronization

/// Passes batches from the loop's thread to the task that handles them, and their outcomes back.
///
/// One per connection.
final class BatchExchange: Sendable {
    /// How the handling of a batch ended.
    enum Outcome {
        case committed
        case failed(any Error)
        /// The handling task has ended; it takes no more batches.
        case abandoned
    }

    /// The batches, for the handling task.
    let batches: AsyncStream<[InboundMessage]>
    private let input: AsyncStream<[InboundMessage]>.Continuation
    private let outcome = Mutex<Outcome?>(nil)
    private let wake: WakeEvent

    init(wake: WakeEvent) {
        (batches, input) = AsyncStream.makeStream()
        self.wake = wake
    }

    /// Gives a batch to the handling task; its outcome has to be awaited before the next one.
    func offer(_ batch: [InboundMessage]) {
        input.yield(batch)
    }

    /// Tells the handling task that no batch will follow.
    func finish() {
        input.finish()
    }

    /// Reports how the handling of the batch ended, and wakes the loop.
    func settle(_ result: Outcome) {
        outcome.withLock { $0 = result }
        wake.signal()
    }

    /// The outcome of the batch, once there is one; asking takes it, except that an abandoned exchange stays so.
    func takeOutcome() -> Outcome? {
        outcome.withLock { outcome in
            let taken = outcome
            if case .abandoned = taken { return taken }
            outcome = nil
            return taken
        }
    }

    /// Handles batches until there are no more, or the task is cancelled.
    func work(_ handle: @Sendable ([InboundMessage]) async throws -> Void) async {
        for await batch in batches {
            do {
                try await handle(batch)
                settle(.committed)
            } catch {
                settle(.failed(error))
            }
        }
        settle(.abandoned)
    }
}
