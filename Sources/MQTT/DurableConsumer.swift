import Logging

/// A subscriber that acknowledges a message only after its handler has returned.
///
/// The broker keeps one durable session for the client identifier. What it delivers is collected into batches; a batch
/// is acknowledged as a whole after the handler returned, and never before. If the handler throws, is overdue, or the
/// process dies, nothing of the batch was acknowledged and the broker delivers it again: handlers see every message at
/// least once, in the broker's order. Two batches are never handled at the same time.
public final class DurableConsumer: Sendable {
    private let configuration: ConsumerConfiguration
    private let control: ConsumerControl
    private let logger: Logger

    /// Makes a consumer; ``run(_:)`` does the work.
    public init(_ configuration: ConsumerConfiguration, logger: Logger) {
        self.configuration = configuration
        self.logger = logger
        control = ConsumerControl(filters: configuration.filters)
    }

    /// What the consumer is doing now.
    public var state: ConsumerState { control.state }

    /// What it has counted so far.
    public var statistics: ConsumerStatistics { control.statistics }

    /// The filters wanted now.
    public var filters: [String] { control.filters }

    /// The state now and each change after it.
    public func states() -> AsyncStream<ConsumerState> { control.states() }

    /// Replaces the topic filters.
    ///
    /// Returns when the broker has answered; at once when there is no connection, since the filters are then sent with
    /// the next one.
    public func updateFilters(_ filters: [String]) async {
        await control.updateFilters(filters)
    }

    /// Connects, consumes and reconnects until the task is cancelled.
    ///
    /// Call it once at a time.
    ///
    /// - Parameter handle: stores a batch. To return means that it may be acknowledged; to throw gives the batch back to
    ///   the broker, after which the connection is made anew. Cancelled when `run` is, or when it exceeds
    ///   ``ConsumerConfiguration/handlerLimit``; the consumer waits for it to end even then.
    public func run(_ handle: @escaping @Sendable ([InboundMessage]) async throws -> Void) async {
        let loop = ConsumerLoop()
        control.start()
        await withTaskCancellationHandler {
            var backoff = Backoff(first: configuration.backoff.lowerBound, longest: configuration.backoff.upperBound)
            var lastError: MQTTError?
            while !Task.isCancelled {
                control.enter(.connecting(lastError: lastError))
                let ending = await connectOnce(loop, handle)
                control.disconnected()
                guard ending.error.kind != .cancelled else { break }
                log(ending.error)
                control.enter(.connecting(lastError: ending.error))
                lastError = ending.error
                if ending.madeProgress { backoff.reset() }
                try? await Task.sleep(for: backoff.next())
            }
        } onCancel: {
            control.stop()
        }
        control.enter(.stopped)
    }

    /// One connection from its beginning to its end; also waits for the handler that it may have left running.
    private func connectOnce(
        _ loop: ConsumerLoop,
        _ handle: @escaping @Sendable ([InboundMessage]) async throws -> Void
    ) async -> ConsumerLoop.Ending {
        let exchange = BatchExchange(wake: control.wake)
        return await withTaskGroup(of: Void.self) { group in
            group.addTask { await exchange.work(handle) }
            let ending = await loop.serve(configuration, control: control, exchange: exchange, logger: logger)
            exchange.finish()
            if ending.error.kind == .handlerOverdue { group.cancelAll() }
            return ending
        }
    }

    private func log(_ error: MQTTError) {
        switch error.kind {
        case .badCredentials, .handlerFailed, .handlerOverdue: logger.error("\(error)")
        default: logger.warning("\(error)")
        }
    }
}
