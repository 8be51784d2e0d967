import DedicatedThread
import Glibc
import Synchronization

/// Runs a ``PresenceConnection`` on a thread of its own.
actor PresenceLoop {
    private let thread = DedicatedThread(name: "mqtt-presence")

    nonisolated var unownedExecutor: UnownedSerialExecutor { thread.asUnownedSerialExecutor() }

    /// Serves one connection to its end; blocks this actor's thread and no other.
    ///
    /// - Returns: why it ended.
    func serve(_ client: PresenceClient) -> MQTTError {
        do throws(MQTTError) {
            let connection = try PresenceConnection(client)
            return try connection.serve()
        } catch {
            return error
        }
    }
}

/// One connection of a ``PresenceClient``.
struct PresenceConnection: ~Copyable {
    private let client: PresenceClient
    private let words: Announcement.Words
    private let handle: MosquittoHandle

    init(_ client: PresenceClient) throws(MQTTError) {
        self.client = client
        words = client.configuration.announcement.words()
        handle = try .make(client.configuration.connection)
    }

    private var topic: String { client.configuration.announcement.topic }
    private var isStopping: Bool { client.shared.withLock(\.isStopping) }

    /// Connects, subscribes, announces, and sends until it is told to stop or the connection breaks.
    consuming func serve() throws(MQTTError) -> MQTTError {
        try handle.setWill(OutboundMessage(topic: topic, payload: words.will, retain: true))
        try handle.establish(client.configuration.connection, wake: client.wake) { isStopping }
        let subscription = try handle.subscribe([topic])
        try confirm(subscription, "the subscription") { $0.subscribed.contains { $0.identifier == subscription } }
        handle.sink.subscribed = []
        let birth = try publish(words.birth)
        try confirm(birth, "the birth") { $0.published.contains { $0.identifier == birth } }
        client.shared.withLock { shared in
            shared.isPresent = true
            shared.lastError = nil
        }
        while !isStopping { try turn() }
        client.shared.withLock { $0.isPresent = false }
        // A farewell that cannot be said leaves the will, which says the same.
        let farewell = try publish(client.configuration.announcement.farewell())
        try confirm(farewell, "the farewell") { $0.published.contains { $0.identifier == farewell } }
        try handle.disconnect()
        try handle.write()
        return handle.failure(.cancelled, "stopped")
    }

    private func publish(_ payload: [UInt8]) throws(MQTTError) -> Int32 {
        try handle.publish(OutboundMessage(topic: topic, payload: payload, retain: true))
    }

    /// One round: contradict, send what waits, wait for either.
    private func turn() throws(MQTTError) {
        for message in client.shared.withLock({ shared in
            defer { shared.waiting = [] }
            return shared.waiting
        }) {
            _ = try handle.publish(message)
        }
        try exchange(limit: .seconds(1))
        if handle.sink.takeMessages().contains(where: {
            $0.topic == topic && client.configuration.announcement.isWrong($0.payload)
        }) {
            _ = try publish(words.birth)
        }
        handle.sink.published.removeAll(keepingCapacity: true)
    }

    /// Writes, reads, and waits for more if there was nothing.
    private func exchange(limit: Duration) throws(MQTTError) {
        if handle.wantsWrite { try handle.write() }
        var hasRead = false
        while try handle.read() == .progressed { hasRead = true }
        try handle.keepAlive()
        guard !hasRead, handle.sink.messages.isEmpty else { return }
        _ = Readiness.wait(
            socket: handle.socket,
            events: Int32(POLLIN) | (handle.wantsWrite ? Int32(POLLOUT) : 0),
            wake: client.wake,
            limit: limit
        )
    }

    /// Waits for the broker's answer to a packet.
    private func confirm(
        _ identifier: Int32,
        _ what: String,
        _ isAnswered: (CallbackSink) -> Bool
    ) throws(MQTTError) {
        let deadline = ContinuousClock.now + client.configuration.answerLimit
        while !isAnswered(handle.sink) {
            let remaining = deadline - .now
            guard remaining > .zero else { throw handle.failure(.timedOut, "no answer to \(what)") }
            try exchange(limit: min(remaining, .seconds(1)))
        }
        if let answer = handle.sink.published.first(where: { $0.identifier == identifier }), answer.reason.isFailure {
            throw handle.failure(.publishRefused(answer.reason), answer.reason.description)
        }
        if let answer = handle.sink.subscribed.first(where: { $0.identifier == identifier }),
            let refusal = answer.reasons.first(where: \.isFailure)
        {
            throw handle.failure(.refused(refusal), "the subscription to \(topic) was refused: \(refusal)")
        }
    }
}
