import Logging
import Synchronization

/// Listens to channels on a connection of its own and connects again whenever that breaks.
///
/// A notification is a hint that something may be new: readers poll the database, and poll also after
/// ``Event/reconnected``.
public final class NotificationListener: Sendable {
    /// What subscribers get.
    public enum Event: Hashable, Sendable {
        /// A committed transaction sent a notification.
        case notification(Notification)
        /// The listener is connected, for the first time or again; notifications may have been missed.
        case reconnected
    }

    private struct Subscribers {
        var last = 0
        var continuations: [Int: AsyncStream<Event>.Continuation] = [:]
        var isConnected = false
        var hasEnded = false
    }

    private let configuration: PostgresConfiguration
    private let channels: [String]
    private let logger: Logger
    private let subscribers = Mutex(Subscribers())

    /// Makes a listener; nothing happens until ``run()``.
    public init(configuration: PostgresConfiguration, channels: [String], logger: Logger) {
        self.configuration = configuration
        self.channels = channels
        self.logger = logger
    }

    /// Events from now on.
    ///
    /// A slow reader loses the oldest, never the newest. Begins with ``Event/reconnected`` when the listener is
    /// connected, and ends with ``run()``.
    public func subscribe() -> AsyncStream<Event> {
        let (stream, continuation) = AsyncStream.makeStream(of: Event.self, bufferingPolicy: .bufferingNewest(64))
        let id = subscribers.withLock { state -> Int? in
            if state.hasEnded { return nil }
            state.last += 1
            state.continuations[state.last] = continuation
            if state.isConnected { continuation.yield(.reconnected) }
            return state.last
        }
        guard let id else {
            continuation.finish()
            return stream
        }
        continuation.onTermination = { [weak self] _ in
            _ = self?.subscribers.withLock { $0.continuations.removeValue(forKey: id) }
        }
        return stream
    }

    /// Listens until the calling task is cancelled.
    public func run() async {
        var pause = Duration.milliseconds(100)
        while !Task.isCancelled {
            let connection = PostgresConnection(configuration: configuration, threadName: "pg-listen")
            do throws(PostgresError) {
                try await connection.connect()
                try await connection.listen(to: channels)
                pause = .milliseconds(100)
                setConnected(true)
                try await forward(from: connection)
            } catch {
                setConnected(false)
                await connection.close()
                if error.kind == .cancelled { break }
                logger.warning("not listening for database notifications", metadata: ["error": "\(error)"])
            }
            do { try await Task.sleep(for: pause) } catch { break }
            pause = min(pause * 2, .seconds(5))
        }
        finish()
    }

    private func forward(from connection: PostgresConnection) async throws(PostgresError) {
        while true {
            let list = try await connection.cancellable { connection, operation throws(PostgresError) in
                try connection.nextNotifications(operation: operation)
            }
            let targets = subscribers.withLock { Array($0.continuations.values) }
            for notification in list {
                for target in targets { target.yield(.notification(notification)) }
            }
        }
    }

    private func setConnected(_ isConnected: Bool) {
        let targets = subscribers.withLock { state in
            state.isConnected = isConnected
            return Array(state.continuations.values)
        }
        if isConnected { for target in targets { target.yield(.reconnected) } }
    }

    private func finish() {
        let targets = subscribers.withLock { state in
            state.hasEnded = true
            defer { state.continuations = [:] }
            return Array(state.continuations.values)
        }
        for target in targets { target.finish() }
    }
}
