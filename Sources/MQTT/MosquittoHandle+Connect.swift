import CMosquitto
import Glibc

/// An attempt to connect that failed.
private struct FailedAttempt: Error {
    /// How a broker refuses a version.
    enum Refusal {
        /// CONNACK says so.
        case spoken
        /// It closed the connection instead of answering CONNECT, which may have other reasons.
        case silent
    }

    let error: MQTTError
    /// Whether the version may be why; nil when it is not.
    let refusal: Refusal?
}

extension MosquittoHandle {
    /// Connects and waits for a CONNACK that accepts us: TCP, then TLS if asked for, then CONNECT; with MQTT 5, and if
    /// that is refused and not the only choice, with 3.1.1.
    ///
    /// Runs on the loop's thread. The name is resolved synchronously, all else can be interrupted. A refusal in words is
    /// remembered at once; after a silent one the next connection begins with MQTT 5 again, since a broker that just
    /// ended may have meant something else, until that has happened ``VersionMemory/silentRefusals`` times.
    ///
    /// - Parameters:
    ///   - settings: what the client was made with.
    ///   - wake: the loop's wake event.
    ///   - mustStop: asked after each wait; true ends the attempt with ``MQTTError/Kind/cancelled``.
    /// - Throws: why there is no connection; ``MQTTError/Kind/badCredentials(_:)`` when CONNACK says so.
    func establish(_ settings: ConnectionSettings, wake: WakeEvent, mustStop: () -> Bool) throws(MQTTError) {
        let memory = VersionMemory.shared
        let version = memory.version(for: settings.broker)
        let first: FailedAttempt
        do throws(FailedAttempt) {
            try attempt(version, settings, wake: wake, mustStop: mustStop)
            if version == .mqtt5 { memory.forget(settings.broker) }
            return
        } catch {
            first = error
        }
        guard settings.broker.version == .automatic, first.refusal != nil else { throw first.error }
        guard version == .mqtt5 else {
            memory.forget(settings.broker)
            throw first.error
        }
        do throws(FailedAttempt) {
            try attempt(.mqtt311, settings, wake: wake, mustStop: mustStop)
        } catch {
            throw error.refusal == nil ? error.error : first.error
        }
        memory.noteRefusal(by: settings.broker, isSpoken: first.refusal == .spoken)
    }

    private func attempt(
        _ version: ProtocolVersion,
        _ settings: ConnectionSettings,
        wake: WakeEvent,
        mustStop: () -> Bool
    ) throws(FailedAttempt) {
        var isConnected = false
        do throws(MQTTError) {
            try speak(version, settings)
            try connect(settings, wake: wake, mustStop: mustStop, isConnected: &isConnected)
        } catch {
            throw FailedAttempt(error: error, refusal: refusal(error, isConnected: isConnected))
        }
    }

    private func refusal(_ error: MQTTError, isConnected: Bool) -> FailedAttempt.Refusal? {
        switch error.kind {
        case .refused(.unsupportedProtocolVersion): .spoken
        case .unreachable where isConnected, .connectionLost(nil) where isConnected: .silent
        default: nil
        }
    }

    private func connect(
        _ settings: ConnectionSettings,
        wake: WakeEvent,
        mustStop: () -> Bool,
        isConnected: inout Bool
    ) throws(MQTTError) {
        let deadline = ContinuousClock.now + settings.connectLimit
        try beginConnect(keepAlive: settings.keepAlive)
        while sink.connack == nil {
            let remaining = deadline - .now
            guard remaining > .zero else { throw failure(.timedOut, "no answer within \(settings.connectLimit)") }
            // Once the TLS handshake began, the library says for its whole length that it wants to write.
            let wantsWrite = !isConnected || (wantsWrite && !settings.broker.isEncrypted)
            let readiness = Readiness.wait(
                socket: socket,
                events: Int32(POLLIN) | plantwright_poll_peer_closed | (wantsWrite ? Int32(POLLOUT) : 0),
                wake: wake,
                limit: remaining
            )
            if mustStop() { throw failure(.cancelled, "stopped while connecting") }
            if !isConnected {
                try checkConnected()
                guard readiness.isWritable else { continue }
                isConnected = true
            }
            while try read() == .progressed, sink.connack == nil, !readiness.isHungUp {}
            if sink.connack == nil {
                if readiness.isHungUp { throw failure(.unreachable, "the connection was closed during the handshake") }
                if self.wantsWrite { try write() }
            }
        }
    }
}
