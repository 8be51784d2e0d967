import HTTPTypes
import HTTPWire
import Testing

@testable import HTTPServer

/// Slow and silent clients, limits on connections, and the end of a server.
@Suite struct LiveTimeoutTests {
    @Test func closesFreshConnectionsSilently() async throws {
        try await TestServer.run(LiveHTTPTests.router()) {
            $0.timeouts.idle = .milliseconds(50)
        } body: { server in
            let client = try await server.connect()
            #expect(try await client.endsSilently())
        }
    }

    @Test func closesIdleConnectionsSilently() async throws {
        try await TestServer.run(LiveHTTPTests.router()) {
            $0.timeouts.idle = .seconds(2)
        } body: { server in
            let client = try await server.connect()
            #expect(try await client.exchange("GET", "/hello").status == 200)
            #expect(try await client.endsSilently())
        }
    }

    @Test func answers408ToASlowHead() async throws {
        try await TestServer.run(LiveHTTPTests.router()) {
            $0.timeouts.head = .milliseconds(50)
        } body: { server in
            let client = try await server.connect()
            try await client.send("GET /hello HT")
            let response = try await client.readResponse()
            #expect(response.status == 408)
            #expect(response["Connection"] == "close")
            #expect(try await client.endsSilently())
        }
    }

    @Test func answers408ToASilentBody() async throws {
        try await TestServer.run(LiveHTTPTests.router()) {
            $0.timeouts.bodyProgress = .milliseconds(50)
        } body: { server in
            let client = try await server.connect()
            try await client.send(.request("POST /echo HTTP/1.1", "Host: h", "Content-Length: 10", body: "abc"))
            #expect(try await client.readResponse().status == 408)
            #expect(try await client.endsSilently())
        }
    }

    @Test func answers408ToABodyBelowTheLeastRate() async throws {
        try await TestServer.run(LiveHTTPTests.router()) { configuration in
            configuration.timeouts.bodyProgress = .seconds(600)
            configuration.timeouts.bodyGrace = .milliseconds(50)
            configuration.timeouts.bodyMinimumRate = 1_000_000
        } body: { server in
            let client = try await server.connect()
            try await client.send(.request("POST /echo HTTP/1.1", "Host: h", "Content-Length: 10", body: "abc"))
            #expect(try await client.readResponse().status == 408)
        }
    }

    @Test func theLeastRateCountsWhatArrived() {
        var timeouts = Timeouts()
        timeouts.bodyGrace = .seconds(10)
        timeouts.bodyMinimumRate = 100
        #expect(timeouts.allowance(forBytes: 0) == .seconds(10))
        #expect(timeouts.allowance(forBytes: 1_000) == .seconds(20))
        #expect(timeouts.allowance(forBytes: .max) == .seconds(1_000_010))
        timeouts.bodyMinimumRate = 0
        #expect(timeouts.allowance(forBytes: 0) > .seconds(3_600))
    }

    @Test func aClientThatReadsNothingStopsTheProducerAndIsCutOff() async throws {
        let pieces = Recorder<Int>()
        let failures = Recorder<String>()
        var router = Router()
        router.get("/endless") { _ in
            Response(
                body: .stream { writer in
                    let piece = [UInt8](repeating: 0x61, count: 64 * 1_024)
                    do {
                        while true {
                            try await writer.write(piece)
                            pieces.record(piece.count)
                        }
                    } catch {
                        failures.record("\(error)")
                        throw error
                    }
                }
            )
        }
        try await TestServer.run(router) {
            $0.timeouts.write = .milliseconds(200)
        } body: { server in
            let client = try await server.connect(receiveBuffer: 4_096)
            try await client.send(.request("GET /endless HTTP/1.1", "Host: h"))
            await server.exchanges.wait(for: 1)
            #expect(server.exchanges.values.map(\.outcome) == [.aborted])
            #expect(failures.values == ["\(ConnectionFailure.writeTimeout)"])
            // What the kernel's buffers take, and our high-water mark; not more.
            #expect(pieces.values.reduce(0, +) < 32 * 1_024 * 1_024)
            client.close()
        }
    }

    @Test func refusesConnectionsBeyondTheLimit() async throws {
        try await TestServer.run(LiveHTTPTests.router()) {
            $0.maximumConnections = 2
        } body: { server in
            let first = try await server.connect()
            let second = try await server.connect()
            #expect(try await first.exchange("GET", "/hello").status == 200)
            #expect(try await second.exchange("GET", "/hello").status == 200)
            let third = try await server.connect()
            let refused = try await third.readResponse()
            #expect(refused.status == 503)
            #expect(refused["Retry-After"] == "5")
            #expect(refused.body.contains("too-many-connections"))
            #expect(try await first.exchange("GET", "/hello").status == 200)
            #expect(try await first.exchange("GET", "/hello", fields: "Connection: close\r\n").status == 200)
            #expect(try await first.endsSilently())
        }
    }
}

@Suite struct ConnectionQuotaTests {
    @Test func countsPerAddressAndInAll() {
        var quota = ConnectionQuota(maximum: 4, maximumPerAddress: 2)
        let first = (0..<3).map { _ in quota.admit("10.0.0.1", isLoopback: false) }
        #expect(first == [true, true, false])
        let other = quota.admit("10.0.0.2", isLoopback: false)
        #expect(other)
        #expect(quota.count == 3)
        quota.release("10.0.0.1", isLoopback: false)
        let later = ["10.0.0.1", "10.0.0.3", "10.0.0.4"].map { quota.admit($0, isLoopback: false) }
        #expect(later == [true, true, false])
    }

    @Test func thisMachineCountsOnlyInAll() {
        var quota = ConnectionQuota(maximum: 3, maximumPerAddress: 1)
        let admitted = (0..<4).map { _ in quota.admit("127.0.0.1", isLoopback: true) }
        #expect(admitted == [true, true, true, false])
        quota.release("127.0.0.1", isLoopback: true)
        #expect(quota.count == 2)
    }
}
