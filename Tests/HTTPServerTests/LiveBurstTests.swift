import HTTPTypes
import HTTPWire
import NIOCore
import Testing

@testable import HTTPServer

/// Many clients at once, and clients that send nonsense.
@Suite struct LiveBurstTests {
    private static let seeds = [
        "GET /hello HTTP/1.1\r\nHost: h\r\n\r\nGET /hello/x HTTP/1.1\r\nHost: h\r\n\r\n",
        "POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhello",
        "POST /echo HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\nExpect: 100-continue\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
        "GET /live HTTP/1.1\r\nHost: h\r\n\(TestWebSocket.handshake)\r\n",
    ]

    private static func mutate(_ text: String, _ state: inout UInt64) -> [UInt8] {
        func random(_ bound: Int) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int(state >> 33) % bound
        }
        var bytes = Array(text.utf8)
        for _ in 0..<(1 + random(4)) {
            let place = random(bytes.count)
            switch random(4) {
            case 0: bytes[place] = UInt8(random(256))
            case 1: bytes.remove(at: place)
            case 2: bytes.insert(contentsOf: [13, 10].prefix(1 + random(2)), at: place)
            default: bytes.insert(contentsOf: bytes[place..<min(bytes.count, place + random(16))], at: place)
            }
        }
        return bytes
    }

    @Test func nonsenseEndsNothing() async throws {
        var router = LiveHTTPTests.router()
        router.webSocket("/live") { _, socket in
            for await message in socket.messages {
                if case .text(let text) = message { try await socket.send(text: text) }
            }
        }
        try await TestServer.run(router) {
            $0.timeouts.linger = .milliseconds(100)
        } body: { server in
            let port = server.port
            try await withThrowingTaskGroup(of: Void.self) { group in
                for worker in 0..<8 {
                    group.addTask {
                        var state = UInt64(worker) &+ 99
                        for round in 0..<50 {
                            let client = try await TestClient(port: port)
                            let bytes = Self.mutate(Self.seeds[(worker + round) % Self.seeds.count], &state)
                            try? await client.send(bytes)
                            if round % 5 == 0 { continue }
                            try? await client.closeOutput()
                            _ = try await client.readToEnd()
                        }
                    }
                }
                try await group.waitForAll()
            }
            let client = try await server.connect()
            #expect(try await client.exchange("GET", "/hello").body == "Hello")
        }
    }

    @Test func manyClientsAtOnce() async throws {
        try await TestServer.run(LiveHTTPTests.router()) { server in
            let port = server.port
            let answered = try await withThrowingTaskGroup(of: Int.self) { group in
                for number in 0..<100 {
                    group.addTask {
                        let client = try await TestClient(port: port)
                        var answered = 0
                        for round in 0..<10 {
                            let body = "\(number)-\(round)"
                            answered += try await client.exchange("POST", "/echo", body: body).body == body ? 1 : 0
                        }
                        return answered
                    }
                }
                return try await group.reduce(0, +)
            }
            #expect(answered == 1_000)
            #expect(server.exchanges.values.count == 1_000)
            #expect(Set(server.exchanges.values.map(\.id)).count == 1_000)
        }
    }
}
