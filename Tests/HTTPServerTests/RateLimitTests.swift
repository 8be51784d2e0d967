import HTTPTypes
import Primitives
import Testing

@testable import HTTPServer

@Suite struct RateLimitTests {
    private static let second: Int64 = 1_000_000

    @Test func bucketsRefill() {
        var buckets = TokenBuckets(capacity: 2, refillPerSecond: 0.5, maximumKeys: 10)
        #expect(buckets.take("a", at: 0) == nil)
        #expect(buckets.take("a", at: 0) == nil)
        #expect(buckets.take("a", at: 0) == 2)
        #expect(buckets.take("b", at: 0) == nil)
        #expect(buckets.take("a", at: Self.second) == 1)
        #expect(buckets.take("a", at: 2 * Self.second) == nil)
        #expect(buckets.take("a", at: 2 * Self.second) == 2)
        #expect(buckets.take("a", at: 1_000 * Self.second) == nil)
        #expect(buckets.take("a", at: 1_000 * Self.second) == nil)
        #expect(buckets.take("a", at: 1_000 * Self.second) == 2, "never more than the capacity")
    }

    @Test func aClockThatGoesBackGivesNothing() {
        var buckets = TokenBuckets(capacity: 1, refillPerSecond: 1, maximumKeys: 10)
        #expect(buckets.take("a", at: 100 * Self.second) == nil)
        #expect(buckets.take("a", at: 0) == 1)
        #expect(buckets.take("a", at: 100 * Self.second) == 1)
        #expect(buckets.take("a", at: 101 * Self.second) == nil)
    }

    @Test func memoryIsBoundedAndNobodyIsFreed() {
        var buckets = TokenBuckets(capacity: 3, refillPerSecond: 0.001, maximumKeys: 100)
        while buckets.take("held", at: 0) == nil {}
        for number in 0..<10_000 {
            _ = buckets.take("\(number)", at: 0)
            #expect(buckets.count <= 100)
        }
        #expect(buckets.take("held", at: 0) != nil)
    }

    private func status(_ server: Server, _ address: String, _ target: String = "/a") async throws -> Response {
        await server.respond(to: try Request(method: .get, target: target, remoteAddress: address))
    }

    @Test func limitsByAddressAndClass() async throws {
        let time = Recorder<Int64>()
        let clock = WallClock { Timestamp(microseconds: time.values.last ?? 0) }
        let limiter = RateLimiter(name: "test", capacity: 2, refillPerSecond: 0.1, clock: clock)
        var router = Router()
        router.get("/a") { _ in .text("a") }
        router.get("/b") { _ in .text("b") }
        let server = try makeServer(router, middleware: [RateLimit { $0.path == "/a" ? limiter : nil }])
        for _ in 0..<2 { #expect(try await status(server, "192.0.2.1").status == .ok) }
        let refused = try await status(server, "192.0.2.1")
        #expect(refused.status == .tooManyRequests)
        #expect(refused.headers[.retryAfter] == "10")
        #expect(refused.headers["RateLimit".fieldName] == "\"test\";r=0;t=10")
        #expect(refused.problemCode == "too-many-requests")
        #expect(try await status(server, "192.0.2.2").status == .ok)
        #expect(try await status(server, "192.0.2.1", "/b").status == .ok)
        for _ in 0..<5 { #expect(try await status(server, "127.0.0.1").status == .ok) }
        time.record(10 * Self.second)
        #expect(try await status(server, "192.0.2.1").status == .ok)
        #expect(try await status(server, "192.0.2.1").status == .tooManyRequests)
    }

    @Test func aNetworkOfIPv6IsOneClient() {
        #expect(RateLimiter.key(of: "2001:db8::1") == RateLimiter.key(of: "2001:db8::ffff:1"))
        #expect(RateLimiter.key(of: "2001:db8::1") != RateLimiter.key(of: "2001:db8:0:1::1"))
        #expect(RateLimiter.key(of: "192.0.2.1") != RateLimiter.key(of: "192.0.2.2"))
    }
}

@Suite struct CrossOriginTests {
    private func server(credentials: Bool = false) throws -> Server {
        var router = Router()
        router.get("/a") { _ in .json(["x": 1]) }
        router.put("/a") { _ in .noContent }
        let origin = try #require(Origin("https://dash.example"))
        return try makeServer(router, middleware: [CrossOrigin(origins: [origin], allowsCredentials: credentials)])
    }

    private func ask(
        _ method: HTTPRequest.Method,
        _ headers: HTTPFields,
        target: String = "/a",
        credentials: Bool = false
    ) async throws -> Response {
        let request = try Request(method: method, target: target, headers: headers)
        return await (try server(credentials: credentials)).respond(to: request)
    }

    @Test func allowedOriginsMayRead() async throws {
        let response = try await ask(.get, [.origin: "https://dash.example"])
        #expect(response.headers[.accessControlAllowOrigin] == "https://dash.example")
        #expect(response.headers[.accessControlExposeHeaders]?.contains("ETag") == true)
        #expect(response.headers[.accessControlAllowCredentials] == nil)
        #expect(response.headers[.vary] == "Origin")
        let problem = try await ask(.get, [.origin: "https://dash.example"], target: "/none")
        #expect(problem.status == .notFound && problem.headers[.accessControlAllowOrigin] != nil)
        let trusted = try await ask(.get, [.origin: "https://dash.example"], credentials: true)
        #expect(trusted.headers[.accessControlAllowCredentials] == "true")
    }

    @Test(arguments: [
        "https://evil.example", "http://dash.example", "https://dash.example.evil", "null", "*", "HTTPS://DASH.EXAMPLE",
    ])
    func othersMayNot(origin: String) async throws {
        for method in [HTTPRequest.Method.get, .options] {
            let response = try await ask(method, [.origin: origin, .accessControlRequestMethod: "PUT"])
            #expect(response.headers[.accessControlAllowOrigin] == nil)
            #expect(response.headers[.accessControlAllowMethods] == nil)
            #expect(response.headers[.vary]?.hasPrefix("Origin") == true)
        }
        #expect(try await ask(.get, [:]).headers[.vary] == "Origin")
    }

    @Test func preflightsTellTheMethodsOfThePath() async throws {
        let headers: HTTPFields = [.origin: "https://dash.example", .accessControlRequestMethod: "PUT"]
        let response = try await ask(.options, headers)
        #expect(response.status == .noContent)
        #expect(response.headers[.accessControlAllowMethods] == "GET, HEAD, OPTIONS, PUT")
        #expect(response.headers[.accessControlAllowHeaders]?.contains("If-Match") == true)
        #expect(response.headers[.accessControlMaxAge] == "600")
        #expect(response.headers[.vary] == "Origin, Access-Control-Request-Method, Access-Control-Request-Headers")
        let plain = try await ask(.options, [.origin: "https://dash.example"])
        #expect(plain.headers[.accessControlAllowMethods] == nil)
    }

    @Test func readsOrigins() {
        for text in ["https://a.example", "http://localhost:3000", "http://[::1]:8080"] {
            #expect(Origin(text)?.text == text)
        }
        for text in [
            "", "*", "a.example", "ftp://a", "https://", "https://a/", "https://A.example", "https://a:443",
            "http://a:80", "https://a b", "https://u@a", "https://a:", "https://:1", "null",
        ] {
            #expect(Origin(text) == nil, "\(text)")
        }
    }
}

@Suite struct TraceTests {
    private static let trace = "0af7651916cd43dd8448eb211c80319c"
    private static let span = "b7ad6b7169203331"

    private func context(_ value: String?, state: String? = nil, id: String = "1-1") throws -> TraceContext {
        var headers = HTTPFields()
        headers["traceparent".fieldName] = value
        headers["tracestate".fieldName] = state
        return try Request(method: .get, target: "/", headers: headers, id: id).trace
    }

    @Test func goesOnWithATrace() throws {
        let trace = try context("00-\(Self.trace)-\(Self.span)-01", state: "a=1")
        #expect(trace.traceID == Self.trace && trace.parentID == Self.span)
        #expect(trace.isSampled && trace.state == "a=1")
        #expect(trace.spanID != Self.span)
        #expect(trace.outgoing == "00-\(Self.trace)-\(trace.spanID)-01")
        #expect(try context("00-\(Self.trace)-\(Self.span)-02").isSampled == false)
        #expect(try context("cc-\(Self.trace)-\(Self.span)-01-later").traceID == Self.trace)
    }

    @Test func beginsATrace() throws {
        let first = try context(nil, state: "a=1", id: "1-1")
        let again = try context(nil, id: "1-1")
        let second = try context(nil, id: "1-2")
        #expect(first.parentID == nil && first.state == nil && !first.isSampled)
        #expect(first.traceID.utf8.count == 32 && first.spanID.utf8.count == 16)
        #expect(first.traceID == again.traceID && first.spanID == again.spanID)
        #expect(first.traceID != second.traceID && first.spanID != second.spanID)
        #expect(TraceContext.parse(first.outgoing)?.traceID == first.traceID)
    }

    @Test(arguments: [
        "", "00", "00-\(trace)-\(span)", "00-\(trace)-\(span)-1", "00-\(trace)-\(span)-01-x", "ff-\(trace)-\(span)-01",
        "00-\(trace.uppercased())-\(span)-01", "00-00000000000000000000000000000000-\(span)-01",
        "00-\(trace)-0000000000000000-01", "00_\(trace)-\(span)-01", "cc-\(trace)-\(span)-01x",
        "0g-\(trace)-\(span)-01",
        "00-\(trace)-\(span)-0é", " 00-\(trace)-\(span)-01",
    ])
    func refuses(text: String) throws {
        #expect(TraceContext.parse(text) == nil)
    }

    @Test func clientsLearnTheirRequestsId() async throws {
        var router = Router()
        router.get("/a") { request in .text(request.trace.traceID) }
        try await TestServer.run(router, middleware: [RequestIdentity()]) { server in
            let client = try await server.connect()
            let parent = "traceparent: 00-\(Self.trace)-\(Self.span)-01\r\n"
            let response = try await client.exchange("GET", "/a", fields: parent)
            #expect(response.body == Self.trace)
            let other = try await client.exchange("GET", "/none")
            await server.exchanges.wait(for: 2)
            let records = server.exchanges.values
            #expect(records.map(\.id) == [response["X-Request-Id"], other["X-Request-Id"]])
            #expect(records[0].traceID == Self.trace)
            #expect(records[1].traceID != nil && records[1].refusal == "not-found")
        }
    }
}
