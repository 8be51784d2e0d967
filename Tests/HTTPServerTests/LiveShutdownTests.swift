import HTTPTypes
import HTTPWire
import Logging
import Testing

@testable import HTTPServer

@Suite struct LiveShutdownTests {
    private func server(_ configuration: ServerConfiguration, _ router: Router = Router()) throws -> Server {
        try Server(
            configuration: configuration,
            router: router,
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        )
    }

    @Test func reportsThePortItWasGiven() async throws {
        let server = try server(ServerConfiguration())
        async let waited = server.boundAddress
        let address = try await server.bind()
        #expect(address.port > 0)
        #expect(address.host == "127.0.0.1")
        #expect(address.url == "http://127.0.0.1:\(address.port)")
        #expect(await waited == address)
        #expect(try await server.bind() == address)
        server.shutdown()
        #expect(await server.boundAddress == nil)
    }

    @Test func saysThatAPortIsInUse() async throws {
        let first = try server(ServerConfiguration())
        let port = try await first.bind().port
        let second = try server(ServerConfiguration(port: port))
        let expected = ListenError.addressInUse(.tcp(host: "127.0.0.1", port: port))
        await #expect(throws: expected) { try await second.bind() }
        await #expect(throws: expected) { try await second.run() }
        #expect(expected.message == "127.0.0.1:\(port) is in use by another process.")
        first.shutdown()
    }

    @Test func saysThatAnAddressIsNotOurs() async throws {
        let server = try server(ServerConfiguration(host: "203.0.113.7", port: 0))
        let expected = ListenError.addressNotAvailable(.tcp(host: "203.0.113.7", port: 0))
        await #expect(throws: expected) { try await server.bind() }
    }

    @Test func listensOnIPv6() async throws {
        let server = try server(ServerConfiguration(host: "::1"))
        #expect(try await server.bind().url.hasPrefix("http://[::1]:"))
        server.shutdown()
    }

    @Test func finishesRunningRequestsWhenCancelled() async throws {
        let entered = Recorder<Void>()
        let gate = Gate()
        var router = Router()
        router.get("/slow") { _ in
            entered.record(())
            await gate.pass()
            return .text(Task.isCancelled ? "cancelled" : "done")
        }
        let server = try server(ServerConfiguration(), router)
        let port = try await server.bind().port
        let running = Task { try await server.run() }
        let busy = try await TestClient(port: port)
        try await busy.send(.request("GET /slow HTTP/1.1", "Host: h"))
        await entered.wait(for: 1)
        let idle = try await TestClient(port: port)
        #expect(try await idle.exchange("GET", "/nothing").status == 404)
        running.cancel()
        #expect(try await idle.endsSilently())
        await #expect(throws: (any Error).self) { try await TestClient(port: port).exchange("GET", "/nothing") }
        gate.open()
        let response = try await busy.readResponse()
        #expect(response.body == "done")
        #expect(response["Connection"] == "close")
        try await running.value
        #expect(server.connectionCount == 0)
        // The port is free again.
        let next = try self.server(ServerConfiguration(port: port))
        #expect(try await next.bind().port == port)
        next.shutdown()
    }

    @Test func cutsWhatDoesNotEndInTime() async throws {
        let entered = Recorder<Void>()
        var router = Router()
        router.get("/endless") { _ in
            Response(
                body: .stream { writer in
                    entered.record(())
                    while true {
                        try await writer.write("tick")
                        try await writer.flush()
                        await Task.yield()
                    }
                }
            )
        }
        var configuration = ServerConfiguration()
        configuration.timeouts.drain = .milliseconds(50)
        let server = try server(configuration, router)
        let port = try await server.bind().port
        let running = Task { try await server.run() }
        let client = try await TestClient(port: port)
        try await client.send(.request("GET /endless HTTP/1.1", "Host: h"))
        await entered.wait(for: 1)
        server.shutdown()
        try await running.value
        _ = try await client.readToEnd()
        #expect(client.hasEnded)
    }

    @Test func cancelsHandlersThatDoNotEndInTime() async throws {
        let entered = Recorder<Void>()
        let cancelled = Recorder<Bool>()
        var router = Router()
        router.get("/stuck") { _ in
            entered.record(())
            try? await Task.sleep(for: .seconds(600))
            cancelled.record(Task.isCancelled)
            return .noContent
        }
        var configuration = ServerConfiguration()
        configuration.timeouts.drain = .milliseconds(50)
        let server = try server(configuration, router)
        let port = try await server.bind().port
        let running = Task { try await server.run() }
        let client = try await TestClient(port: port)
        try await client.send(.request("GET /stuck HTTP/1.1", "Host: h"))
        await entered.wait(for: 1)
        running.cancel()
        try await running.value
        #expect(cancelled.values == [true])
        #expect(try await client.endsSilently())
    }

    @Test func stoppedBeforeItRanItReturns() async throws {
        let server = try server(ServerConfiguration())
        server.shutdown()
        try await server.run()
        #expect(await server.boundAddress == nil)
    }

    @Test func whoWaitsForTheAddressIsToldOfAFailure() async throws {
        let first = try server(ServerConfiguration())
        let second = try server(ServerConfiguration(port: try await first.bind().port))
        let waiting = Task { await second.boundAddress }
        await #expect(throws: ListenError.self) { try await second.bind() }
        second.shutdown()
        #expect(await waiting.value == nil)
        first.shutdown()
    }

    @Test func tellsAboutClashingRoutes() {
        var router = Router()
        router.get("/a/{x}") { _ in .noContent }
        router.get("/a/{y}") { _ in .noContent }
        #expect(throws: RouterError.self) { try server(ServerConfiguration(), router) }
    }
}
