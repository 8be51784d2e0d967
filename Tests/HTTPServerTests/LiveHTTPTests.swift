import HTTPTypes
import HTTPWire
import Testing

@testable import HTTPServer

/// Over real sockets: what a client on the wire sees.
@Suite struct LiveHTTPTests {
    static func router() -> Router {
        var router = Router()
        router.get("/hello") { _ in .text("Hello") }
        router.get("/hello/{name}") { request in .text("Hello, \(request.parameters["name"])") }
        router.post("/echo") { request in Response(body: .bytes(try await request.body.collect())) }
        router.post("/ignore") { _ in .noContent }
        router.post("/stream-echo") { request in
            Response(
                body: .stream { writer in
                    for try await piece in request.body { try await writer.write(piece) }
                }
            )
        }
        router.get("/lines") { request in
            let count = Int(request.query.first("count") ?? "") ?? 3
            return Response(
                body: .stream { writer in
                    for number in 0..<count { try await writer.write("line \(number)\n") }
                }
            )
        }
        router.get("/fails") { _ in throw CancellationError() }
        router.get("/broken") { _ in
            Response(
                body: .stream { writer in
                    try await writer.write("half")
                    try await writer.flush()
                    throw CancellationError()
                }
            )
        }
        router.get("/short") { _ in Response(body: .stream(length: 10) { try await $0.write("123") }) }
        router.get("/exact") { _ in Response(body: .stream(length: 3) { try await $0.write("123") }) }
        return router
    }

    @Test func keepsTheConnection() async throws {
        try await TestServer.run(Self.router()) { server in
            let client = try await server.connect()
            for name in ["a", "b%20c", "d"] {
                let response = try await client.exchange("GET", "/hello/\(name)")
                #expect(response.status == 200)
                #expect(response["Connection"] == nil)
                #expect(response["Content-Type"] == "text/plain; charset=utf-8")
                #expect(response["Date"]?.hasSuffix("GMT") == true)
            }
            let last = try await client.exchange("GET", "/hello", fields: "Connection: close\r\n")
            #expect(last.body == "Hello")
            #expect(last["Connection"] == "close")
            #expect(try await client.endsSilently())
        }
    }

    @Test func answersPipelinedRequestsInOrder() async throws {
        try await TestServer.run(Self.router()) { server in
            let client = try await server.connect()
            var text = ""
            for number in 0..<50 {
                text += "GET /hello/\(number) HTTP/1.1\r\nHost: h\r\n\r\n"
                text += "POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabc"
                text += "POST /ignore HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"
            }
            try await client.send(text)
            for number in 0..<50 {
                #expect(try await client.readResponse().body == "Hello, \(number)")
                #expect(try await client.readResponse().body == "abc")
                #expect(try await client.readResponse().status == 204)
            }
        }
    }

    @Test func takesChunksAndOneByteAtATime() async throws {
        try await TestServer.run(Self.router()) { server in
            let client = try await server.connect()
            let request = String.request(
                "POST /echo HTTP/1.1",
                "Host: h",
                "Transfer-Encoding: chunked",
                body: "5;x=y\r\nhello\r\n7\r\n, world\r\n0\r\nX-Sum: 1\r\n\r\n"
            )
            for byte in request.utf8 { try await client.send([byte]) }
            #expect(try await client.readResponse().body == "hello, world")
            #expect(try await client.exchange("GET", "/hello").body == "Hello")
        }
    }

    @Test func continuesOnlyWhenTheHandlerReads() async throws {
        try await TestServer.run(Self.router()) { server in
            let client = try await server.connect()
            try await client.send(
                .request("POST /echo HTTP/1.1", "Host: h", "Content-Length: 5", "Expect: 100-continue")
            )
            #expect(try await client.readResponse().status == 100)
            try await client.send("hello")
            #expect(try await client.readResponse().body == "hello")
            // Nobody reads: no interim response, and the connection cannot go on.
            try await client.send(
                .request("POST /ignore HTTP/1.1", "Host: h", "Content-Length: 5", "Expect: 100-continue")
            )
            let refused = try await client.readResponse()
            #expect(refused.status == 204)
            #expect(refused["Connection"] == "close")
            #expect(try await client.endsSilently())
        }
    }

    @Test func limitsBodies() async throws {
        var router = Self.router()
        router.post("/large", bodyLimit: 100) { request in .text("\(try await request.body.collect().count)") }
        try await TestServer.run(router) {
            $0.bodyLimit = 10
        } body: { server in
            var client = try await server.connect()
            #expect(try await client.exchange("POST", "/echo", body: "0123456789").status == 200)
            #expect(try await client.exchange("POST", "/large", body: String(repeating: "a", count: 100)).body == "100")
            let tooLarge = try await client.exchange("POST", "/echo", body: "0123456789a")
            #expect(tooLarge.status == 413)
            #expect(tooLarge.body.contains("\"code\":\"content-too-large\""))
            client = try await server.connect()
            try await client.send(
                .request(
                    "POST /echo HTTP/1.1",
                    "Host: h",
                    "Transfer-Encoding: chunked",
                    body: "8\r\n01234567\r\n8\r\n01234567\r\n0\r\n\r\n"
                )
            )
            #expect(try await client.readResponse().status == 413)
            client = try await server.connect()
            try await client.send(.request("POST /echo HTTP/1.1", "Host: h", "Content-Length: 99999999999"))
            let announced = try await client.readResponse()
            #expect(announced.status == 413)
            #expect(announced["Connection"] == "close")
        }
    }

    @Test func answersHeadAndOptionsByItself() async throws {
        try await TestServer.run(Self.router()) { server in
            let client = try await server.connect()
            let head = try await client.exchange("HEAD", "/hello")
            #expect(head.status == 200)
            #expect(head["Content-Length"] == "5")
            #expect(try await client.exchange("HEAD", "/exact")["Content-Length"] == "3")
            #expect(try await client.exchange("HEAD", "/lines").status == 200)
            let options = try await client.exchange("OPTIONS", "/echo")
            #expect(options.status == 204)
            #expect(options["Allow"] == "OPTIONS, POST")
            #expect(options["Content-Length"] == nil)
            #expect(try await client.exchange("OPTIONS", "*").status == 204)
            #expect(try await client.exchange("GET", "/hello").body == "Hello")
        }
    }

    @Test(arguments: [
        ("GET", "/nothing", 404, "not-found"), ("GET", "/hello/a/b", 404, "not-found"),
        ("GET", "/hello/", 404, "not-found"), ("GET", "//hello", 404, "not-found"),
        ("PUT", "/echo", 405, "method-not-allowed"), ("BREW", "/hello", 501, "unsupported-method"),
        ("GET", "/%zz", 400, "bad-percent-encoding"), ("GET", "/a%2fb", 400, "encoded-slash"),
        ("GET", "/%00", 400, "control-character"), ("GET", "/../etc", 400, "leaves-root"),
        ("GET", "/hello?x=%", 400, "bad-percent-encoding"), ("BREW", "/%zz", 400, "bad-percent-encoding"),
        ("GET", "/fails", 500, "internal-error"), ("POST", "/hello", 405, "method-not-allowed"),
    ])
    func refusesPreciselyAndGoesOn(method: String, target: String, status: Int, code: String) async throws {
        try await TestServer.run(Self.router()) { server in
            let client = try await server.connect()
            let response = try await client.exchange(method, target)
            #expect(response.status == status)
            #expect(response["Content-Type"] == "application/problem+json")
            #expect(response.body.contains("\"code\":\"\(code)\""))
            #expect(
                response["Allow"]
                    == (status == 405 ? (target == "/echo" ? "OPTIONS, POST" : "GET, HEAD, OPTIONS") : nil)
            )
            #expect(try await client.exchange("GET", "/hello").body == "Hello")
        }
    }

    @Test(arguments: [
        ("\u{16}\u{3}\u{1}\u{2}", 400), ("GET / HTTP/1.1\r\n\r\n", 400), ("GET / HTTP/2.0\r\n\r\n", 505),
        ("GET /\(String(repeating: "a", count: 17_000)) HTTP/1.1\r\n", 414),
        ("GET / HTTP/1.1\r\nX: \(String(repeating: "a", count: 17_000))\r\n", 431),
        ("CONNECT h:80 HTTP/1.1\r\nHost: h\r\n\r\n", 501), ("GET / HTTP/1.1\r\nHost: h\r\nExpect: x\r\n\r\n", 417),
        ("POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", 400),
        ("POST /echo HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", 400),
        ("POST /echo HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: gzip, chunked\r\n\r\n", 501),
    ])
    func closesWhenFramingIsInDoubt(text: String, status: Int) async throws {
        try await TestServer.run(Self.router()) { server in
            let client = try await server.connect()
            try await client.send(text + "\r\nGET /hello HTTP/1.1\r\nHost: h\r\n\r\n")
            let response = try await client.readResponse()
            #expect(response.status == status)
            #expect(response["Connection"] == "close")
            #expect(response["Content-Type"] == "application/problem+json")
            #expect(try await client.endsSilently())
        }
    }

    @Test func streamsInChunks() async throws {
        try await TestServer.run(Self.router()) { server in
            let client = try await server.connect()
            let response = try await client.exchange("GET", "/lines?count=20000")
            #expect(response["Transfer-Encoding"] == "chunked")
            #expect(response.body == (0..<20_000).map { "line \($0)\n" }.joined())
            #expect(try await client.exchange("GET", "/exact").body == "123")
            let echo = String(repeating: "0123456789", count: 10_000)
            #expect(try await client.exchange("POST", "/stream-echo", body: echo).body == echo)
        }
    }

    @Test func cutsTheConnectionWhenABodyFails() async throws {
        try await TestServer.run(Self.router()) { server in
            var client = try await server.connect()
            try await client.send(.request("GET /broken HTTP/1.1", "Host: h"))
            let broken = try await client.readResponse()
            #expect(broken.body == "half")
            #expect(!broken.isComplete)
            client = try await server.connect()
            try await client.send(.request("GET /short HTTP/1.1", "Host: h"))
            await #expect(throws: TestClient.Failure.self) { try await client.readResponse() }
            await server.exchanges.wait(for: 2)
            #expect(server.exchanges.values.map(\.outcome) == [.aborted, .aborted])
        }
    }

    @Test func speaksToOldClients() async throws {
        try await TestServer.run(Self.router()) { server in
            var client = try await server.connect()
            try await client.send("GET /hello HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
            let kept = try await client.readResponse()
            #expect(kept["Connection"] == "keep-alive")
            try await client.send("GET /lines HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
            let streamed = try await client.readResponse()
            #expect(streamed["Connection"] == "close")
            #expect(streamed["Transfer-Encoding"] == nil)
            #expect(streamed.body == "line 0\nline 1\nline 2\n")
            client = try await server.connect()
            try await client.send("GET /hello HTTP/1.0\r\n\r\n")
            #expect(try await client.readToEnd().hasSuffix("\r\n\r\nHello"))
        }
    }

    @Test func answersAClientThatHasStoppedSending() async throws {
        try await TestServer.run(Self.router()) { server in
            let client = try await server.connect()
            try await client.send(.request("GET /hello HTTP/1.1", "Host: h"))
            try await client.closeOutput()
            #expect(try await client.readResponse().body == "Hello")
            #expect(try await client.endsSilently())
        }
    }

    @Test func recordsExchangesByRoute() async throws {
        try await TestServer.run(Self.router()) { server in
            let client = try await server.connect()
            _ = try await client.exchange("GET", "/hello/secret-name")
            _ = try await client.exchange("GET", "/unknown-secret")
            try await client.send("junk\r\n\r\n")
            _ = try await client.readResponse()
            await server.exchanges.wait(for: 3)
            let records = server.exchanges.values
            #expect(records.map(\.route) == ["/hello/{name}", nil, nil])
            #expect(records.map(\.status.code) == [200, 404, 400])
            #expect(records.map(\.bodyBytes).first == "Hello, secret-name".utf8.count)
            #expect(records[0].method == .get)
            #expect(records[0].remoteAddress == "127.0.0.1")
            #expect(records[2].refusal == "invalid-request-line")
            #expect(Set(records.prefix(2).map(\.id)).count == 2)
        }
    }
}
