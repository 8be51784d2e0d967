import HTTPTypes
import HTTPWire
import NIOCore
import Testing

@testable import HTTPServer

@Suite struct LiveWebSocketCompressionTests {
    private static let long = String(repeating: "reading,", count: 1_000)
    private static let answer = "permessage-deflate; server_no_context_takeover; client_no_context_takeover"

    private static func router() -> Router {
        var router = Router()
        router.webSocket("/live") { _, socket in
            for await case .text(let text) in socket.messages { try await socket.send(text: text) }
        }
        return router
    }

    /// Opens a WebSocket with an offer of extensions.
    private static func connect(
        _ server: TestServer,
        target: String = "/live",
        offer: String?
    ) async throws -> (client: TestClient, response: WireResponse) {
        let client = try await server.connect()
        let extensions = offer.map { "Sec-WebSocket-Extensions: \($0)\r\n" } ?? ""
        let response = try await client.exchange("GET", target, fields: TestWebSocket.handshake + extensions)
        return (client, response)
    }

    /// The first byte of the next frame, and the message once it is inflated.
    private static func message(_ client: TestClient) async throws -> (first: UInt8, event: WebSocketEvent?) {
        var bytes = try await client.readBytes(2)
        let first = bytes[0]
        var length = Int(bytes[1])
        if length == 126 {
            bytes += try await client.readBytes(2)
            length = Int(bytes[2]) << 8 | Int(bytes[3])
        }
        bytes += try await client.readBytes(length)
        var decoder = WebSocketDecoder(role: .client, inflater: MessageInflater(contexts: 1))
        decoder.receive(ByteBuffer(bytes: bytes))
        return (first, try decoder.next())
    }

    @Test func compressesForClientsThatOfferIt() async throws {
        try await TestServer.run(Self.router()) { server in
            let (client, response) = try await Self.connect(server, offer: "permessage-deflate; client_max_window_bits")
            #expect(response["Sec-WebSocket-Extensions"] == Self.answer)
            // Both sides may send plain messages all the same.
            for text in [Self.long, "short", Self.long] {
                try await client.send(TestWebSocket.bytes(.text, Array(text.utf8)))
                let (first, event) = try await Self.message(client)
                #expect(first == (text == "short" ? 0x81 : 0xC1))
                #expect(event == .text(text))
            }
            let payload = try #require(MessageDeflater().deflate(ByteBuffer(string: Self.long)))
            var compressed = TestWebSocket.bytes(.text, Array(payload.readableBytesView))
            compressed[0] |= 0x40
            try await client.send(compressed)
            #expect(try await Self.message(client).event == .text(Self.long))
        }
    }

    @Test(arguments: [nil, "permessage-deflate; server_max_window_bits=16", "x-webkit-deflate-frame"])
    func speaksPlainlyWithOthers(offer: String?) async throws {
        try await TestServer.run(Self.router()) { server in
            let (client, response) = try await Self.connect(server, offer: offer)
            #expect(response.status == 101)
            #expect(response["Sec-WebSocket-Extensions"] == nil)
            try await client.send(TestWebSocket.bytes(.text, Array(Self.long.utf8)))
            let (first, event) = try await Self.message(client)
            #expect(first == 0x81)
            #expect(event == .text(Self.long))
            // What was not agreed is refused.
            try await client.send([0xC1, 0x80, 0, 0, 0, 0])
            #expect(try await Self.message(client).event == .close(.protocolError, reason: ""))
        }
    }

    @Test func canBeSwitchedOffAndSet() async throws {
        try await TestServer.run(Self.router()) {
            $0.webSocketCompression = nil
        } body: { server in
            let (_, response) = try await Self.connect(server, offer: "permessage-deflate")
            #expect(response["Sec-WebSocket-Extensions"] == nil)
        }
        try await TestServer.run(Self.router()) {
            $0.webSocketCompression?.minimumLength = 20_000
        } body: { server in
            let (client, response) = try await Self.connect(server, offer: "permessage-deflate")
            #expect(response["Sec-WebSocket-Extensions"] == Self.answer)
            try await client.send(TestWebSocket.bytes(.text, Array(Self.long.utf8)))
            #expect(try await Self.message(client).first == 0x81)
        }
    }

    @Test func aMalformedListOfExtensionsIsRefused() async throws {
        try await TestServer.run(Self.router()) { server in
            let (client, response) = try await Self.connect(server, offer: "permessage-deflate; =")
            #expect(response.status == 400)
            #expect(try await client.exchange("GET", "/live").status == 426)
        }
    }

    @Test func onePreparedMessageServesAllKindsOfClients() async throws {
        let message = PreparedMessage(text: Self.long)
        var router = Router()
        router.webSocket("/live") { _, socket in try await socket.send(message) }
        try await TestServer.run(router) { server in
            // The message does not fit into a window of 512 bytes.
            for (offer, expected) in [
                ("permessage-deflate", 0xC1), (nil, 0x81), ("permessage-deflate; server_max_window_bits=9", 0x81),
                ("permessage-deflate; server_max_window_bits=13", 0xC1),
            ] as [(String?, UInt8)] {
                let (client, _) = try await Self.connect(server, offer: offer)
                let (first, event) = try await Self.message(client)
                #expect(first == expected, "\(offer ?? "nothing")")
                #expect(event == .text(Self.long))
            }
        }
    }

    @Test func preparedMessagesAreCompressedOnce() throws {
        func agreed(level: Int) throws -> WebSocketCompression.Agreed {
            var settings = WebSocketCompression()
            settings.level = level
            let offers = try WebSocketExtension.list("permessage-deflate")
            return try #require(WebSocketCompression.Contexts(settings).agree(offers))
        }
        let text = (0..<3_000).map { "\($0 &* 7_919 % 1_009)," }.joined()
        let message = PreparedMessage(text: text)
        let (fast, small) = (try agreed(level: 1), try agreed(level: 9))
        let first = message.encoded(for: fast)
        // Another server would have made something else, but takes what is there.
        #expect(PreparedMessage(text: text).encoded(for: small) != first)
        #expect(message.encoded(for: small) == first)
        #expect(message.encoded(for: nil).readableBytes == message.length)
        let noise = PreparedMessage(binary: (0..<2_000).map { _ in UInt8.random(in: 0...255) })
        #expect(noise.encoded(for: fast) == noise.encoded(for: nil))
    }

    @Test(arguments: [(1_000_000, 1_009), (100, 1_007)] as [(Int, UInt16)])
    func hostilePayloadsCloseTheConnection(zeros: Int, code: UInt16) async throws {
        try await TestServer.run(Self.router()) {
            $0.webSocket.message = 100_000
        } body: { server in
            let (client, _) = try await Self.connect(server, offer: "permessage-deflate")
            let deflater = MessageDeflater(minimumLength: 0)
            let payload = try #require(deflater.deflate(ByteBuffer(repeating: 0x20, count: zeros)))
            // The bomb whole, the other without its end.
            let count = code == 1_009 ? payload.readableBytes : payload.readableBytes - 1
            var bytes = TestWebSocket.bytes(.text, Array(payload.readableBytesView.prefix(count)))
            bytes[0] |= 0x40
            try await client.send(bytes)
            let event = try await Self.message(client).event
            #expect(event == .close(WebSocketCloseCode(rawValue: code), reason: ""))
        }
    }
}
