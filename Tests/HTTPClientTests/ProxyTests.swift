import Foundation
import Primitives
import Synchronization
import Testing

@testable import HTTPClient

/// Requests through a proxy on a socket.
@Suite(.timeLimit(.minutes(1))) struct ProxyTests {
    private func client(allow: [String] = ["127.0.0.1"], _ addresses: [String: String] = [:]) throws -> HTTPClient {
        let resolver = NameResolver { name in addresses[name].flatMap { IPAddress($0) }.map { [$0] } ?? [] }
        return HTTPClient(.init(policy: try OutboundPolicy(allow: allow)), resolver: resolver)
    }

    private func route(
        _ proxy: RawHTTPServer,
        username: String? = nil,
        password: String? = nil
    ) throws -> OutboundRoute {
        let password = password.map { Redacted($0) }
        let proxy = try #require(OutboundRoute.Proxy(proxy.url(), username: username, password: password))
        return OutboundRoute(proxy: proxy)
    }

    private func failure(_ client: HTTPClient, _ request: OutboundRequest) async -> OutboundError? {
        do throws(OutboundError) {
            _ = try await client.send(request)
            return nil
        } catch {
            return error
        }
    }

    @Test func requestsGoThroughATunnelAndTheProxySeesNothingOfThem() async throws {
        let server = try RawHTTPServer { _ in .respond(200, "hello") }
        let proxy = try RawHTTPServer { _ in .tunnel(server.port) }
        defer {
            server.stop()
            proxy.stop()
        }
        let request = OutboundRequest(
            method: "POST",
            url: "http://erp.example:\(server.port)/orders",
            headers: [.init("Authorization", "Bearer secret-token")],
            body: Array("{}".utf8),
            route: try route(proxy, username: "plant", password: "p:w")
        )
        let answer = try await client().send(request)
        #expect(answer.status == 200 && String(decoding: answer.body, as: UTF8.self) == "hello")
        #expect(answer.header("x-proxy") == nil, "the proxy's header is not part of the answer")
        let connect = try #require(proxy.received.first)
        #expect(connect.method == "CONNECT" && connect.target == "erp.example:\(server.port)")
        let basic = Data("plant:p:w".utf8).base64EncodedString()
        #expect(connect.headers["proxy-authorization"] == "Basic \(basic)")
        #expect(connect.headers["authorization"] == nil)
        let seen = try #require(server.received.first)
        #expect(
            seen.method == "POST" && seen.target == "/orders" && seen.headers["host"] == "erp.example:\(server.port)"
        )
        #expect(seen.headers["proxy-authorization"] == nil && seen.headers["authorization"] == "Bearer secret-token")
    }

    @Test func aTunnelIsKeptForQuestionsWithoutAnAccountOnly() async throws {
        let server = try RawHTTPServer { _ in .respond(200, "") }
        let proxy = try RawHTTPServer { _ in .tunnel(server.port) }
        defer {
            server.stop()
            proxy.stop()
        }
        let client = try client()
        for (username, expected) in [(nil, 1), ("plant", 3)] as [(String?, Int)] {
            let route = try route(proxy, username: username)
            for _ in 0..<2 {
                let request = OutboundRequest(method: "GET", url: "http://erp.example:\(server.port)/", route: route)
                #expect(await failure(client, request) == nil)
            }
            #expect(proxy.connections == expected)
        }
        // Another way is another connection.
        let direct = OutboundRequest(method: "GET", url: server.url())
        #expect(await failure(client, direct) == nil)
        #expect(proxy.connections == 3 && server.connections == 4)
    }

    @Test(
        arguments: [
            (407, "user name and password"), (403, "does not let us through"), (502, "cannot reach the server"),
            (400, "makes no tunnel"),
        ]
    )
    func aRefusalOfTheProxyIsNoAnswerOfTheServer(_ status: Int, _ words: String) async throws {
        let proxy = try RawHTTPServer { _ in .respond(status, "<html>no</html>") }
        defer { proxy.stop() }
        let request = OutboundRequest(
            method: "POST",
            url: "https://erp.example/",
            route: try route(proxy, username: "plant", password: "wrong-secret")
        )
        let error = await failure(try client(), request)
        #expect(error?.kind == .proxy && error?.mayHaveReachedServer == false)
        #expect(error?.detail.contains("answered \(status)") == true && error?.detail.contains(words) == true)
        #expect(error?.detail.contains("wrong-secret") == false)
    }

    @Test func onlyWhatWentIntoTheTunnelMayHaveReachedTheServer() async throws {
        let server = try RawHTTPServer { _ in .close }
        let tunnel = try RawHTTPServer { _ in .tunnel(server.port) }
        let closing = try RawHTTPServer { _ in .close }
        let resetting = try RawHTTPServer { _ in .reset }
        let holding = try RawHTTPServer { _ in .hold }
        defer { for one in [server, tunnel, closing, resetting, holding] { one.stop() } }
        let client = try client()
        func post(_ proxy: RawHTTPServer, timeout: Duration = .seconds(20)) async throws -> OutboundError? {
            let url = "http://erp.example:\(server.port)/"
            let route = try route(proxy)
            return await failure(client, OutboundRequest(method: "POST", url: url, timeout: timeout, route: route))
        }
        let dropped = try await post(tunnel)
        #expect(dropped?.mayHaveReachedServer == true && server.received.count == 1)
        for proxy in [closing, resetting] {
            let error = try await post(proxy)
            #expect(error?.mayHaveReachedServer == false, "\(String(describing: error))")
            #expect(error?.detail == "The proxy ended the connection.")
        }
        let slow = try await post(holding, timeout: .milliseconds(300))
        #expect(slow?.kind == .timeout && slow?.mayHaveReachedServer == false)
        #expect(server.received.count == 1)
    }

    @Test func aProxyThatIsNotThereIsNamed() async throws {
        let gone = try RawHTTPServer { _ in .close }
        gone.stop()
        let request = OutboundRequest(method: "POST", url: "http://erp.example/", route: try route(gone))
        let error = await failure(try client(), request)
        #expect(error?.mayHaveReachedServer == false && error?.detail.contains("proxy") == true)
    }

    @Test func theEnvironmentDoesNotTurnAProxyOff() async throws {
        setenv("no_proxy", "*", 1)
        defer { unsetenv("no_proxy") }
        let server = try RawHTTPServer { _ in .respond(200, "") }
        let proxy = try RawHTTPServer { _ in .tunnel(server.port) }
        defer {
            server.stop()
            proxy.stop()
        }
        let request = OutboundRequest(method: "GET", url: "http://erp.example/", route: try route(proxy))
        #expect(await failure(try client(), request) == nil)
        #expect(proxy.connections == 1)
    }

    // MARK: Where a proxy may be sent

    @Test(arguments: [
        "http://169.254.169.254/latest", "http://127.0.0.2:9/", "http://metadata.google.internal/computeMetadata",
        "http://inside.example/", "http://link.example/", "http://localhost:9/",
    ])
    func destinationsAreJudgedBeforeTheProxyIsAsked(_ url: String) async throws {
        let proxy = try RawHTTPServer { _ in .respond(200, "") }
        defer { proxy.stop() }
        let client = try client(
            allow: ["proxy.example", "127.0.0.1/32"],
            ["inside.example": "127.0.0.3", "link.example": "169.254.1.1", "localhost": "127.0.0.9"]
        )
        let error = await failure(client, OutboundRequest(method: "GET", url: url, route: try route(proxy)))
        #expect(error?.kind == .refusedAddress && error?.mayHaveReachedServer == false)
        #expect(proxy.connections == 0)
    }

    @Test func theProxysOwnAddressIsJudged() async throws {
        let proxy = try RawHTTPServer { _ in .respond(200, "") }
        defer { proxy.stop() }
        let request = OutboundRequest(method: "GET", url: "http://erp.example/", route: try route(proxy))
        let error = await failure(HTTPClient(.init(), resolver: NameResolver { _ in [] }), request)
        #expect(error?.kind == .refusedAddress && error?.detail.hasPrefix("The proxy: ") == true)
        #expect(proxy.connections == 0)
    }

    @Test func aSlowResolverHoldsNobodyUpForLong() async throws {
        let isReleased = DispatchSemaphore(value: 0)
        let asked = Mutex(0)
        let resolver = NameResolver { _ in
            asked.withLock { $0 += 1 }
            isReleased.wait()
            return [IPAddress("10.0.0.1")].compactMap(\.self)
        }
        async let first = resolver.addresses(of: "slow.example", within: .milliseconds(50))
        async let second = resolver.addresses(of: "slow.example", within: .milliseconds(50))
        #expect(await first.isEmpty)
        #expect(await second.isEmpty)
        async let third = resolver.addresses(of: "slow.example", within: .seconds(20))
        isReleased.signal()
        #expect(await third.map(\.text) == ["10.0.0.1"])
        #expect(await resolver.addresses(of: "slow.example", within: .zero).map(\.text) == ["10.0.0.1"])
        #expect(asked.withLock { $0 } == 1)
        #expect(await resolver.addresses(of: "192.0.2.1", within: .zero).map(\.text) == ["192.0.2.1"])
    }
}
