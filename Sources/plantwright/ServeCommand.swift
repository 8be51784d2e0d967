import ArgumentParser
import Dispatch
import Embedded
import Foundation
import HTTPServer
import Logging
import Observability

/// The command `plantwright serve`.
struct ServeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "serve", abstract: "Run the server.")

    @OptionGroup var common: CommonFlags
    @OptionGroup var server: ServerFlags

    func run() async throws {
        let settings = common.settings(server.values)
        LogfmtHandler.bootstrap(level: settings.logLevel)
        let logger = Logger(label: "plantwright")
        try await ServerProcess.run(PlantwrightServer(settings: settings, logger: logger))
    }
}

/// Runs a server until SIGTERM or SIGINT, and turns what ends it into messages and exit codes.
enum ServerProcess {
    static func run(_ server: PlantwrightServer) async throws {
        let serving = Task { try await server.run() }
        let signals = [SIGTERM, SIGINT].map { number in
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
            source.setEventHandler {
                server.logger.notice("Stopping")
                serving.cancel()
            }
            source.resume()
            return source
        }
        defer { for source in signals { source.cancel() } }
        do {
            try await serving.value
        } catch is CancellationError {
            return
        } catch let error as InvalidConfiguration {
            Console.end(error)
        } catch let error as ListenError {
            Console.printError("error: \(error.message) Choose another address with --listen.")
            throw ExitCode.failure
        } catch let error as EmbeddedError {
            Console.printError("error: \(error)")
            throw ExitCode.failure
        }
    }
}
