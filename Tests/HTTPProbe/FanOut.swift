import Dispatch
import HTTPServer
import Synchronization

/// Sends the same message to all its WebSockets, so many times a second.
///
/// A message begins with the nanoseconds of the machine's uptime at which it was made and a space, so that a client on
/// the same machine can tell how long it took. A client that takes nothing is dropped with 1013: it holds at most
/// `unsentLimit` bytes, and nobody waits for it.
final class FanOut: Sendable {
    private struct State {
        var sockets: [ObjectIdentifier: WebSocketConnection] = [:]
        var ticker: Task<Void, Never>?
    }

    private static let unsentLimit = 256 * 1_024

    private let interval: Duration
    private let size: Int
    private let state = Mutex(State())

    init(rate: Int, size: Int) {
        interval = .nanoseconds(1_000_000_000 / rate)
        self.size = size
    }

    /// Sends to a WebSocket until it closes.
    func serve(_ socket: WebSocketConnection) async {
        join(socket)
        for await _ in socket.messages {}
        leave(socket)
    }

    private func join(_ socket: WebSocketConnection) {
        state.withLock { state in
            state.sockets[ObjectIdentifier(socket)] = socket
            if state.ticker == nil { state.ticker = Task { await self.run() } }
        }
    }

    private func leave(_ socket: WebSocketConnection) {
        state.withLock { state in
            state.sockets[ObjectIdentifier(socket)] = nil
            guard state.sockets.isEmpty else { return }
            state.ticker?.cancel()
            state.ticker = nil
        }
    }

    private func run() async {
        var next = ContinuousClock.now
        while !Task.isCancelled {
            next = max(next + interval, .now - interval)
            try? await Task.sleep(until: next, clock: .continuous)
            broadcast()
        }
    }

    private func broadcast() {
        let sockets = state.withLock { Array($0.sockets.values) }
        let stamp = "\(DispatchTime.now().uptimeNanoseconds) "
        let message = PreparedMessage(text: stamp + String(repeating: "x", count: max(0, size - stamp.utf8.count)))
        for socket in sockets {
            guard let unsent = try? socket.enqueue(message) else { continue }
            if unsent > FanOut.unsentLimit {
                leave(socket)
                socket.close(.tryAgainLater, reason: "too slow")
            }
        }
    }
}

/// The fan-outs of a probe, one for each rate and size.
final class FanOuts: Sendable {
    private struct Key: Hashable {
        let rate: Int
        let size: Int
    }

    private let known = Mutex<[Key: FanOut]>([:])

    /// The fan-out that a request asks for with `?rate=` (messages a second) and `?size=` (bytes).
    func fanOut(for request: Request) -> FanOut {
        let rate = request.query.first("rate").flatMap { Int($0) } ?? 10
        let size = request.query.first("size").flatMap { Int($0) } ?? 200
        let key = Key(rate: min(1_000, max(1, rate)), size: min(1_024 * 1_024, max(0, size)))
        return known.withLock { known in
            if let fanOut = known[key] { return fanOut }
            let fanOut = FanOut(rate: key.rate, size: key.size)
            known[key] = fanOut
            return fanOut
        }
    }
}
