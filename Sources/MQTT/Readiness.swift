import CMosquitto
import Glibc

/// What `poll` found about a loop's socket and wake event.
struct Readiness: Sendable {
    /// The socket has bytes, or its end.
    var isReadable = false
    /// The socket takes bytes.
    var isWritable = false
    /// The peer closed or reset the connection; only reported when asked for.
    var isHungUp = false
    /// The wake event was signalled; it has been cleared.
    var wasWoken = false

    /// Waits for the socket or the wake event.
    ///
    /// - Parameters:
    ///   - socket: a descriptor, or a negative number for none.
    ///   - events: `POLLIN`, `POLLOUT`, `plantwright_poll_peer_closed`.
    ///   - wake: the loop's wake event; nil leaves it alone.
    ///   - limit: the longest wait; rounded up to milliseconds.
    /// - Returns: what was found; nothing when the time was over.
    static func wait(socket: Int32, events: Int32, wake: WakeEvent?, limit: Duration) -> Readiness {
        var descriptors = [
            pollfd(fd: socket, events: Int16(truncatingIfNeeded: events), revents: 0),
            pollfd(fd: wake?.descriptor ?? -1, events: Int16(POLLIN), revents: 0),
        ]
        let (seconds, attoseconds) = max(limit, .zero).components
        let milliseconds = min(seconds, 86_400) * 1_000 + (attoseconds + 999_999_999_999_999) / 1_000_000_000_000_000
        // An interrupted call counts as a time-out: every caller looks at its own clock.
        guard poll(&descriptors, 2, Int32(milliseconds)) > 0 else { return Readiness() }
        let found = Int32(descriptors[0].revents)
        var readiness = Readiness()
        readiness.isReadable = found & Int32(POLLIN | POLLHUP | POLLERR) != 0
        readiness.isWritable = found & Int32(POLLOUT | POLLHUP | POLLERR) != 0
        readiness.isHungUp = found & (Int32(POLLHUP | POLLERR) | plantwright_poll_peer_closed) != 0
        if descriptors[1].revents != 0, let wake {
            wake.clear()
            readiness.wasWoken = true
        }
        return readiness
    }
}
