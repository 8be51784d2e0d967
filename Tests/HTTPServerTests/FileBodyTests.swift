import Foundation
import HTTPTypes
import NIOCore
import Testing

@testable import HTTPServer

/// A file in the temporary directory for the time of one test.
final class TemporaryFile {
    let path: String

    init(_ bytes: [UInt8]) throws {
        path = NSTemporaryDirectory() + "plantwright-file-\(UUID().uuidString)"
        try Data(bytes).write(to: URL(fileURLWithPath: path))
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }
}

@Suite struct FileBodyTests {
    private static let pattern = (0..<300_000).map { UInt8(truncatingIfNeeded: $0 / 251 &+ $0) }

    @Test func slicesBytesAndFilesAlike() async throws {
        let file = try TemporaryFile(Self.pattern)
        let bodies = [ResponseBody.bytes(Self.pattern), .file(try OpenFile(path: file.path))]
        for body in bodies {
            #expect(body.length == 300_000)
            let middle = try #require(body.slice(1_000..<250_001))
            #expect(middle.length == 249_001)
            #expect(try await middle.collect() == Array(Self.pattern[1_000..<250_001]))
            let inner = try #require(middle.slice(5..<10))
            #expect(try await inner.collect() == Array(Self.pattern[1_005..<1_010]))
            #expect(try await body.slice(300_000..<300_000)?.collect() == [])
            #expect(try await body.slice(0..<300_000)?.collect() == Self.pattern)
            #expect(middle.slice(249_000..<249_002) == nil)
            #expect(body.slice(-1..<5) == nil)
            #expect(body.slice(0..<Int.max) == nil)
        }
        #expect(ResponseBody.stream(length: 10) { _ in }.slice(0..<5) == nil)
    }

    @Test func opensRegularFilesOnly() async throws {
        #expect(throws: OpenFile.Failure.notRegular) { try OpenFile(path: NSTemporaryDirectory()) }
        #expect(throws: OpenFile.Failure.system(step: "open", errno: ENOENT)) { try OpenFile(path: "/nowhere/at-all") }
        await #expect(throws: OpenFile.Failure.notRegular) { try await OpenFile.open(path: "/dev/null") }
    }

    private func router(_ file: OpenFile) -> Router {
        var router = Router()
        router.get("/file") { _ in Response(headers: [.contentType: "text/plain"], body: .file(file)) }
        router.get("/part/{length}") { request in
            let length = request.parameters.integer("length") ?? 0
            return Response(body: ResponseBody.file(file).slice(100..<100 + length) ?? .empty)
        }
        return router
    }

    @Test func sendsFilesWholeAndInParts() async throws {
        let temporary = try TemporaryFile(Self.pattern)
        let file = try OpenFile(path: temporary.path)
        try await TestServer.run(router(file)) { server in
            let client = try await server.connect()
            for _ in 0..<3 {
                try await client.send(.request("GET /file HTTP/1.1", "Host: h"))
                #expect(try await client.readResponse(toHead: true)["Content-Length"] == "300000")
                #expect(try await client.readBytes(300_000) == Self.pattern)
                // Pipelined: a small part, nothing at all, and the head alone.
                try await client.send(.request("GET /part/7 HTTP/1.1", "Host: h"))
                try await client.send(.request("GET /part/0 HTTP/1.1", "Host: h"))
                try await client.send(.request("HEAD /file HTTP/1.1", "Host: h"))
                #expect(try await client.readResponse(toHead: true)["Content-Length"] == "7")
                #expect(try await client.readBytes(7) == Array(Self.pattern[100..<107]))
                #expect(try await client.readResponse()["Content-Length"] == "0")
                #expect(try await client.readResponse(toHead: true)["Content-Length"] == "300000")
            }
            await server.exchanges.wait(for: 12)
            #expect(server.exchanges.values.map(\.bodyBytes).reduce(0, +) == 3 * 300_007)
        }
    }

    @Test func manyClientsShareOneOpenFile() async throws {
        let temporary = try TemporaryFile(Self.pattern)
        let file = try OpenFile(path: temporary.path)
        try await TestServer.run(router(file)) { server in
            try await withThrowingTaskGroup { group in
                for _ in 0..<16 {
                    group.addTask {
                        let client = try await server.connect()
                        for _ in 0..<5 {
                            try await client.send(.request("GET /file HTTP/1.1", "Host: h"))
                            _ = try await client.readResponse(toHead: true)
                            #expect(try await client.readBytes(300_000) == Self.pattern)
                        }
                    }
                }
                try await group.waitForAll()
            }
        }
    }

    @Test func aFileThatShrankCutsTheConnection() async throws {
        let temporary = try TemporaryFile(Self.pattern)
        let file = try OpenFile(path: temporary.path)
        #expect(truncate(temporary.path, 10) == 0)
        try await TestServer.run(router(file)) { server in
            let client = try await server.connect()
            try await client.send(.request("GET /file HTTP/1.1", "Host: h"))
            #expect(try await client.readResponse(toHead: true)["Content-Length"] == "300000")
            #expect(try await client.endsSilently())
            await server.exchanges.wait(for: 1)
            #expect(server.exchanges.values.map(\.outcome) == [.aborted])
        }
        await #expect(throws: OpenFile.Failure.truncated) { try await ResponseBody.file(file).collect() }
    }

    @Test func aClientThatTakesNothingOfAFileIsCutOff() async throws {
        let temporary = try TemporaryFile([UInt8](repeating: 0x61, count: 32 * 1_024 * 1_024))
        let file = try OpenFile(path: temporary.path)
        try await TestServer.run(router(file)) {
            $0.timeouts.write = .milliseconds(200)
        } body: { server in
            let client = try await server.connect(receiveBuffer: 4_096)
            try await client.send(.request("GET /file HTTP/1.1", "Host: h"))
            await server.exchanges.wait(for: 1)
            #expect(server.exchanges.values.map(\.outcome) == [.aborted])
            client.close()
        }
    }
}
