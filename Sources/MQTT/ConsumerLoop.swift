import DedicatedThread
import Glibc
import Logging

/// Runs a ``ConsumerConnection`` on a thread of its own.
actor ConsumerLoop {
    /// How a connection ended.
    struct Ending: Sendable {
        /// Why.
        var error: MQTTError
        /// Whether it was good for something: the next attempt need not wait long.
        var madeProgress: Bool
    }

    private let thread = DedicatedThread(name: "mqtt-consumer")

    nonisolated var unownedExecutor: UnownedSerialExecutor { thread.asUnownedSerialExecutor() }

    /// Connects, and serves the connection until it ends; blocks this actor's thread and no other.
    func serve(
        _ configuration: ConsumerConfiguration,
        control: ConsumerControl,
        exchange: BatchExchange,
        logger: Logger
    ) -> Ending {
        do throws(MQTTError) {
            let connection = try ConsumerConnection(configuration, control: control, exchange: exchange, logger: logger)
            return connection.serveToTheEnd()
        } catch {
            return Ending(error: error, madeProgress: false)
        }
    }
}

/// One connection of a ``DurableConsumer``: reads a batch, has it handled, acknowledges it, and so on.
///
/// The invariant that everything else rests on: from the first message of a batch until its handler has returned,
/// nothing is written to the socket, for any reason; and nothing is read beyond the batch.
struct ConsumerConnection: ~Copyable {
    private let configuration: ConsumerConfiguration
    private let control: ConsumerControl
    private let exchange: BatchExchange
    private let logger: Logger
    private let handle: MosquittoHandle
    /// Reads and acknowledges messages; nil with TLS, where all goes through the library.
    private var bulk: BulkSocket?
    private var madeProgress = false

    init(
        _ configuration: ConsumerConfiguration,
        control: ConsumerControl,
        exchange: BatchExchange,
        logger: Logger
    ) throws(MQTTError) {
        self.configuration = configuration
        self.control = control
        self.exchange = exchange
        self.logger = logger
        handle = try .make(configuration.connection)
    }

    /// Serves the connection until it ends, then closes it.
    consuming func serveToTheEnd() -> ConsumerLoop.Ending {
        do throws(MQTTError) {
            try handle.establish(configuration.connection, wake: control.wake) { control.isStopping }
        } catch {
            return ConsumerLoop.Ending(error: error, madeProgress: false)
        }
        let socket = LingeringSocket(handle.socket)
        if !configuration.broker.isEncrypted { bulk = BulkSocket(handle.socket, handle.sink.version) }
        noteConnected()
        let ending = serve()
        // The library's client goes first, with whatever it had queued and not written.
        _ = consume self
        socket.finish(limit: .seconds(1))
        return ending
    }

    private mutating func serve() -> ConsumerLoop.Ending {
        do throws(MQTTError) {
            while true { try turn() }
        } catch {
            return ConsumerLoop.Ending(error: error, madeProgress: madeProgress)
        }
    }

    private func noteConnected() {
        let isSessionPresent = handle.sink.connack?.isSessionPresent ?? false
        let isLost = control.connected(isSessionPresent: isSessionPresent)
        logger.info(
            "Connected to the MQTT broker.",
            metadata: [
                "broker": "\(configuration.broker)", "session": isSessionPresent ? "resumed" : "new",
                "version": "\(handle.sink.version)",
            ]
        )
        if isLost, configuration.isDurable {
            logger.error("The MQTT broker has lost our session, and with it the messages of the time in between.")
        }
    }

    /// One round: read, have it handled, write, wait.
    private mutating func turn() throws(MQTTError) {
        let isDrained = try readBatch()
        if control.isStopping { throw try stop() }
        let batch = handle.sink.takeMessages()
        if !batch.isEmpty { try commit(batch) }
        // From here to the end of the round nothing is uncommitted.
        takeAnswers()
        try sendSubscriptions()
        // What the library neither wrote nor read, it does not know of. While messages come and are acknowledged
        // nobody needs a PINGREQ, whose answer would stand in line behind all that waits in the socket.
        let isAlive = bulk?.owesAcknowledgements == true
        try flush()
        if !isAlive { try handle.keepAlive() }
        try flush()
        if !batch.isEmpty {
            control.acknowledged(batch.count)
            madeProgress = true
        }
        guard isDrained, !control.isStopping else { return }
        if batch.count >= configuration.busyBatch {
            _ = Readiness.wait(socket: -1, events: 0, wake: control.wake, limit: configuration.busyRest)
        }
        _ = Readiness.wait(socket: handle.socket, events: Int32(POLLIN), wake: control.wake, limit: .seconds(1))
    }

    /// Reads until the batch is full or the socket is quiet.
    ///
    /// - Returns: whether the socket is quiet.
    private mutating func readBatch() throws(MQTTError) -> Bool {
        let sink = handle.sink
        let (mostMessages, mostBytes) = (configuration.batchMessages, configuration.batchBytes)
        func isFull() -> Bool { sink.messages.count >= mostMessages || sink.messageBytes >= mostBytes }
        while !isFull() {
            switch bulk?.read(into: sink, isFull: isFull) ?? .foreign {
            case .progressed: continue
            case .drained: return true
            case .foreign:
                // Acknowledgements leave in the order of the messages: all of a batch go the same way.
                if bulk != nil, !sink.messages.isEmpty { return false }
                if try handle.read() == .drained { return true }
                if bulk != nil, !sink.messages.isEmpty { return false }
            case .unfinished:
                if sink.messages.isEmpty {
                    _ = Readiness.wait(socket: -1, events: 0, wake: control.wake, limit: .milliseconds(1))
                }
                return false
            case .malformed(let reason):
                throw handle.failure(.connectionLost(nil), "the broker sent \(reason)")
            }
        }
        return false
    }

    /// Has a batch handled; returns only when it is committed.
    private func commit(_ batch: [InboundMessage]) throws(MQTTError) {
        let deadline = ContinuousClock.now + configuration.handlerLimit
        exchange.offer(batch)
        while true {
            switch exchange.takeOutcome() {
            case .committed: return
            case .failed(let error):
                control.batchFailed()
                throw handle.failure(.handlerFailed, String(describing: error))
            case .abandoned: throw handle.failure(.cancelled, "stopped before a batch was handled")
            case nil: break
            }
            let remaining = deadline - .now
            guard remaining > .zero else {
                control.batchFailed()
                throw handle.failure(.handlerOverdue, "no outcome within \(configuration.handlerLimit)")
            }
            _ = Readiness.wait(socket: -1, events: 0, wake: control.wake, limit: remaining)
        }
    }

    private mutating func takeAnswers() {
        let sink = handle.sink
        guard !sink.subscribed.isEmpty || !sink.unsubscribed.isEmpty else { return }
        control.answered(subscribed: sink.subscribed, unsubscribed: sink.unsubscribed)
        sink.subscribed = []
        sink.unsubscribed = []
    }

    private func sendSubscriptions() throws(MQTTError) {
        guard let exchange = control.nextExchange() else { return }
        var subscribe: Int32?
        var unsubscribe: Int32?
        if !exchange.subscribe.isEmpty {
            subscribe = try handle.subscribe(exchange.subscribe)
        }
        if !exchange.unsubscribe.isEmpty { unsubscribe = try handle.unsubscribe(exchange.unsubscribe) }
        control.sent(subscribe: subscribe, unsubscribe: unsubscribe)
    }

    /// Writes until nothing waits to be written.
    private mutating func flush() throws(MQTTError) {
        let deadline = ContinuousClock.now + .seconds(Int64(configuration.keepAlive))
        while bulk?.owesAcknowledgements == true {
            guard bulk?.acknowledge() == true else {
                throw handle.failure(.connectionLost(nil), "the connection ended before a batch was acknowledged")
            }
            if bulk?.owesAcknowledgements == true { try waitForRoom(until: deadline) }
        }
        guard handle.wantsWrite else { return }
        handle.setCorked(true)
        try handle.write()
        while handle.wantsWrite {
            try waitForRoom(until: deadline)
            try handle.write()
        }
        handle.setCorked(false)
    }

    private func waitForRoom(until deadline: ContinuousClock.Instant) throws(MQTTError) {
        let remaining = deadline - .now
        guard remaining > .zero else {
            throw handle.failure(.timedOut, "the broker took no bytes for \(configuration.keepAlive) s")
        }
        _ = Readiness.wait(socket: handle.socket, events: Int32(POLLOUT), wake: nil, limit: remaining)
    }

    /// Ends the connection on request: properly when nothing is uncommitted, else without a word, so that the broker
    /// keeps what it delivered.
    private func stop() throws(MQTTError) -> MQTTError {
        if handle.sink.messages.isEmpty {
            try handle.disconnect()
            try handle.write()
        }
        return handle.failure(.cancelled, "stopped")
    }
}
