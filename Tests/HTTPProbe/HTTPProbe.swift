import Foundation
import HTTPServer
import Logging

/// A server with one route for each thing that an independent client or a benchmark wants to try; for tests only.
///
/// Prints `listening on URL` when it is ready, and serves until it is ended. Options: `--listen HOST:PORT` (default a
/// free port of 127.0.0.1), `--files DIRECTORY` (served under `/files/`), `--middleware semantics` (conditions, ranges,
/// compression, request ids), `--cors-origin ORIGIN` and `--trusted-proxies LIST`.
@main
enum HTTPProbe {
    static func main() async throws {
        let options = ProbeOptions(CommandLine.arguments)
        var configuration = ServerConfiguration(host: options.host, port: options.port)
        configuration.maximumConnections = 50_000
        configuration.trustedProxies = options.trustedProxies
        let server = try Server(
            configuration: configuration,
            router: try ProbeRoutes.router(options),
            middleware: options.middleware,
            logger: Logger(label: "probe")
        )
        let address = try await server.bind()
        FileHandle.standardOutput.write(Data("listening on \(address.url)\n".utf8))
        try await server.run()
    }
}

/// What the command line says.
struct ProbeOptions {
    var host = "127.0.0.1"
    var port = 0
    var files: String?
    var trustedProxies: TrustedProxies?
    var middleware: [any Middleware] = []

    init(_ arguments: [String]) {
        var rest = arguments.dropFirst()
        while let name = rest.popFirst(), let value = rest.popFirst() {
            switch name {
            case "--listen":
                let parts = value.split(separator: ":")
                host = parts.first.map(String.init) ?? host
                port = parts.last.flatMap { Int($0) } ?? 0
            case "--files": files = value
            case "--middleware": middleware += [RequestIdentity(), Compression(), ConditionalRequests()]
            case "--cors-origin": middleware.insert(CrossOrigin(origins: Origin(value).map { [$0] } ?? []), at: 0)
            case "--trusted-proxies": trustedProxies = TrustedProxies(value)
            default: FileHandle.standardError.write(Data("unknown option \(name)\n".utf8))
            }
        }
    }
}
