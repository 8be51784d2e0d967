import ArgumentParser
import Logging
import MQTT
import Observability
import Primitives
import Simulation

/// The command `plantwright simulate`.
struct SimulateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "simulate",
        abstract: "Publish a simulated plant, or load, to an MQTT broker."
    )

    @Option(help: "The broker, mqtt://[user:pass@]host:port.") var mqttUrl: String
    @Option(help: "Version of MQTT: 5, 3.1.1, or auto for whichever the broker takes.") var mqttVersion = "auto"
    @Option(help: "Publish load from so many devices, sim-000001 …; 0 publishes the simulated plant.") var devices = 0
    @Option(help: "Messages per second in total; 0 for as fast as possible.") var rate = 1_000
    @Option(help: "Metrics per message, m1 …") var metrics = 5
    @Option(help: "Messages to send in all; 0 until stopped.") var messages = 0

    func validate() throws {
        guard devices >= 0, rate >= 0, (1...100).contains(metrics), messages >= 0 else {
            throw ValidationError("numbers must not be negative; --metrics is 1 to 100")
        }
    }

    func run() async throws {
        LogfmtHandler.bootstrap(level: .warning)
        let logger = Logger(label: "plantwright")
        var broker: BrokerAddress
        do throws(BrokerAddress.ParseError) {
            broker = try BrokerAddress(url: mqttUrl)
        } catch {
            Console.end(InvalidConfiguration(reasons: ["--mqtt-url: \(error)"]))
        }
        guard let version = VersionChoice(mqttVersion) else {
            Console.end(InvalidConfiguration(reasons: ["--mqtt-version: one of auto, 5, 3.1.1"]))
        }
        broker.version = version
        guard devices > 0 else {
            let state = PlantState(clock: .system)
            state.goLive()
            Console.say("Publishing the simulated plant at 1 Hz; stop with Ctrl-C.")
            await PlantPublisher(
                model: PlantModel(),
                state: state,
                broker: broker,
                clock: .system,
                logger: logger
            ).run()
            return
        }
        let options = SimulateOptions(
            broker: broker,
            devices: devices,
            rate: Double(rate),
            metrics: metrics,
            messages: messages
        )
        let summary = try await LoadGenerator(options, clock: .system, logger: logger).run { progress in
            Console.printError("\(progress.acknowledged) acknowledged")
        }
        Console.say("sent \(summary.sent), acknowledged \(summary.acknowledged), \(summary.seconds) s")
    }
}
