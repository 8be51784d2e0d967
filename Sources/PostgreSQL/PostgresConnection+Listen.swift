import CPostgreSQL
import Glibc

/// A message that a committed transaction sent with `pg_notify` or NOTIFY.
public struct Notification: Hashable, Sendable {
    /// The channel it was sent to.
    public let channel: String
    /// Its text; often empty.
    public let payload: String

    /// Makes a notification.
    public init(channel: String, payload: String) {
        self.channel = channel
        self.payload = payload
    }
}

extension PostgresConnection {
    /// Subscribes to channels.
    func listen(to channels: [String]) throws(PostgresError) {
        for channel in channels {
            try script("LISTEN \(SQL.quoted(identifier: channel))", name: "listen")
        }
    }

    /// Blocks the connection's thread until notifications come.
    ///
    /// - Throws: an error of kind `cancelled` when the operation was asked to end, `connectionLost` when the server went.
    func nextNotifications(operation: UInt64) throws(PostgresError) -> [Notification] {
        let forEver = Deadline(after: nil)
        while true {
            guard handle.isOpen else { throw PostgresError(.connectionLost, "The connection is closed.") }
            let waiting = takeNotifications()
            if !waiting.isEmpty { return waiting }
            if signal.isRequested(operation) { throw PostgresError(.cancelled, "The task was cancelled.") }
            switch try handle.wait(Int16(POLLIN), interrupt: signal.descriptor, until: forEver) {
            case .ready: if PQconsumeInput(handle.raw) != 1 { throw handle.lostError() }
            case .interrupted, .timedOut: signal.drain()
            }
        }
    }

    private func takeNotifications() -> [Notification] {
        var list: [Notification] = []
        while let raw = PQnotifies(handle.raw) {
            list.append(
                Notification(
                    channel: String(cString: raw.pointee.relname),
                    payload: String(cString: raw.pointee.extra)
                )
            )
            PQfreemem(raw)
        }
        return list
    }
}
