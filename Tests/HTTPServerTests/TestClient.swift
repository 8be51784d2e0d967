import HTTPTypes
import HTTPWire
import NIOCore
import NIOPosix
import NIOSSL
import Testing

@testable import HTTPServer

/// A response as a client sees it.
struct WireResponse: Equatable {
    var status = 0
    var fields: [String: String] = [:]
    var body = ""
    /// Whether the body ended as its framing says.
    var isComplete = true

    subscript(name: String) -> String? { fields[name.lowercased()] }
}

/// A raw client: sends exactly the bytes it is told to, and reads with a deadline.
final class TestClient {
    enum Failure: Error {
        case timedOut
        case unexpectedEnd(String)
    }

    private let transport: ConnectionTransport
    private var unread = ByteBuffer()
    private(set) var hasEnded = false

    /// Connects to a port of this machine.
    ///
    /// A small receive buffer lets tests see back-pressure without sending megabytes.
    convenience init(port: Int, receiveBuffer: Int? = nil, tls: NIOSSLContext? = nil) async throws {
        try await self.init(SocketAddress(ipAddress: "127.0.0.1", port: port), receiveBuffer, tls)
    }

    /// Connects to a Unix socket.
    convenience init(path: String) async throws {
        try await self.init(SocketAddress(unixDomainSocketPath: path), nil, nil)
    }

    private init(_ address: SocketAddress, _ receiveBuffer: Int?, _ tls: NIOSSLContext?) async throws {
        var bootstrap = ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .channelOption(.allowRemoteHalfClosure, value: true)
        if let receiveBuffer {
            bootstrap = bootstrap.channelOption(.socketOption(.so_rcvbuf), value: .init(receiveBuffer))
        }
        transport = try await bootstrap.connect(to: address) { channel in
            channel.eventLoop.makeCompletedFuture {
                if let tls {
                    let handler = try NIOSSLClientHandler(context: tls, serverHostname: "localhost")
                    try channel.pipeline.syncOperations.addHandler(handler)
                }
                let transport = ConnectionTransport(channel: channel, writeTimeout: .seconds(60))
                try channel.pipeline.syncOperations.addHandler(TransportHandler(transport: transport))
                return transport
            }
        }
    }

    deinit {
        transport.abort()
    }

    func send(_ text: String) async throws {
        try await transport.write(ByteBuffer(string: text))
    }

    func send(_ bytes: [UInt8]) async throws {
        try await transport.write(ByteBuffer(bytes: bytes))
    }

    /// Says that nothing more will be sent, and goes on reading.
    func closeOutput() async throws {
        try await transport.waitUntilUnsent(atMost: 0)
        try await transport.channel.close(mode: .output).get()
    }

    func close() {
        transport.abort()
    }

    /// Waits for more bytes; false at the end of the connection.
    @discardableResult
    func receive(within seconds: Int64 = 120) async throws -> Bool {
        switch await transport.read(deadline: .now() + .seconds(seconds)) {
        case .bytes(var bytes):
            unread.writeBuffer(&bytes)
            return true
        case .end, .failed:
            hasEnded = true
            return false
        case .timedOut, .interrupted: throw Failure.timedOut
        }
    }

    /// Everything until the server closes.
    func readToEnd() async throws -> String {
        while try await receive() {}
        return unread.readString(length: unread.readableBytes) ?? ""
    }

    /// Whether the server closes without sending anything more.
    func endsSilently() async throws -> Bool {
        try await readToEnd().isEmpty
    }

    func readBytes(_ count: Int) async throws -> [UInt8] {
        while unread.readableBytes < count {
            guard try await receive() else { throw Failure.unexpectedEnd(String(buffer: unread)) }
        }
        return unread.readBytes(length: count) ?? []
    }

    /// One line without its CRLF.
    private func readLine() async throws -> String {
        while true {
            let view = unread.readableBytesView
            if let end = view.firstIndex(of: 0x0A) {
                let line = unread.readString(length: end - view.startIndex + 1) ?? ""
                return String(line.dropLast(line.hasSuffix("\r\n") ? 1 : 1))
            }
            guard try await receive() else { throw Failure.unexpectedEnd(String(buffer: unread)) }
        }
    }

    /// One response, with the framing that its head announces.
    func readResponse(toHead: Bool = false) async throws -> WireResponse {
        var response = WireResponse()
        let status = try await readLine().split(separator: " ")
        response.status = status.count > 1 ? Int(status[1]) ?? 0 : 0
        while true {
            let line = try await readLine()
            if line.isEmpty { break }
            let colon = line.firstIndex(of: ":") ?? line.startIndex
            let value = line[line.index(after: colon)...].drop { $0 == " " }
            response.fields[line[..<colon].lowercased()] = String(value)
        }
        let hasBody = !toHead && response.status >= 200 && response.status != 204 && response.status != 304
        guard hasBody else { return response }
        if let length = response["Content-Length"].flatMap({ Int($0) }) {
            response.body = String(decoding: try await readBytes(length), as: UTF8.self)
        } else if response["Transfer-Encoding"] == "chunked" {
            try await readChunks(into: &response)
        } else {
            response.body = try await readToEnd()
        }
        return response
    }

    private func readChunks(into response: inout WireResponse) async throws {
        do {
            while true {
                guard let size = Int(try await readLine(), radix: 16) else { throw Failure.unexpectedEnd("chunk size") }
                response.body += String(decoding: try await readBytes(size), as: UTF8.self)
                _ = try await readLine()
                if size == 0 { return }
            }
        } catch Failure.unexpectedEnd {
            response.isComplete = false
        }
    }

    /// Sends a request and reads the response.
    func exchange(
        _ method: String = "GET",
        _ target: String,
        fields: String = "",
        body: String = ""
    ) async throws -> WireResponse {
        let length = body.isEmpty ? "" : "Content-Length: \(body.utf8.count)\r\n"
        try await send("\(method) \(target) HTTP/1.1\r\nHost: localhost\r\n\(fields)\(length)\r\n\(body)")
        return try await readResponse(toHead: method == "HEAD")
    }
}

extension String {
    /// Lines of a request with CRLF ends.
    static func request(_ lines: String..., body: String = "") -> String {
        lines.joined(separator: "\r\n") + "\r\n\r\n" + body
    }
}
