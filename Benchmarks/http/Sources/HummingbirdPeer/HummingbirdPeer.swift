import Hummingbird
import HummingbirdCore
import HummingbirdTLS
import Logging
import NIOSSL

/// The same routes as the probe's, on Hummingbird.
///
/// Arguments: port, directory of static files, and for TLS certificate and key.
@main
struct HummingbirdPeer {
    struct Greeting: ResponseEncodable {
        let message: String
    }

    static func main() async throws {
        let arguments = CommandLine.arguments
        guard arguments.count >= 3, let port = Int(arguments[1]) else {
            print("usage: HummingbirdPeer PORT DIRECTORY [CERTIFICATE KEY]")
            return
        }
        let router = Router()
        router.middlewares.add(FileMiddleware(arguments[2], urlBasePath: "/files"))
        router.get("/plain") { _, _ in "Hello, World!" }
        router.get("/json") { _, _ in Greeting(message: "Hello, World!") }
        router.post("/count") { request, _ in
            var count = 0
            for try await piece in request.body { count += piece.readableBytes }
            return String(count)
        }
        var logger = Logger(label: "peer")
        logger.logLevel = .error
        let app = Application(
            router: router,
            server: try server(Array(arguments.dropFirst(3))),
            configuration: .init(address: .hostname("127.0.0.1", port: port)),
            logger: logger
        )
        try await app.runService()
    }

    private static func server(_ files: [String]) throws -> HTTPServerBuilder {
        guard files.count == 2 else { return .http1() }
        let configuration = TLSConfiguration.makeServerConfiguration(
            certificateChain: try NIOSSLCertificate.fromPEMFile(files[0]).map { .certificate($0) },
            privateKey: .privateKey(try NIOSSLPrivateKey(file: files[1], format: .pem))
        )
        return try .tls(.http1(), tlsConfiguration: configuration)
    }
}
