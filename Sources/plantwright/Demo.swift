import Accounts
import Alarms
import Assets
import ERP
import Foundation
import HTTPServer
import Logging
import MQTT
import Primitives
import Secrets
import Simulation
import Telemetry

/// The simulated plant and its ERP, set up beside a running server.
///
/// What an admin has changed stays: documents are written only where there are none; only the ERP's address follows
/// the port that the simulator has this time.
struct Demo: Sendable {
    let settings: Settings
    let erpPort: Int
    let logger: Logger

    /// The key of the connector to the simulator.
    static let connector = "demo-erp"
    /// How much history a new plant gets.
    static let historyDays = 30
    /// How far its readings are apart, in seconds.
    static let historyStep = 300.0

    func run(beside running: PlantwrightServer.RunningServer) async throws {
        let plant = PlantModel()
        let state = PlantState(clock: .system)
        let token = try erpToken()
        let erp = ERPSimulator(
            equipment: plant.equipmentNames,
            token: token,
            file: settings.dataDirectory + "/erp-simulator.json",
            clock: .system,
            logger: logger,
            onCompletion: { state.repair(equipment: $0) }
        )
        let erpServer = try erp.makeServer(port: erpPort)
        let erpAddress = try await erpServer.bind()
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await erpServer.run() }
            group.addTask {
                try await configure(running.parts, plant: plant, erp: erpAddress.url, token: token)
                try await backfill(running.parts, plant: plant)
                state.goLive()
                try await greet(running, erp: erpAddress.url)
                await PlantPublisher(
                    model: plant,
                    state: state,
                    broker: running.broker,
                    clock: .system,
                    logger: logger
                ).run()
            }
            try await group.waitForAll()
        }
    }

    /// The simulator's token, made once per installation.
    private func erpToken() throws -> String {
        let path = settings.dataDirectory + "/erp-simulator.token"
        if let text = try? String(contentsOfFile: path, encoding: .utf8), !text.isEmpty { return text }
        let token = UUID().uuidString.lowercased()
        _ = FileManager.default.createFile(
            atPath: path,
            contents: Data(token.utf8),
            attributes: [.posixPermissions: 0o600]
        )
        return token
    }

    // MARK: - Configuration

    private func configure(_ parts: ServerParts, plant: PlantModel, erp: String, token: String) async throws {
        Console.say("Setting up the plant …")
        let snapshot = parts.plant.snapshot
        for document in plant.profiles where snapshot.profile(key: document.key) == nil {
            _ = try await parts.plant.putProfile(key: try key(document.key), document: document.document)
        }
        try await putConnector(parts, erp: erp, token: token)
        for document in plant.assets where snapshot.asset(key: document.key) == nil {
            _ = try await parts.plant.putAsset(key: try key(document.key), document: document.document)
        }
        for document in plant.devices where snapshot.device(key: document.key) == nil {
            _ = try await parts.plant.putDevice(key: try key(document.key), document: document.document)
        }
        let rules = Set(try await parts.rules.rules(limit: 1_000).map(\.key))
        for document in plant.rules where !rules.contains(document.key) {
            try await parts.rules.put(key: try key(document.key), document: document.document)
        }
        let mappings = Set(try await parts.erp.mappings.list().map(\.key))
        for document in DemoMappings.all(plant) where !mappings.contains(document.key) {
            try await parts.erp.mappings.put(key: try key(document.key), document: document.document)
        }
    }

    private func putConnector(_ parts: ServerParts, erp: String, token: String) async throws {
        let connectorKey = try key(Self.connector)
        var document: JSONValue
        do {
            document = try await parts.erp.connectors.get(key: connectorKey).json
        } catch ResourceFailure.notFound {
            document = DemoMappings.connector
        }
        guard var object = document.object else { return }
        object["url"] = .string(erp)
        object["credentials"] = ["bearer": .string(token)]
        var options = object["options"]?.object ?? JSONObject()
        options["link"] = .string(erp + "/orders/${id}")
        object["options"] = .object(options)
        document = .object(object)
        try await parts.erp.connectors.put(key: connectorKey, document: document)
    }

    private func key(_ text: String) throws -> ResourceKey {
        guard let key = ResourceKey(text) else {
            throw InvalidInput(pointer: "", code: "key", detail: "“\(text)” is no key.")
        }
        return key
    }

    // MARK: - History

    /// Gives a new plant its history, which is stored and not evaluated.
    private func backfill(_ parts: ServerParts, plant: PlantModel) async throws {
        let marker = settings.dataDirectory + "/demo-history"
        if FileManager.default.fileExists(atPath: marker) { return }
        let end = WallClock.system.now
        let start = end.adding(seconds: -Double(Self.historyDays) * 86_400)
        let started = ContinuousClock.now
        let snapshot = parts.plant.snapshot
        var portion: [Reading] = []
        var count = 0
        var codes = StateCodes(states: parts.plant.states, pool: parts.pool)
        for (index, document) in plant.devices.enumerated() {
            guard let device = snapshot.device(key: document.key), let profile = snapshot.profile(of: device) else {
                continue
            }
            for sample in plant.history(ofDevice: index, from: start, to: end, step: Self.historyStep) {
                portion.append(
                    Reading(
                        deviceID: device.id,
                        timestamp: sample.time,
                        receivedAt: sample.time,
                        quality: 0,
                        values: try await codes.metricValues(sample.values, profile: profile)
                    )
                )
            }
            if portion.count >= 20_000 || index == plant.devices.count - 1 {
                _ = try await parts.writer.importHistory(portion)
                count += portion.count
                portion = []
                Console.say("Writing 30 days of history: \(count) readings …")
            }
        }
        parts.writer.latest.update(try await parts.readings.latest(devices: Array(snapshot.devices.keys)))
        _ = FileManager.default.createFile(atPath: marker, contents: nil)
        let seconds = Double((ContinuousClock.now - started).components.seconds)
        Console.say("Wrote \(count) readings in \(Int(seconds)) s.")
    }

    // MARK: - Greeting

    private func greet(_ running: PlantwrightServer.RunningServer, erp: String) async throws {
        let user = try await running.parts.accounts.ensureUser(email: "demo@plantwright.example", role: .admin)
        let link = try await running.parts.accounts.createSignInLink(user: user.id, validFor: 86_400)
        let broker = "mqtt://\(running.broker.host):\(running.broker.port)"
        Console.say(
            """

            Plantwright is running.

              Sign in:        \(settings.publicURL ?? running.address.url)/sign-in?token=\(link.secret)
                              (works once, for 24 hours; another one: plantwright user create …)
              ERP simulator:  \(erp)/
              MQTT broker:    \(broker)

            A bearing of the Haarlem line is wearing out: watch its temperature, the alarm, and the order in the ERP.
            Stop with Ctrl-C; everything is kept in \(settings.dataDirectory).

            """
        )
    }
}
