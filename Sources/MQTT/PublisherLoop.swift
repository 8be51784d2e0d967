import DedicatedThread
import Glibc
import Logging

/// Runs a ``PublisherConnection`` on a thread of its own.
actor PublisherLoop {
    private let thread = DedicatedThread(name: "mqtt-publisher")

    nonisolated var unownedExecutor: UnownedSerialExecutor { thread.asUnownedSerialExecutor() }

    /// Keeps a connection until it is told to stop; blocks this actor's thread and no other.
    func serve(
        _ configuration: PublisherConfiguration,
        control: PublisherControl,
        logger: Logger,
        retrying: Bool
    ) {
        do throws(MQTTError) {
            var connection = try PublisherConnection(configuration, control: control, logger: logger)
            control.closed(connection.serve(retrying: retrying))
        } catch {
            control.closed(error)
        }
    }
}

/// The client of a ``Publisher``.
///
/// It lives as long as the publisher's loop, since the library keeps in it what has to be repeated after a
/// reconnection.
struct PublisherConnection: ~Copyable {
    private let configuration: PublisherConfiguration
    private let control: PublisherControl
    private let logger: Logger
    private let handle: MosquittoHandle
    private var backoff: Backoff

    init(
        _ configuration: PublisherConfiguration,
        control: PublisherControl,
        logger: Logger
    ) throws(MQTTError) {
        self.configuration = configuration
        self.control = control
        self.logger = logger
        handle = try .make(configuration.connection)
        backoff = Backoff(first: configuration.backoff.lowerBound, longest: configuration.backoff.upperBound)
    }

    /// Serves until it is told to stop, or until the first attempt fails and is not to be repeated.
    ///
    /// - Returns: why it ended.
    mutating func serve(retrying: Bool) -> MQTTError {
        var wasConnected = false
        while true {
            do throws(MQTTError) {
                try handle.establish(configuration.connection, wake: control.wake) { control.isStopping }
                wasConnected = true
                backoff.reset()
                control.connected()
                while true { try turn() }
            } catch {
                guard error.kind != .cancelled, retrying || wasConnected else { return error }
                logger.warning("\(error)")
                control.disconnected(error)
            }
            let deadline = ContinuousClock.now + backoff.next()
            while !control.isStopping, deadline > .now {
                _ = Readiness.wait(socket: -1, events: 0, wake: control.wake, limit: deadline - .now)
            }
            if control.isStopping { return handle.failure(.cancelled, "disconnected") }
        }
    }

    /// One round: send what waits, take answers, wait.
    private func turn() throws(MQTTError) {
        if control.isStopping { throw try stop() }
        handOver()
        if handle.wantsWrite {
            handle.setCorked(true)
            try handle.write()
            handle.setCorked(false)
        }
        while try handle.read() == .progressed {}
        let sink = handle.sink
        if !sink.published.isEmpty {
            control.answered(sink.published)
            sink.published.removeAll(keepingCapacity: true)
        }
        _ = sink.takeMessages()
        try handle.keepAlive()
        _ = Readiness.wait(
            socket: handle.socket,
            events: Int32(POLLIN) | (handle.wantsWrite ? Int32(POLLOUT) : 0),
            wake: control.wake,
            limit: .seconds(1)
        )
    }

    /// Gives the library what waits.
    ///
    /// What it refuses fails alone.
    private func handOver() {
        for entry in control.takeWaiting() {
            do throws(MQTTError) {
                control.sent(entry, .success(try handle.publish(entry.message)))
            } catch {
                control.sent(entry, .failure(error))
            }
        }
    }

    private func stop() throws(MQTTError) -> MQTTError {
        try handle.disconnect()
        try handle.write()
        return handle.failure(.cancelled, "disconnected")
    }
}
