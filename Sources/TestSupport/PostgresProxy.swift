import Foundation
import Glibc
import PostgreSQL
import Synchronization

/// Stands between clients and a PostgreSQL server, on Unix sockets, and cuts connections as a network does: the client sees
/// the end, the server goes on with what it was sent.
///
/// What clients send is looked through for texts that a test waits for.
/// ```swift
/// let proxy = try PostgresProxy(to: database, watching: [PostgresProxy.commit])
/// await proxy.sent.wait { $0.contains(PostgresProxy.commit) }
/// proxy.cut()
/// ```
public final class PostgresProxy: Sendable {
    /// A COMMIT as it goes over the wire, as a simple query.
    public static let commit = "Q\0\0\0\u{0B}COMMIT\0"

    /// The server, reached through here.
    public let configuration: PostgresConfiguration
    /// Which of the watched texts were handed to the server.
    public let sent = Watched<Set<String>>([])
    private let directory: String
    private let listener: Int32
    private let server: String
    private let watched: [String]
    private let state = Mutex(State())

    private struct State {
        var clients: [Int32] = []
        var servers: [Int32] = []
        var isClosed = false
    }

    /// Listens for clients.
    ///
    /// - Parameters:
    ///   - server: a server on a Unix socket.
    ///   - watched: texts to look for in what clients send.
    /// - Throws: when no socket can be made.
    public init(to server: PostgresConfiguration, watching watched: [String] = []) throws {
        var path = Array("/tmp/pw-px-XXXXXX".utf8CString)
        guard mkdtemp(&path) != nil else { throw Failure() }
        directory = path.withUnsafeBufferPointer { buffer in buffer.baseAddress.map { String(cString: $0) } ?? "" }
        let name = "/.s.PGSQL.\(server.port)"
        self.server = server.host + name
        self.watched = watched
        var configuration = server
        configuration.host = directory
        self.configuration = configuration
        listener = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        let isBound = Self.withAddress(of: directory + name) { bind(listener, $0, $1) } == 0
        guard isBound, listen(listener, 64) == 0 else { throw Failure() }
        Thread.detachNewThread { self.accept() }
    }

    /// Cuts all connections: clients see their end at once, the server's sides stay open and get nothing more.
    public func cut() {
        for client in state.withLock(\.clients) { shutdown(client, Int32(SHUT_RDWR)) }
    }

    /// Ends everything.
    public func close() {
        let all = state.withLock { state in
            state.isClosed = true
            return state.clients + state.servers
        }
        for one in all + [listener] { shutdown(one, Int32(SHUT_RDWR)) }
        try? FileManager.default.removeItem(atPath: directory)
    }

    /// No socket could be made.
    public struct Failure: Error {}

    private func accept() {
        while true {
            let client = Glibc.accept(listener, nil, nil)
            if client < 0 { return }
            let back = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
            let isConnected = Self.withAddress(of: server) { connect(back, $0, $1) } == 0
            let goesOn = state.withLock { state in
                if state.isClosed || !isConnected { return false }
                state.clients.append(client)
                state.servers.append(back)
                return true
            }
            guard goesOn else {
                shutdown(client, Int32(SHUT_RDWR))
                continue
            }
            Thread.detachNewThread { self.copy(from: client, to: back, watching: self.watched) }
            Thread.detachNewThread {
                self.copy(from: back, to: client, watching: [])
                shutdown(client, Int32(SHUT_RDWR))
            }
        }
    }

    /// Hands bytes on until either side has ended; the end itself is not handed on.
    private func copy(from source: Int32, to target: Int32, watching texts: [String]) {
        var buffer = [UInt8](repeating: 0, count: 65_536)
        var seen: [UInt8] = []
        let longest = texts.map(\.utf8.count).max() ?? 0
        while true {
            let count = recv(source, &buffer, buffer.count, 0)
            if count <= 0 { return }
            var done = 0
            while done < count {
                let part = buffer[done..<count].withUnsafeBytes {
                    send(target, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
                }
                if part <= 0 { return }
                done += part
            }
            if texts.isEmpty { continue }
            seen += buffer[..<count]
            let found = texts.filter { seen.contains(Array($0.utf8)) }
            if !found.isEmpty { sent.change { $0.formUnion(found) } }
            seen = Array(seen.suffix(longest))
        }
    }

    private static func withAddress<Result>(
        of path: String,
        _ body: (UnsafePointer<sockaddr>, socklen_t) -> Result
    ) -> Result {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8.prefix($0.count - 1)) }
        return withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                body($0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
    }
}
