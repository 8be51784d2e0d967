import ArgumentParser
import ERPSimulators
import Foundation
import HTTPServer
import Logging
import Observability
import Primitives
import Simulation

/// The command `plantwright simulate-erp`.
struct SimulateERPCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "simulate-erp",
        abstract: "Run a simulated ERP on this machine, for trials without a sandbox.",
        discussion: "Kinds: \(SimulatorDefinition.all.map(\.name).joined(separator: ", "))."
    )

    @Option(help: "Which ERP.") var kind = "rest"
    @Option(help: "The port on 127.0.0.1; 0 for any free one.") var port = 0
    @Option(help: "The secret of the account “plantwright”; made up when absent.") var secret: String?
    @Option(help: "The share of changing requests that go wrong, 0 to 1.") var faultRate = 0.0
    @Option(help: "The share of changing requests that are done, but answered too late, 0 to 1.") var stallRate = 0.0
    @Option(help: "How long every answer takes, in milliseconds.") var latency = 0

    func validate() throws {
        guard SimulatorDefinition.named(kind) != nil else {
            let known = SimulatorDefinition.all.map(\.name).joined(separator: ", ")
            throw ValidationError("--kind is one of \(known)")
        }
        guard (0...1).contains(faultRate) else { throw ValidationError("--fault-rate is from 0 to 1") }
        guard (0...1).contains(stallRate) else { throw ValidationError("--stall-rate is from 0 to 1") }
        guard (0...600_000).contains(latency) else { throw ValidationError("--latency is from 0 to 600000") }
        guard (0...65_535).contains(port) else { throw ValidationError("--port is from 0 to 65535") }
    }

    func run() async throws {
        LogfmtHandler.bootstrap(level: .warning)
        guard let definition = SimulatorDefinition.named(kind) else { return }
        let account = SimulatedAccount(
            name: "plantwright",
            secret: Redacted(secret ?? UUID().uuidString.lowercased())
        )
        let host = SimulatedERPHost(
            definition,
            plant: .example,
            account: account,
            trouble: .init(rate: faultRate, latency: .milliseconds(latency), stallRate: stallRate),
            random: { Double.random(in: 0..<1) },
            clock: .system,
            logger: Logger(label: "plantwright")
        )
        let server = try host.makeServer(port: port)
        let address = try await server.bind()
        let setup = definition.setup(account)
        let connector: JSONValue = [
            "name": .string("Simulated \(kind)"), "kind": .string(setup.kind), "url": .string(address.url),
            "credentials": setup.credentials, "options": setup.options,
        ]
        Console.say("The simulated ERP “\(kind)” answers at \(address.url); stop with Ctrl-C.")
        Console.say("A connector for it, with 127.0.0.1 in PLANTWRIGHT_OUTBOUND_ALLOW:")
        Console.say(connector.text)
        Console.say("Its orders: \(address.url)/_simulator/orders")
        try await server.run()
    }
}
