import HTTPTypes
import HTTPWire
import Logging
import TestSupport
import Testing

@testable import HTTPServer

/// Collects values from many tasks, and lets a test wait for some of them.
final class Recorder<Value: Sendable>: Sendable {
    private let recorded = Watched<[Value]>([])

    var values: [Value] { recorded.value }

    func record(_ value: Value) {
        recorded.change { $0.append(value) }
    }

    /// Waits until so many values are there.
    func wait(for count: Int) async {
        await recorded.wait { $0.count >= count }
    }
}

/// A gate that handlers wait at until the test opens it.
final class Gate: Sendable {
    private let recorder = Recorder<Void>()

    func open() { recorder.record(()) }

    func pass() async { await recorder.wait(for: 1) }
}

/// A server on a free port for the time of one test.
struct TestServer {
    let server: Server
    let port: Int
    let exchanges: Recorder<ExchangeRecord>
    let tlsEvents: Recorder<TLSEvent>

    func connect(receiveBuffer: Int? = nil) async throws -> TestClient {
        try await TestClient(port: port, receiveBuffer: receiveBuffer)
    }

    /// Runs a server while `body` talks to it; afterwards it must stop by itself.
    static func run(
        _ router: Router,
        middleware: [any Middleware] = [],
        configure: (inout ServerConfiguration) -> Void = { _ in },
        body: (TestServer) async throws -> Void
    ) async throws {
        var configuration = ServerConfiguration()
        configuration.timeouts.drain = .seconds(10)
        configure(&configuration)
        let exchanges = Recorder<ExchangeRecord>()
        let tlsEvents = Recorder<TLSEvent>()
        let server = try Server(
            configuration: configuration,
            router: router,
            middleware: middleware,
            observers: [{ exchanges.record($0) }],
            tlsObserver: { tlsEvents.record($0) },
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        )
        let address = try await server.bind()
        let running = Task { try await server.run() }
        do {
            let testServer = TestServer(
                server: server,
                port: address.port,
                exchanges: exchanges,
                tlsEvents: tlsEvents
            )
            try await body(testServer)
        } catch {
            running.cancel()
            _ = await running.result
            throw error
        }
        running.cancel()
        try await running.value
        #expect(server.connectionCount == 0)
    }
}
