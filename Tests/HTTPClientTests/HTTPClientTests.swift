import Foundation
import Synchronization
import Testing

@testable import HTTPClient

@Suite(.timeLimit(.minutes(1))) struct HTTPClientTests {
    private func client(perHost: Int = 16) throws -> HTTPClient {
        HTTPClient(.init(policy: try OutboundPolicy(allow: ["127.0.0.1"]), maximumConcurrencyPerHost: perHost))
    }

    private func failure(_ body: () async throws -> OutboundResponse) async -> OutboundError? {
        do {
            _ = try await body()
            return nil
        } catch {
            return error as? OutboundError
        }
    }

    @Test func sendsTheRequestAndReturnsTheAnswer() async throws {
        let server = try RawHTTPServer { _ in .respond(201, "{\"id\":7}", headers: ["X-Two:  b ", "Retry-After: 3"]) }
        defer { server.stop() }
        let request = OutboundRequest(
            method: "POST",
            url: server.url("/orders?x=%20y"),
            headers: [
                .init("Content-Type", "application/json"), .init("Idempotency-Key", "pw-1"), .init("X-Empty", ""),
            ],
            body: Array("{\"a\":\"é\"}".utf8)
        )
        let answer = try await client().send(request)
        #expect(answer.status == 201)
        #expect(String(decoding: answer.body, as: UTF8.self) == "{\"id\":7}")
        #expect(answer.header("x-two") == "b" && answer.header("retry-after") == "3" && answer.header("none") == nil)
        let seen = try #require(server.received.first)
        #expect(seen.method == "POST" && seen.target == "/orders?x=%20y" && seen.body == "{\"a\":\"é\"}")
        #expect(seen.headers["idempotency-key"] == "pw-1" && seen.headers["content-type"] == "application/json")
        #expect(seen.headers["x-empty"] == "" || seen.headers["x-empty"] == nil)
        #expect(seen.headers["expect"] == nil)
    }

    @Test(arguments: ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"])
    func anEmptyBodyIsEmpty(_ method: String) async throws {
        let server = try RawHTTPServer { _ in .respond(200, "hello") }
        defer { server.stop() }
        let answer = try await client().send(OutboundRequest(method: method, url: server.url()))
        #expect(answer.body.count == (method == "HEAD" ? 0 : 5))
        #expect(server.received.map(\.method) == [method])
        #expect(server.received.first?.body == "")
        #expect(server.received.first?.headers["content-type"] == nil)
    }

    /// A server that does the work, then closes a kept-alive connection without a byte.
    private func dropsAfterWork(_ method: String) async throws -> (error: OutboundError?, worked: Int, connections: Int)
    {
        let server = try RawHTTPServer { $0.target == "/warm-up" ? .respond(200, "") : .close }
        defer { server.stop() }
        let client = try client()
        _ = try await client.send(OutboundRequest(method: "GET", url: server.url("/warm-up")))
        let error = await failure {
            try await client.send(OutboundRequest(method: method, url: server.url("/work"), body: Array("{}".utf8)))
        }
        return (error, server.received.count { $0.target == "/work" }, server.connections)
    }

    @Test func createReachesTheWireOnceWhenAKeptConnectionDies() async throws {
        let outcome = try await dropsAfterWork("POST")
        #expect(outcome.worked == 1)
        #expect(outcome.connections == 2, "the create got a connection of its own")
        #expect(outcome.error?.kind == .connectionLost)
        #expect(outcome.error?.mayHaveReachedServer == true)
    }

    /// The control of the test above: where the connection is reused, libcurl repeats the request by itself.
    @Test func libcurlRepeatsOnAReusedConnection() async throws {
        let outcome = try await dropsAfterWork("GET")
        #expect(outcome.worked == 2)
    }

    @Test func lookUpsReuseConnectionsAndCreatesDoNot() async throws {
        let server = try RawHTTPServer { _ in .respond(200, "") }
        defer { server.stop() }
        let client = try client()
        for (method, fresh) in [
            ("GET", false), ("GET", false), ("POST", false), ("PUT", false), ("GET", true), ("GET", false),
        ] {
            _ = try await client.send(OutboundRequest(method: method, url: server.url(), freshConnection: fresh))
        }
        #expect(server.received.map(\.connection) == [1, 1, 2, 3, 4, 1])
    }

    @Test func redirectsAreAnswersNotFollowed() async throws {
        let server = try RawHTTPServer { _ in .respond(302, "", headers: ["Location: /elsewhere"]) }
        defer { server.stop() }
        let answer = try await client().send(OutboundRequest(method: "GET", url: server.url()))
        #expect(answer.status == 302 && answer.header("Location") == "/elsewhere")
        #expect(server.received.count == 1)
    }

    @Test func interimAnswersDoNotLeaveTheirHeaders() async throws {
        let text = "HTTP/1.1 103 Early\r\nLink: x\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
        let server = try RawHTTPServer { _ in .raw(text) }
        defer { server.stop() }
        let answer = try await client().send(OutboundRequest(method: "GET", url: server.url()))
        #expect(answer.status == 200 && answer.header("Link") == nil && answer.body == Array("ok".utf8))
    }

    @Test func timeoutAfterTheRequestWasSentIsUncertain() async throws {
        let server = try RawHTTPServer { _ in .hold }
        defer { server.stop() }
        let client = try client()
        // A busy machine may not get to sending within the first of these.
        for milliseconds in [150, 600, 2_400, 9_600] where server.received.isEmpty {
            let request = OutboundRequest(method: "POST", url: server.url(), timeout: .milliseconds(milliseconds))
            let error = await failure { try await client.send(request) }
            #expect(error?.kind == .timeout)
            #expect(server.received.isEmpty || error?.mayHaveReachedServer == true)
        }
        #expect(server.received.count == 1)
    }

    @Test(arguments: [RawHTTPServer.Answer.close, .reset, .raw("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf")])
    func aLostAnswerIsUncertain(_ answer: RawHTTPServer.Answer) async throws {
        let server = try RawHTTPServer { _ in answer }
        defer { server.stop() }
        let client = try client()
        let error = await failure { try await client.send(OutboundRequest(method: "POST", url: server.url())) }
        #expect(error?.kind == .connectionLost && error?.mayHaveReachedServer == true)
    }

    @Test func somethingOtherThanHTTPIsNoAnswer() async throws {
        let server = try RawHTTPServer { _ in .raw("220 mail.example ESMTP\r\n") }
        defer { server.stop() }
        let client = try client()
        let error = await failure { try await client.send(OutboundRequest(method: "GET", url: server.url())) }
        #expect(error?.kind == .malformedResponse && error?.mayHaveReachedServer == true)
    }

    @Test func nobodyListeningIsCertain() async throws {
        let server = try RawHTTPServer { _ in .close }
        let url = server.url()
        server.stop()
        let client = try client()
        var error: OutboundError?
        // The listener closes on its own thread; until then a connection can still be accepted and closed.
        repeat {
            error = await failure { try await client.send(OutboundRequest(method: "POST", url: url)) }
        } while error?.kind == .connectionLost
        #expect(error?.kind == .connectFailed && error?.mayHaveReachedServer == false)
    }

    @Test func anUnknownNameIsCertain() async throws {
        // A label of 64 characters cannot be asked for, so no name server is.
        let url = "http://\(String(repeating: "a", count: 64)).example/"
        let client = try client()
        let error = await failure { try await client.send(OutboundRequest(method: "POST", url: url)) }
        #expect(error?.kind == .unresolvable && error?.mayHaveReachedServer == false)
    }

    @Test func answersAreBounded() async throws {
        let server = try RawHTTPServer { request in
            request.target == "/head"
                ? .respond(200, "", headers: (0..<80).map { "X-\($0): \(String(repeating: "v", count: 1_000))" })
                : .respond(200, String(repeating: "b", count: 1_001))
        }
        defer { server.stop() }
        let client = try client()
        func send(_ path: String, limit: Int) async throws -> OutboundResponse {
            try await client.send(OutboundRequest(method: "GET", url: server.url(path), maximumResponseBytes: limit))
        }
        #expect(try await send("/body", limit: 1_001).body.count == 1_001)
        let body = await failure { try await send("/body", limit: 1_000) }
        #expect(body?.kind == .responseTooLarge && body?.mayHaveReachedServer == true)
        let head = await failure { try await send("/head", limit: 1_000) }
        #expect(head?.kind == .responseTooLarge)
    }

    @Test(arguments: [
        OutboundRequest(method: "GET", url: "ftp://127.0.0.1/"),
        OutboundRequest(method: "get", url: "http://127.0.0.1/"),
        OutboundRequest(method: "GET X", url: "http://127.0.0.1/"), OutboundRequest(method: "GET", url: "/relative"),
        OutboundRequest(method: "GET", url: "http://u:p@127.0.0.1/"),
        OutboundRequest(method: "GET", url: "http://127.0.0.1/", headers: [.init("X", "a\r\nY: b")]),
        OutboundRequest(method: "GET", url: "http://127.0.0.1/", headers: [.init("X: y", "a")]),
    ])
    func malformedRequestsAreNotSent(_ request: OutboundRequest) async throws {
        let client = try client()
        let error = await failure { try await client.send(request) }
        #expect(error?.kind == .invalidRequest && error?.mayHaveReachedServer == false)
    }
}
