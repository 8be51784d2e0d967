import ArgumentParser
import Foundation

/// The `plantwright` command.
@main
struct Plantwright: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "plantwright",
        abstract: "Turns machine telemetry into ERP work.",
        subcommands: [
            ServeCommand.self, DemoCommand.self, MigrateCommand.self, TokenCommand.self, UserCommand.self,
            SimulateCommand.self, SimulateERPCommand.self, OpenAPICommand.self, ConfigCommand.self,
        ]
    )
}

/// Flags that several commands share; each has a `PLANTWRIGHT_…` variable of the same name.
struct CommonFlags: ParsableArguments {
    @Option(help: "PostgreSQL address; without it a private one is run (PLANTWRIGHT_DATABASE_URL).")
    var databaseUrl: String?
    @Option(help: "Where everything of this installation is kept (PLANTWRIGHT_DATA_DIR).")
    var dataDir: String?
    @Option(help: "Where Public/ and Migrations/ are (PLANTWRIGHT_ASSETS_DIR).")
    var assetsDir: String?
    @Option(help: "trace, debug, info, notice, warning, error or critical (PLANTWRIGHT_LOG_LEVEL).")
    var logLevel: String?
    @Option(help: "The file of the key that seals stored credentials (PLANTWRIGHT_SECRET_KEY_FILE).")
    var secretKeyFile: String?

    var values: [String: String] {
        [
            "DATABASE_URL": databaseUrl, "DATA_DIR": dataDir, "ASSETS_DIR": assetsDir, "LOG_LEVEL": logLevel,
            "SECRET_KEY_FILE": secretKeyFile,
        ].compactMapValues { $0 }
    }
}

/// Flags of the commands that run the server.
struct ServerFlags: ParsableArguments {
    @Option(help: "host:port or unix:/path of the web server (PLANTWRIGHT_LISTEN).")
    var listen: String?
    @Option(help: "MQTT broker address; without it a private one is run (PLANTWRIGHT_MQTT_URL).")
    var mqttUrl: String?
    @Option(help: "PEM file of the authorities to trust for mqtts:// (PLANTWRIGHT_MQTT_CA).")
    var mqttCa: String?
    @Option(help: "PEM file of our certificate for the MQTT broker (PLANTWRIGHT_MQTT_CERTIFICATE).")
    var mqttCertificate: String?
    @Option(help: "PEM file of its key (PLANTWRIGHT_MQTT_KEY).")
    var mqttKey: String?
    @Option(help: "ALPN name for the MQTT broker, such as x-amzn-mqtt-ca (PLANTWRIGHT_MQTT_ALPN).")
    var mqttAlpn: String?
    @Option(help: "Version of MQTT: 5, 3.1.1, or auto for whichever the broker takes (PLANTWRIGHT_MQTT_VERSION).")
    var mqttVersion: String?
    @Option(help: "Client id of the durable session (PLANTWRIGHT_MQTT_CLIENT_ID).")
    var mqttClientId: String?
    @Option(help: "host:port of the private broker (PLANTWRIGHT_MQTT_LISTEN).")
    var mqttListen: String?
    @Option(help: "The address that people use, for links (PLANTWRIGHT_PUBLIC_URL).")
    var publicUrl: String?
    @Option(help: "Loopback hosts, addresses and CIDRs that ERP calls may reach (PLANTWRIGHT_OUTBOUND_ALLOW).")
    var outboundAllow: String?
    @Option(help: "PEM file of the TLS certificate chain; read again when it changes (PLANTWRIGHT_TLS_CERTIFICATE).")
    var tlsCertificate: String?
    @Option(help: "PEM file of the TLS private key (PLANTWRIGHT_TLS_KEY).")
    var tlsKey: String?
    @Option(help: "Reverse proxies that tell the client's address: addresses, CIDRs (PLANTWRIGHT_TRUSTED_PROXIES).")
    var trustedProxies: String?
    @Option(help: "Origins whose pages may call the API, https://… (PLANTWRIGHT_CORS_ORIGINS).")
    var corsOrigins: String?

    var values: [String: String] {
        [
            "LISTEN": listen, "MQTT_URL": mqttUrl, "MQTT_CLIENT_ID": mqttClientId, "MQTT_LISTEN": mqttListen,
            "MQTT_CA": mqttCa, "MQTT_CERTIFICATE": mqttCertificate, "MQTT_KEY": mqttKey, "MQTT_ALPN": mqttAlpn,
            "MQTT_VERSION": mqttVersion,
            "PUBLIC_URL": publicUrl, "OUTBOUND_ALLOW": outboundAllow, "TLS_CERTIFICATE": tlsCertificate,
            "TLS_KEY": tlsKey, "TRUSTED_PROXIES": trustedProxies, "CORS_ORIGINS": corsOrigins,
        ].compactMapValues { $0 }
    }
}

extension CommonFlags {
    /// Reads the settings, or ends the process with exit code 78 after printing every reason.
    func settings(_ more: [String: String] = [:]) -> Settings {
        var reader = SettingsReader(
            flags: values.merging(more) { _, new in new },
            environment: ProcessInfo.processInfo.environment
        )
        do {
            return try reader.settings()
        } catch {
            Console.end(error)
        }
    }
}

/// What commands tell people, and how they end when they cannot do their work.
enum Console {
    /// Prints the reasons and ends the process with exit code 78.
    static func end(_ error: InvalidConfiguration) -> Never {
        for reason in error.reasons { printError("configuration error: \(reason)") }
        exit(InvalidConfiguration.exitCode)
    }

    /// Prints one line to standard output at once, also when that is a file or a pipe.
    static func say(_ line: String) {
        FileHandle.standardOutput.write(Data((line + "\n").utf8))
    }

    /// Prints one line to standard error.
    static func printError(_ line: String) {
        FileHandle.standardError.write(Data((line + "\n").utf8))
    }
}
