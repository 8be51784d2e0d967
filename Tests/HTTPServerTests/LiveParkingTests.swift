import HTTPTypes
import Testing

@testable import HTTPServer

/// Connections that gave their task back behave like all others.
@Suite struct LiveParkingTests {
    /// Parks at once after every answer.
    private static func parkAtOnce(_ configuration: inout ServerConfiguration) {
        configuration.timeouts.park = .zero
    }

    @Test func parkedConnectionsAnswerAgain() async throws {
        try await TestServer.run(LiveHTTPTests.router(), configure: Self.parkAtOnce) { server in
            let clients = [try await server.connect(), try await server.connect()]
            for _ in 0..<5 {
                for client in clients { #expect(try await client.exchange("GET", "/hello").status == 200) }
            }
            // A head that comes in two pieces, the first of which wakes the connection.
            try await clients[0].send("GET /hello HTTP/1.1\r\nHo")
            #expect(try await clients[1].exchange("GET", "/hello").status == 200)
            try await clients[0].send("st: h\r\n\r\n")
            #expect(try await clients[0].readResponse().status == 200)
            #expect(server.server.connectionCount == 2)
        }
    }

    @Test func parkedConnectionsTimeOutSilently() async throws {
        try await TestServer.run(LiveHTTPTests.router()) {
            $0.timeouts.park = .milliseconds(10)
            $0.timeouts.idle = .milliseconds(100)
        } body: { server in
            let client = try await server.connect()
            #expect(try await client.exchange("GET", "/hello").status == 200)
            #expect(try await client.endsSilently())
        }
    }

    @Test func parkedConnectionsEndWithTheServer() async throws {
        try await TestServer.run(LiveHTTPTests.router(), configure: Self.parkAtOnce) { server in
            let client = try await server.connect()
            let silent = try await server.connect()
            #expect(try await client.exchange("GET", "/hello").status == 200)
            server.server.shutdown()
            #expect(try await client.endsSilently())
            #expect(try await silent.endsSilently())
        }
    }

    @Test func parkedConnectionsNoticeThatTheClientLeft() async throws {
        try await TestServer.run(LiveHTTPTests.router(), configure: Self.parkAtOnce) { server in
            let client = try await server.connect()
            #expect(try await client.exchange("GET", "/hello").status == 200)
            try await client.closeOutput()
            #expect(try await client.endsSilently())
        }
    }
}
