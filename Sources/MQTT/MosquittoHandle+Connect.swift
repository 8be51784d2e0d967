import CMosquitto
import Glibc

extension MosquittoHandle {
    /// Connects and waits for a CONNACK that accepts us: TCP, then TLS if asked for, then CONNECT.
    ///
    /// Runs on the loop's thread. The name is resolved synchronously, all else can be interrupted.
    ///
    /// - Parameters:
    ///   - settings: what the client was made with.
    ///   - wake: the loop's wake event.
    ///   - mustStop: asked after each wait; true ends the attempt with ``MQTTError/Kind/cancelled``.
    /// - Throws: why there is no connection; ``MQTTError/Kind/badCredentials(_:)`` when CONNACK says so.
    func establish(_ settings: ConnectionSettings, wake: WakeEvent, mustStop: () -> Bool) throws(MQTTError) {
        let deadline = ContinuousClock.now + settings.connectLimit
        try beginConnect(keepAlive: settings.keepAlive)
        var isConnected = false
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
