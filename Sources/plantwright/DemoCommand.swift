import ArgumentParser
import Foundation
import Logging
import Observability
import Secrets

/// The command `plantwright demo`.
struct DemoCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "demo",
        abstract: "Run the server with a simulated plant and a bundled ERP simulator, already mapped."
    )

    @OptionGroup var common: CommonFlags
    @OptionGroup var server: ServerFlags
    @Option(help: "Port of the ERP simulator's page; 0 for any free one.")
    var erpPort: Int = 0

    func run() async throws {
        var settings = common.settings(server.values)
        if settings.brokerListen == nil { settings.brokerListen = .init(host: "127.0.0.1", port: 0) }
        settings.outboundAllow.append("127.0.0.1")
        if server.values["LOG_LEVEL"] == nil, common.logLevel == nil { settings.logLevel = .warning }
        LogfmtHandler.bootstrap(level: settings.logLevel)
        let logger = Logger(label: "plantwright")
        Console.say("Plantwright demo — data in \(settings.dataDirectory)")
        Console.say("Starting PostgreSQL and the MQTT broker …")
        let demo = Demo(settings: settings, erpPort: erpPort, logger: logger)
        var server = PlantwrightServer(settings: settings, logger: logger)
        server.companion = { running in try await demo.run(beside: running) }
        try await ServerProcess.run(server)
    }
}
