import Foundation
import HTTPServer
import Logging

/// A server with one route for each thing that an independent client or a benchmark wants to try; for tests only.
///
/// Prints `listening on URL` when it is ready, and serves until it is ended. Options: `--listen HOST:PORT` (default a
/// free port of 127.0.0.1), `--files DIRECTORY` (served under `/files/`), `--websocket-limit BYTES` and
/// `--websocket-compression on|off` (default on).
@main
enum HTTPProbe {
    static func main() async throws {
        let options = ProbeOptions(CommandLine.arguments)
        var configuration = ServerConfiguration(host: options.host, port: options.port)
        configuration.maximumConnections = 50_000
        if let limit = options.webSocketLimit { configuration.webSocket.message = limit }
        if !options.compressesWebSockets { configuration.webSocketCompression = nil }
        let server = try Server(
            configuration: configuration,
            router: try ProbeRoutes.router(options),
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
    var webSocketLimit: Int?
    var compressesWebSockets = true

    init(_ arguments: [String]) {
        var rest = arguments.dropFirst()
        while let name = rest.popFirst(), let value = rest.popFirst() {
            switch name {
            case "--listen":
                let parts = value.split(separator: ":")
                host = parts.first.map(String.init) ?? host
                port = parts.last.flatMap { Int($0) } ?? 0
            case "--files": files = value
            case "--websocket-limit": webSocketLimit = Int(value)
            case "--websocket-compression": compressesWebSockets = value == "on"
            default: FileHandle.standardError.write(Data("unknown option \(name)\n".utf8))
            }
        }
    }
}
