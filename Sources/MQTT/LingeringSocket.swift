import Glibc

/// A second descriptor of a connection's socket, through which the connection is closed after libmosquitto let go of its
/// own.
///
/// A socket closed with unread bytes answers the peer with RST, and a broker that meets it while it writes forgets what
/// it has not read yet: the acknowledgements of batches long committed. Mosquitto then delivers them again and again, so
/// that a consumer that fails often against a large backlog would never get on. Half-closing and reading to the end lets
/// the broker read all that was written, and not a byte more.
struct LingeringSocket: ~Copyable {
    private let descriptor: Int32

    /// Duplicates a connected socket.
    init(_ socket: Int32) {
        descriptor = fcntl(socket, F_DUPFD_CLOEXEC, 0)
    }

    deinit {
        close(descriptor)
    }

    /// Tells the broker that nothing more comes, and waits until it has closed its side, or the limit has passed.
    func finish(limit: Duration) {
        guard descriptor >= 0 else { return }
        shutdown(descriptor, Int32(SHUT_WR))
        let deadline = ContinuousClock.now + limit
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            let remaining = deadline - .now
            guard remaining > .zero else { return }
            _ = Readiness.wait(socket: descriptor, events: Int32(POLLIN), wake: nil, limit: remaining)
            let count = recv(descriptor, &buffer, buffer.count, Int32(MSG_DONTWAIT))
            if count == 0 || (count < 0 && errno != EAGAIN && errno != EINTR) { return }
        }
    }
}
