import Foundation
import HTTPServer
import Logging

/// A server with one route for each thing that an independent client or a benchmark wants to try; for tests only.
///
/// Prints `listening on URL` when it is ready, and serves until it is ended. Options: `--files DIRECTORY` (served under
/// `/files/`), `--websocket-limit BYTES`, `--websocket-compression on|off` (default on), `--middleware semantics`
/// (conditions, ranges, compression, request ids), `--cors-origin ORIGIN`, `--trusted-proxies LIST`, and those of
/// `ListenerOptions`.
@main
enum HTTPProbe {
    static func main() async throws {
        let options = ProbeOptions(CommandLine.arguments)
        ListenerOptions.raiseFileLimit()
        var configuration = options.listener.configuration
        if let limit = options.webSocketLimit { configuration.webSocket.message = limit }
        if !options.compressesWebSockets { configuration.webSocketCompression = nil }
        configuration.trustedProxies = options.trustedProxies
        let server = try Server(
            configuration: configuration,
            router: try ProbeRoutes.router(options),
            middleware: options.middleware,
            tlsObserver: ListenerOptions.report,
            logger: Logger(label: "probe")
        )
        let stopping = ListenerOptions.stopOnTermination(server)
        defer { stopping.cancel() }
        let address = try await server.bind()
        FileHandle.standardOutput.write(Data("listening on \(address.url)\n".utf8))
        try await server.run()
    }
}

/// What the command line says.
struct ProbeOptions {
    var listener = ListenerOptions()
    var files: String?
    var webSocketLimit: Int?
    var compressesWebSockets = true
    var trustedProxies: TrustedProxies?
    var middleware: [any Middleware] = []

    init(_ arguments: [String]) {
        var rest = arguments.dropFirst()
        while let name = rest.popFirst(), let value = rest.popFirst() {
            switch name {
            case "--files": files = value
            case "--websocket-limit": webSocketLimit = Int(value)
            case "--websocket-compression": compressesWebSockets = value == "on"
            case "--middleware": middleware += [RequestIdentity(), Compression(), ConditionalRequests()]
            case "--cors-origin": middleware.insert(CrossOrigin(origins: Origin(value).map { [$0] } ?? []), at: 0)
            case "--trusted-proxies": trustedProxies = TrustedProxies(value)
            default:
                if listener.take(name, value) { continue }
                FileHandle.standardError.write(Data("unknown option \(name)\n".utf8))
            }
        }
    }
}
