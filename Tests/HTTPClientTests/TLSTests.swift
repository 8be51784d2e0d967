import Foundation
import Testing

@testable import HTTPClient

/// Against `openssl s_server` with a certificate made for the test.
@Suite(.timeLimit(.minutes(1))) struct TLSTests {
    @Test func certificatesAreChecked() async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "pw-tls-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let certificate = folder.appending(path: "cert.pem").path
        let key = folder.appending(path: "key.pem").path
        let maker = try openssl([
            "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
            "-subj",
            "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-keyout", key, "-out", certificate,
        ])
        await maker.end.wait()
        try #require(maker.process.terminationStatus == 0)
        let server = try openssl(["s_server", "-accept", "127.0.0.1:0", "-cert", certificate, "-key", key, "-www"])
        // A child of this process may have the mild signals blocked.
        defer { kill(server.process.processIdentifier, SIGKILL) }
        let port = try #require(Self.port(from: server.output))
        let policy = try OutboundPolicy(allow: ["127.0.0.1"])
        let url = "https://localhost:\(port)/"

        let untrusted = await outcome(HTTPClient(.init(policy: policy)), url)
        #expect(untrusted?.kind == .tls && untrusted?.mayHaveReachedServer == false)
        let trusting = HTTPClient(.init(policy: policy, certificateAuthorities: certificate))
        #expect(await outcome(trusting, url) == nil)
        let otherName = await outcome(trusting, "https://127.0.0.1:\(port)/")
        #expect(otherName?.kind == .tls && otherName?.mayHaveReachedServer == false)
    }

    private func outcome(_ client: HTTPClient, _ url: String) async -> OutboundError? {
        do throws(OutboundError) {
            _ = try await client.send(OutboundRequest(method: "GET", url: url))
            return nil
        } catch {
            return error
        }
    }

    private func openssl(_ arguments: [String]) throws -> (process: Process, output: FileHandle, end: End) {
        let process = Process()
        let pipe = Pipe()
        process.executableURL = URL(filePath: "/usr/bin/openssl")
        process.arguments = arguments
        process.standardOutput = pipe
        process.standardError = FileHandle.nullDevice
        process.standardInput = FileHandle.nullDevice
        let end = End()
        process.terminationHandler = { _ in end.signal() }
        try process.run()
        return (process, pipe.fileHandleForReading, end)
    }

    /// The port in `ACCEPT 127.0.0.1:36459`.
    private static func port(from output: FileHandle) -> Int? {
        var text = ""
        while !text.contains("ACCEPT") || !text.hasSuffix("\n") {
            let data = output.availableData
            guard !data.isEmpty else { return nil }
            text += String(decoding: data, as: UTF8.self)
        }
        let line = text.split(separator: "\n").first { $0.hasPrefix("ACCEPT") }
        return line?.split(separator: ":").last.flatMap { Int($0) }
    }
}

/// The end of a child process; waiting for it does not block a thread.
private final class End: Sendable {
    private let stream = AsyncStream.makeStream(of: Void.self)

    func signal() { stream.continuation.finish() }

    func wait() async {
        for await _ in stream.stream {}
    }
}
