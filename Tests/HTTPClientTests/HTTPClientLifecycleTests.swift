import Foundation
import Primitives
import Synchronization
import Testing

@testable import HTTPClient

@Suite(.timeLimit(.minutes(1))) struct HTTPClientLifecycleTests {
    private func start(_ client: HTTPClient, _ request: OutboundRequest) -> Task<OutboundError?, Never> {
        Task {
            do throws(OutboundError) {
                _ = try await client.send(request)
                return nil
            } catch {
                return error
            }
        }
    }

    private func client(perHost: Int = 16) throws -> HTTPClient {
        HTTPClient(.init(policy: try OutboundPolicy(allow: ["127.0.0.1"]), maximumConcurrencyPerHost: perHost))
    }

    @Test func cancellationEndsTheTransfer() async throws {
        let server = try RawHTTPServer { _ in .hold }
        defer { server.stop() }
        let client = try client()
        let task = start(client, OutboundRequest(method: "POST", url: server.url()))
        await server.arrival(of: 1)
        task.cancel()
        let error = await task.value
        #expect(error?.kind == .cancelled && error?.mayHaveReachedServer == true)
        await server.departure(of: 1)
    }

    @Test func whatWaitsForAConnectionCanBeCancelledAndTimesOutUnsent() async throws {
        let server = try RawHTTPServer { _ in .hold }
        defer { server.stop() }
        let client = try client(perHost: 1)
        let first = start(client, OutboundRequest(method: "POST", url: server.url("/first")))
        await server.arrival(of: 1)
        let second = start(client, OutboundRequest(method: "POST", url: server.url("/second")))
        second.cancel()
        let third = start(
            client,
            OutboundRequest(method: "POST", url: server.url("/third"), timeout: .milliseconds(100))
        )
        let errors = (await second.value, await third.value)
        #expect(errors.0?.kind == .cancelled && errors.0?.mayHaveReachedServer == false)
        #expect(errors.1?.kind == .timeout && errors.1?.mayHaveReachedServer == false)
        first.cancel()
        _ = await first.value
        #expect(server.received.map(\.target) == ["/first"])
    }

    @Test func aCancelledTaskSendsNothing() async throws {
        let server = try RawHTTPServer { _ in .respond(200, "") }
        defer { server.stop() }
        let client = try client(perHost: 1)
        let cancelled = Task { () -> OutboundError? in
            withUnsafeCurrentTask { $0?.cancel() }
            do throws(OutboundError) {
                _ = try await client.send(OutboundRequest(method: "POST", url: server.url("/")))
                return nil
            } catch {
                return error
            }
        }
        let error = await cancelled.value
        #expect(error?.kind == .cancelled && error?.mayHaveReachedServer == false)
        #expect(server.connections == 0)
    }

    @Test func closingFailsWhatIsUnderWayAndWhatComesLater() async throws {
        let server = try RawHTTPServer { _ in .hold }
        defer { server.stop() }
        let client = try client(perHost: 1)
        let running = start(client, OutboundRequest(method: "POST", url: server.url()))
        await server.arrival(of: 1)
        let waiting = start(client, OutboundRequest(method: "POST", url: server.url()))
        client.close()
        let ran = await running.value
        #expect(ran?.kind == .closed && ran?.mayHaveReachedServer == true)
        let waited = await waiting.value
        #expect(waited?.kind == .closed && waited?.mayHaveReachedServer == false)
        let later = await start(client, OutboundRequest(method: "GET", url: server.url())).value
        #expect(later?.kind == .closed && later?.mayHaveReachedServer == false)
        await server.departure(of: 1)
    }

    @Test func concurrencyPerHostIsBounded() async throws {
        let load = Mutex((now: 0, most: 0))
        let server = try RawHTTPServer { _ in
            load.withLock {
                $0.now += 1
                $0.most = max($0.most, $0.now)
            }
            sched_yield()
            load.withLock { $0.now -= 1 }
            return .respond(200, "")
        }
        defer { server.stop() }
        let client = try client(perHost: 4)
        let answers = await withTaskGroup(of: Bool.self) { group in
            for index in 0..<200 {
                group.addTask {
                    let method = index.isMultiple(of: 2) ? "GET" : "POST"
                    return await start(client, OutboundRequest(method: method, url: server.url())).value == nil
                }
            }
            return await group.reduce(into: 0) { $0 += $1 ? 1 : 0 }
        }
        #expect(answers == 200 && server.received.count == 200)
        #expect(load.withLock(\.most) <= 4)
    }

    @Test func theEnvironmentsProxyIsIgnored() async throws {
        setenv("http_proxy", "http://127.0.0.1:9", 1)
        setenv("ALL_PROXY", "http://127.0.0.1:9", 1)
        defer {
            unsetenv("http_proxy")
            unsetenv("ALL_PROXY")
        }
        let server = try RawHTTPServer { _ in .respond(200, "") }
        defer { server.stop() }
        let client = try client()
        #expect(await start(client, OutboundRequest(method: "GET", url: server.url())).value == nil)
    }

    @Test func addressesAreJudgedBeforeAndAfterResolution() async throws {
        let server = try RawHTTPServer { _ in .respond(200, "") }
        defer { server.stop() }
        let strict = await start(HTTPClient(), OutboundRequest(method: "GET", url: server.url())).value
        #expect(strict?.kind == .refusedAddress && strict?.mayHaveReachedServer == false)
        // The form check lets this name pass, because one of its addresses is listed; the socket to the other is refused.
        let policy = try OutboundPolicy(allow: ["::1"])
        let request = OutboundRequest(method: "GET", url: "http://localhost:\(server.port)/")
        let half = await start(HTTPClient(.init(policy: policy)), request).value
        #expect(half != nil && half?.mayHaveReachedServer == false)
        #expect(server.connections == 0)
        let listed = try OutboundPolicy(allow: ["localhost"])
        #expect(await start(HTTPClient(.init(policy: listed)), request).value == nil)
        #expect(server.connections == 1)
    }

    /// A name other than `localhost` that this machine resolves to loopback.
    private static let aliasOfLoopback: String? = {
        var buffer = [CChar](repeating: 0, count: 256)
        gethostname(&buffer, buffer.count - 1)
        let name = String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        return ["ip6-localhost", "ip6-loopback", name].first { name in
            var list: UnsafeMutablePointer<addrinfo>?
            guard getaddrinfo(name, nil, nil, &list) == 0, let list else { return false }
            defer { freeaddrinfo(list) }
            return sequence(first: list, next: { $0.pointee.ai_next }).allSatisfy { entry in
                guard let address = IPAddress(entry.pointee.ai_addr, length: Int(entry.pointee.ai_addrlen)) else {
                    return false
                }
                return OutboundPolicy.standard.refusal(of: address, host: name)?.reason == .loopback
            }
        }
    }()

    @Test(.enabled(if: aliasOfLoopback != nil, "no other name of loopback in /etc/hosts"))
    func anInnocentNameOfLoopbackIsRefusedAtTheSocket() async throws {
        let name = try #require(Self.aliasOfLoopback)
        let error = await start(HTTPClient(), OutboundRequest(method: "GET", url: "http://\(name):9/")).value
        #expect(error?.kind == .refusedAddress && error?.mayHaveReachedServer == false)
        #expect(error?.detail == OutboundRefusal.loopback.detail)
    }
}
