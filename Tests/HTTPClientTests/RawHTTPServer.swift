import Foundation
import Synchronization

/// A tiny HTTP/1.1 server on raw sockets of loopback, which can misbehave in ways that a well-made server cannot:
/// one thread accepts, one more serves each connection.
final class RawHTTPServer: Sendable {
    /// A request as it arrived.
    struct Received: Sendable {
        /// The number of the connection that it came on, from 1.
        var connection: Int
        var method: String
        var target: String
        /// Header fields by lower-case name.
        var headers: [String: String]
        var body: String
    }

    /// What the server does about a request.
    enum Answer: Sendable {
        case respond(_ status: Int, _ body: String, headers: [String] = [])
        /// Sends these bytes as they are and closes.
        case raw(String)
        /// Closes without a byte.
        case close
        /// Closes with a TCP reset.
        case reset
        /// Never answers; waits until the client goes away.
        case hold
        /// Connects to a port of loopback and passes everything on both ways, as a proxy does for `CONNECT`.
        case tunnel(_ port: Int)
    }

    private struct State {
        var received: [Received] = []
        var connections = 0
        var departures = 0
        var open: Set<Int32> = []
        var isStopped = false
        var waiters: [Int: (isMet: @Sendable (Int, Int) -> Bool, continuation: CheckedContinuation<Void, Never>)] = [:]
        var lastWaiter = 0
    }

    let port: Int
    private let listener: Int32
    private let state = Mutex(State())
    private let handler: @Sendable (Received) -> Answer

    /// Starts serving on a free port.
    init(_ handler: @escaping @Sendable (Received) -> Answer) throws {
        self.handler = handler
        let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isBound = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(listener, $0, length) == 0 && listen(listener, 128) == 0 && getsockname(listener, $0, &length) == 0
            }
        }
        guard isBound else { throw POSIXError(.EADDRNOTAVAIL) }
        self.listener = listener
        port = Int(UInt16(bigEndian: address.sin_port))
        Thread { self.acceptConnections() }.start()
    }

    /// `http://127.0.0.1:port` followed by a path.
    func url(_ path: String = "/") -> String { "http://127.0.0.1:\(port)\(path)" }

    /// All requests so far.
    var received: [Received] { state.withLock(\.received) }

    /// How many connections were accepted so far.
    var connections: Int { state.withLock(\.connections) }

    /// Waits until so many requests have arrived.
    func arrival(of count: Int) async {
        await wait { received, _ in received >= count }
    }

    /// Waits until so many held clients have gone away.
    func departure(of count: Int) async {
        await wait { _, departures in departures >= count }
    }

    /// Ends the server and its connections.
    func stop() {
        // Under the lock, and once: a number that was closed meanwhile may be somebody else's socket by now.
        state.withLock { state in
            if state.isStopped { return }
            state.isStopped = true
            shutdown(listener, Int32(SHUT_RDWR))
            for descriptor in state.open { shutdown(descriptor, Int32(SHUT_RDWR)) }
        }
    }

    /// Ends when the test is cancelled, too: one that waits for what never comes must fail by its time limit, not hang.
    private func wait(until isMet: @escaping @Sendable (Int, Int) -> Bool) async {
        let id = state.withLock { state in
            state.lastWaiter += 1
            return state.lastWaiter
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isMetNow = state.withLock { state in
                    if Task.isCancelled || isMet(state.received.count, state.departures) { return true }
                    state.waiters[id] = (isMet, continuation)
                    return false
                }
                if isMetNow { continuation.resume() }
            }
        } onCancel: {
            state.withLock { $0.waiters.removeValue(forKey: id) }?.continuation.resume()
        }
    }

    private func note(_ change: (inout State) -> Void) {
        let met = state.withLock { state in
            change(&state)
            let (received, departures) = (state.received.count, state.departures)
            let met = state.waiters.filter { $0.value.isMet(received, departures) }
            for id in met.keys { state.waiters[id] = nil }
            return met.values
        }
        for waiter in met { waiter.continuation.resume() }
    }

    private func acceptConnections() {
        while true {
            let descriptor = accept(listener, nil, nil)
            guard descriptor >= 0 else { break }
            let number = state.withLock { state in
                guard !state.isStopped else { return 0 }
                state.connections += 1
                state.open.insert(descriptor)
                return state.connections
            }
            guard number > 0 else {
                close(descriptor)
                break
            }
            Thread { self.serve(descriptor, number) }.start()
        }
        state.withLock { state in
            state.isStopped = true
            close(listener)
        }
    }

    private func serve(_ descriptor: Int32, _ number: Int) {
        var buffer: [UInt8] = []
        while let request = read(descriptor, number, &buffer) {
            note { $0.received.append(request) }
            guard answer(handler(request), on: descriptor, to: request) else { break }
        }
        state.withLock { state in
            state.open.remove(descriptor)
            close(descriptor)
        }
    }

    /// - Returns: whether the connection stays open.
    private func answer(_ answer: Answer, on descriptor: Int32, to request: Received) -> Bool {
        switch answer {
        case .respond(let status, let body, let headers):
            var head = "HTTP/1.1 \(status) Status\r\ncontent-length: \(body.utf8.count)\r\n"
            for header in headers { head += header + "\r\n" }
            return write(head + "\r\n" + (request.method == "HEAD" ? "" : body), descriptor)
        case .raw(let text):
            _ = write(text, descriptor)
            return false
        case .close:
            return false
        case .reset:
            var linger = linger(l_onoff: 1, l_linger: 0)
            setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &linger, socklen_t(MemoryLayout.size(ofValue: linger)))
            return false
        case .hold:
            var byte: UInt8 = 0
            while recv(descriptor, &byte, 1, 0) > 0 {}
            note { $0.departures += 1 }
            return false
        case .tunnel(let port):
            let target = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
            defer { close(target) }
            guard Self.connect(target, port) else { return write("HTTP/1.1 502 Bad Gateway\r\n\r\n", descriptor) }
            _ = write("HTTP/1.1 200 Connection established\r\nX-Proxy: yes\r\n\r\n", descriptor)
            Self.pass(descriptor, target)
            return false
        }
    }

    private static func connect(_ descriptor: Int32, _ port: Int) -> Bool {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        address.sin_port = UInt16(port).bigEndian
        return withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Foundation.connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
            }
        }
    }

    /// Passes bytes on until one side closes.
    private static func pass(_ one: Int32, _ other: Int32) {
        var chunk = [UInt8](repeating: 0, count: 64 << 10)
        while true {
            var waits = [one, other].map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
            guard poll(&waits, 2, -1) > 0 else { return }
            for (index, ready) in waits.enumerated() where ready.revents != 0 {
                let count = recv(ready.fd, &chunk, chunk.count, 0)
                guard count > 0, send(index == 0 ? other : one, chunk, count, Int32(MSG_NOSIGNAL)) == count else {
                    return
                }
            }
        }
    }

    private func write(_ text: String, _ descriptor: Int32) -> Bool {
        var bytes = Array(text.utf8)[...]
        while !bytes.isEmpty {
            let count = bytes.withUnsafeBytes {
                send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { return false }
            bytes = bytes.dropFirst(count)
        }
        return true
    }

    /// Reads one request with a `Content-Length` body; nil at the connection's end.
    private func read(_ descriptor: Int32, _ number: Int, _ buffer: inout [UInt8]) -> Received? {
        var headEnd = Self.headEnd(buffer)
        while headEnd == nil {
            guard fill(&buffer, descriptor) else { return nil }
            headEnd = Self.headEnd(buffer)
        }
        guard let headEnd else { return nil }
        var lines = String(decoding: buffer[..<headEnd], as: UTF8.self).components(separatedBy: "\r\n")
        let start = lines.removeFirst().split(separator: " ").map(String.init)
        var headers: [String: String] = [:]
        for line in lines {
            let parts = line.split(separator: ":", maxSplits: 1).map { $0.trimmingCharacters(in: .whitespaces) }
            if parts.count == 2 { headers[parts[0].lowercased()] = parts[1] }
        }
        let end = headEnd + 4 + (headers["content-length"].flatMap { Int($0) } ?? 0)
        while buffer.count < end { guard fill(&buffer, descriptor) else { return nil } }
        let body = String(decoding: buffer[(headEnd + 4)..<end], as: UTF8.self)
        buffer.removeFirst(end)
        guard start.count == 3 else { return nil }
        return Received(connection: number, method: start[0], target: start[1], headers: headers, body: body)
    }

    private static func headEnd(_ buffer: [UInt8]) -> Int? {
        let mark = Array("\r\n\r\n".utf8)
        guard buffer.count >= mark.count else { return nil }
        return (0...(buffer.count - mark.count)).first { buffer[$0..<($0 + mark.count)].elementsEqual(mark) }
    }

    private func fill(_ buffer: inout [UInt8], _ descriptor: Int32) -> Bool {
        var chunk = [UInt8](repeating: 0, count: 64 << 10)
        let count = recv(descriptor, &chunk, chunk.count, 0)
        guard count > 0 else { return false }
        buffer.append(contentsOf: chunk[..<count])
        return true
    }
}
