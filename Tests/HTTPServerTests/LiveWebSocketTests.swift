import HTTPTypes
import HTTPWire
import NIOCore
import Testing

@testable import HTTPServer

/// A WebSocket client for tests: our codec in the client's role over a raw connection.
struct TestWebSocket {
    let client: TestClient
    private var decoder = WebSocketDecoder(role: .client)

    init(_ server: TestServer, target: String = "/live") async throws {
        client = try await server.connect()
        let response = try await client.exchange("GET", target, fields: Self.handshake)
        #expect(response.status == 101)
        #expect(response["Sec-WebSocket-Accept"] == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=")
        #expect(response["Upgrade"] == "websocket")
        #expect(response["Connection"] == "Upgrade")
    }

    static let handshake =
        "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
        + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"

    static func bytes(
        _ opcode: WebSocketOpcode,
        _ payload: [UInt8],
        final: Bool = true,
        key: UInt32? = 0xA1B2_C3D4
    ) -> [UInt8] {
        var buffer = ByteBuffer()
        WebSocketFrame(isFinal: final, opcode: opcode, payload: ByteBuffer(bytes: payload)).write(
            into: &buffer,
            maskingKey: key
        )
        return Array(buffer.readableBytesView)
    }

    func send(_ opcode: WebSocketOpcode, _ text: String = "", final: Bool = true) async throws {
        try await client.send(Self.bytes(opcode, Array(text.utf8), final: final))
    }

    /// The next event, or nil when the connection ended.
    mutating func next() async throws -> WebSocketEvent? {
        while true {
            if let event = try decoder.next() { return event }
            guard let byte = try? await client.readBytes(1) else { return nil }
            decoder.receive(ByteBuffer(bytes: byte))
        }
    }
}

@Suite struct LiveWebSocketTests {
    private static func router(_ ended: Recorder<WebSocketCloseCode?> = Recorder()) -> Router {
        var router = Router()
        router.webSocket("/live") { _, socket in
            for await message in socket.messages {
                switch message {
                case .text(let text): try await socket.send(text: text)
                case .binary(let bytes): try await socket.send(binary: bytes)
                }
            }
            ended.record(socket.closeCode)
        }
        router.webSocket("/guarded") { request in
            if request.query.first("token") == "t" { return nil }
            return Response(status: .unauthorized)
        } handler: { _, socket in
            try await socket.send(text: "in")
        }
        router.webSocket("/fails") { _, _ in throw HTTPProblem.notFound }
        router.get("/hello") { _ in .text("Hello") }
        return router
    }

    @Test func echoesMessages() async throws {
        let ended = Recorder<WebSocketCloseCode?>()
        try await TestServer.run(Self.router(ended)) { server in
            var socket = try await TestWebSocket(server)
            try await socket.send(.text, "hello")
            #expect(try await socket.next() == .text("hello"))
            let long = String(repeating: "0123456789", count: 20_000)
            try await socket.send(.text, long)
            #expect(try await socket.next() == .text(long))
            try await socket.client.send(TestWebSocket.bytes(.binary, [0, 255, 1]))
            #expect(try await socket.next() == .binary(ByteBuffer(bytes: [0, 255, 1])))
            try await socket.send(.text, "fra", final: false)
            try await socket.send(.ping, "p")
            try await socket.send(.continuation, "gment", final: true)
            #expect(try await socket.next() == .pong(ByteBuffer(string: "p")))
            #expect(try await socket.next() == .text("fragment"))
            try await socket.client.send(TestWebSocket.bytes(.close, [0x0F, 0xA0]))
            #expect(try await socket.next() == .close(WebSocketCloseCode(rawValue: 4_000), reason: ""))
            #expect(try await socket.next() == nil)
            await ended.wait(for: 1)
            #expect(ended.values == [WebSocketCloseCode(rawValue: 4_000)])
            await server.exchanges.wait(for: 1)
            #expect(server.exchanges.values.first?.outcome == .webSocket)
        }
    }

    @Test func takesFramesSentRightBehindTheHandshake() async throws {
        try await TestServer.run(Self.router()) { server in
            let client = try await server.connect()
            let request = "GET /live HTTP/1.1\r\nHost: h\r\n\(TestWebSocket.handshake)\r\n"
            try await client.send(Array(request.utf8) + TestWebSocket.bytes(.text, [0x68, 0x69]))
            #expect(try await client.readResponse().status == 101)
            #expect(try await client.readBytes(4) == [0x81, 0x02, 0x68, 0x69])
        }
    }

    @Test(
        arguments: [
            ([0x81, 0x01, 0x61], 1_002), ([0xC1, 0x80, 0, 0, 0, 0], 1_002), ([0x83, 0x80, 0, 0, 0, 0], 1_002),
            ([0x81, 0x81, 0, 0, 0, 0, 0xFF], 1_007), ([0x80, 0x80, 0, 0, 0, 0], 1_002),
            ([0x82, 0xFF, 0, 0, 0, 0, 0x7F, 0, 0, 0], 1_009), ([0x88, 0x81, 0, 0, 0, 0, 1], 1_002),
        ] as [([UInt8], UInt16)]
    )
    func closesWithTheRightCode(bytes: [UInt8], code: UInt16) async throws {
        let ended = Recorder<WebSocketCloseCode?>()
        try await TestServer.run(Self.router(ended)) { server in
            var socket = try await TestWebSocket(server)
            try await socket.send(.text, "before")
            #expect(try await socket.next() == .text("before"))
            try await socket.client.send(bytes)
            #expect(try await socket.next() == .close(WebSocketCloseCode(rawValue: code), reason: ""))
            #expect(try await socket.next() == nil)
            await ended.wait(for: 1)
            #expect(ended.values == [WebSocketCloseCode(rawValue: code)])
        }
    }

    @Test func refusesWhatIsNoHandshake() async throws {
        try await TestServer.run(Self.router()) { server in
            let client = try await server.connect()
            let plain = try await client.exchange("GET", "/live")
            #expect(plain.status == 426)
            #expect(plain["Upgrade"] == "websocket")
            let old = try await client.exchange(
                "GET",
                "/live",
                fields: TestWebSocket.handshake.replacing("Version: 13", with: "Version: 8")
            )
            #expect(old.status == 426)
            #expect(old["Sec-WebSocket-Version"] == "13")
            let bad = try await client.exchange(
                "GET",
                "/live",
                fields: TestWebSocket.handshake.replacing("dGhl", with: "!!!!")
            )
            #expect(bad.status == 400)
            #expect(try await client.exchange("GET", "/guarded", fields: TestWebSocket.handshake).status == 401)
            #expect(try await client.exchange("HEAD", "/live").status == 405)
            #expect(try await client.exchange("GET", "/hello", fields: TestWebSocket.handshake).status == 200)
            var socket = try await TestWebSocket(server, target: "/guarded?token=t")
            #expect(try await socket.next() == .text("in"))
            #expect(try await socket.next() == .close(.normal, reason: ""))
        }
    }

    @Test func aFailingHandlerClosesWith1011() async throws {
        try await TestServer.run(Self.router()) { server in
            var socket = try await TestWebSocket(server, target: "/fails")
            #expect(try await socket.next() == .close(.internalError, reason: ""))
        }
    }

    @Test func aClientThatVanishesEndsTheMessages() async throws {
        let ended = Recorder<WebSocketCloseCode?>()
        try await TestServer.run(Self.router(ended)) { server in
            let socket = try await TestWebSocket(server)
            socket.client.close()
            await ended.wait(for: 1)
            #expect(ended.values == [.abnormal])
        }
    }

    @Test func pingsSilentClients() async throws {
        try await TestServer.run(Self.router()) {
            $0.timeouts.webSocketPing = .milliseconds(50)
        } body: { server in
            var socket = try await TestWebSocket(server)
            #expect(try await socket.next() == .ping(ByteBuffer()))
            try await socket.send(.pong)
            #expect(try await socket.next() == .ping(ByteBuffer()))
            try await socket.client.send(TestWebSocket.bytes(.close, []))
            #expect(try await socket.next() == .close(.normal, reason: ""))
        }
    }

    @Test func givesUpOnClientsThatAnswerNoPing() async throws {
        let ended = Recorder<WebSocketCloseCode?>()
        try await TestServer.run(Self.router(ended)) { configuration in
            configuration.timeouts.webSocketPing = .milliseconds(50)
            configuration.timeouts.webSocketPong = .milliseconds(50)
        } body: { server in
            var socket = try await TestWebSocket(server)
            #expect(try await socket.next() == .ping(ByteBuffer()))
            #expect(try await socket.next() == nil)
            await ended.wait(for: 1)
            #expect(ended.values == [.abnormal])
        }
    }

    @Test func shutdownClosesWith1001() async throws {
        let ended = Recorder<WebSocketCloseCode?>()
        try await TestServer.run(Self.router(ended)) { server in
            var socket = try await TestWebSocket(server)
            try await socket.send(.text, "x")
            #expect(try await socket.next() == .text("x"))
            server.server.shutdown()
            #expect(try await socket.next() == .close(.goingAway, reason: "The server stops."))
            try await socket.client.send(TestWebSocket.bytes(.close, [0x03, 0xE9]))
            #expect(try await socket.next() == nil)
            await ended.wait(for: 1)
        }
    }

    @Test func aSlowReaderIsSeenAndCanBeClosed() async throws {
        let unsent = Recorder<Int>()
        var router = Router()
        router.webSocket("/live") { _, socket in
            let message = PreparedMessage(text: String(repeating: "x", count: 32 * 1_024))
            while try socket.enqueue(message) < 512 * 1_024 { await Task.yield() }
            unsent.record(socket.unsentBytes)
            socket.close(.tryAgainLater, reason: "too slow")
            for await _ in socket.messages {}
        }
        try await TestServer.run(router) {
            $0.timeouts.webSocketClose = .milliseconds(200)
        } body: { server in
            let client = try await server.connect(receiveBuffer: 4_096)
            try await client.send("GET /live HTTP/1.1\r\nHost: h\r\n\(TestWebSocket.handshake)\r\n")
            await unsent.wait(for: 1)
            #expect(unsent.values.allSatisfy { $0 >= 256 * 1_024 && $0 < 1_024 * 1_024 })
            await server.exchanges.wait(for: 1)
            client.close()
        }
    }

    @Test func cancellationEndsTheIteration() async throws {
        let ended = Recorder<Void>()
        var router = Router()
        router.webSocket("/live") { _, socket in
            // A reader beside a writer that ends first, as in a live session.
            await withTaskGroup(of: Void.self) { group in
                group.addTask { for await _ in socket.messages {} }
                group.addTask { _ = try? await socket.send(text: "once") }
                await group.next()
                group.cancelAll()
            }
            ended.record(())
        }
        try await TestServer.run(router) { server in
            var socket = try await TestWebSocket(server)
            #expect(try await socket.next() == .text("once"))
            await ended.wait(for: 1)
            #expect(try await socket.next() == .close(.normal, reason: ""))
        }
    }
}
