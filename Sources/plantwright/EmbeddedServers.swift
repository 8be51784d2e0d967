import API
import Embedded
import Foundation
import Logging
import MQTT
import PostgreSQL

/// The private PostgreSQL and Mosquitto, as far as no outside ones are configured.
struct EmbeddedServers: Sendable {
    private let settings: Settings
    private let database: EmbeddedPostgreSQL?
    private let broker: EmbeddedMosquitto?

    init(settings: Settings, logger: Logger) {
        self.settings = settings
        database =
            settings.database == nil
            ? EmbeddedPostgreSQL(dataDirectory: settings.dataDirectory, logger: logger) : nil
        let listen = settings.brokerListen ?? Settings.ListenAddress(host: "127.0.0.1", port: 1_883)
        broker =
            settings.broker == nil
            ? EmbeddedMosquitto(
                dataDirectory: settings.dataDirectory,
                host: listen.host,
                port: listen.port,
                logger: logger
            ) : nil
    }

    /// Starts what is needed.
    ///
    /// - Returns: where the database and the broker are.
    func start() async throws -> (database: PostgresConfiguration, broker: BrokerAddress) {
        try FileManager.default.createDirectory(
            atPath: settings.dataDirectory,
            withIntermediateDirectories: true
        )
        var configuration = settings.database
        if let database { configuration = try PostgresConfiguration(url: try await database.start()) }
        var address = settings.broker
        if let broker { address = try await broker.start() }
        guard let configuration, let address else {
            throw InvalidConfiguration(reasons: ["DATABASE_URL and MQTT_URL: neither given nor embedded"])
        }
        return (configuration, address)
    }

    /// Stops what was started, the broker first.
    func stop() async {
        await broker?.stop()
        await database?.stop()
    }

    /// Makes accounts of the embedded broker; nil with an outside one.
    var makeCredentials: (@Sendable (String) async throws -> DeviceCredentials)? {
        guard let broker else { return nil }
        return { identifier in
            let (username, password) = try await broker.createDeviceCredential(identifier)
            return DeviceCredentials(username: username, password: password)
        }
    }
}
