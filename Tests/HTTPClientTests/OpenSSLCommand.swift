import Foundation
import Synchronization

/// The `openssl` command: certificates in a folder of their own, and `s_server`.
final class OpenSSLCommand: Sendable {
    struct Failure: Error {
        var arguments: [String]
    }

    private let folder: URL
    private let servers = Mutex<[Int32]>([])

    init() throws {
        folder = FileManager.default.temporaryDirectory.appending(path: "pw-tls-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    }

    deinit {
        // A child of this process may have the mild signals blocked.
        for server in servers.withLock({ $0 }) { kill(server, SIGKILL) }
        try? FileManager.default.removeItem(at: folder)
    }

    func path(_ name: String) -> String { folder.appending(path: name).path }

    func text(_ name: String) throws -> String { try String(contentsOfFile: path(name), encoding: .utf8) }

    /// Makes `NAME.pem` and `NAME.key`: signed by itself, or by another that was made before.
    func make(_ name: String, signedBy authority: String? = nil, forName host: String = "localhost") async throws {
        var arguments = [
            "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "9",
            "-subj", "/CN=\(name)", "-addext", "subjectAltName=DNS:\(host)", "-keyout", path(name + ".key"), "-out",
            path(name + ".pem"),
        ]
        if let authority { arguments += ["-CA", path(authority + ".pem"), "-CAkey", path(authority + ".key")] }
        try await run(arguments)
    }

    func run(_ arguments: [String]) async throws {
        let (process, _, end) = try start(arguments)
        await end.wait()
        guard process.terminationStatus == 0 else { throw Failure(arguments: arguments) }
    }

    /// Starts `s_server -www` on a free port, which it returns.
    func serve(_ name: String, _ more: [String] = []) throws -> Int {
        let (process, output, _) = try start(
            ["s_server", "-accept", "127.0.0.1:0", "-cert", path(name + ".pem"), "-key", path(name + ".key"), "-www"]
                + more
        )
        servers.withLock { $0.append(process.processIdentifier) }
        guard let port = Self.port(from: output) else { throw Failure(arguments: more) }
        return port
    }

    private func start(_ arguments: [String]) throws -> (process: Process, output: FileHandle, end: End) {
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
