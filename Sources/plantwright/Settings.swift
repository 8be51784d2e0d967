import Foundation
import HTTPClient
import HTTPServer
import Logging
import MQTT
import PostgreSQL
import Primitives

/// Everything that is configured from outside, checked.
///
/// Flags win over `PLANTWRIGHT_…` variables.
struct Settings: Sendable {
    /// A host and a port to listen on.
    struct ListenAddress: Hashable, Sendable {
        var host: String
        var port: Int

        /// Reads `host:port` or `[v6]:port`.
        init?(_ text: String) {
            guard let colon = text.lastIndex(of: ":"), let port = Int(text[text.index(after: colon)...]),
                (0...65_535).contains(port)
            else { return nil }
            var host = String(text[..<colon])
            if host.hasPrefix("["), host.hasSuffix("]") { host = String(host.dropFirst().dropLast()) }
            guard !host.isEmpty else { return nil }
            self.host = host
            self.port = port
        }

        init(host: String, port: Int) {
            self.host = host
            self.port = port
        }
    }

    var listen = HTTPServer.ListenAddress.tcp(host: "127.0.0.1", port: 8080)
    /// Certificate and key of the web server; nil for plain HTTP.
    var tls: ServerTLS?
    /// External PostgreSQL; nil for the embedded one.
    var database: PostgresConfiguration?
    /// External broker; nil for the embedded one.
    var broker: BrokerAddress?
    var clientID: String?
    /// Where the embedded broker listens; nil for the default of the command.
    var brokerListen: ListenAddress?
    var dataDirectory: String
    var assetsDirectory: String
    var logLevel = Logger.Level.info
    var secretKeyFile: String
    var publicURL: String?
    var outboundAllow: [String] = []
    /// Reverse proxies whose word about clients counts.
    var trustedProxies: TrustedProxies?
    /// Pages of other origins that may call.
    var corsOrigins: [Origin] = []
}

/// The configuration cannot be used; every reason at once.
///
/// The process ends with ``exitCode``.
struct InvalidConfiguration: Error {
    /// `EX_CONFIG` of sysexits.h.
    static let exitCode: Int32 = 78

    var reasons: [String]
}

/// Reads ``Settings`` from flags and environment, collecting every error.
struct SettingsReader {
    private let flags: [String: String]
    private let environment: [String: String]
    private var reasons: [String] = []

    /// Starts with flags by the name of their variable, without the prefix: `LISTEN`, `DATABASE_URL` ….
    init(flags: [String: String], environment: [String: String]) {
        self.flags = flags
        self.environment = environment
    }

    /// A flag, else the variable, else the content of the file named by `…_FILE`.
    private mutating func text(_ name: String) -> String? {
        if let flag = flags[name] { return flag }
        if let value = environment["PLANTWRIGHT_" + name], !value.isEmpty { return value }
        guard let path = environment["PLANTWRIGHT_" + name + "_FILE"], !path.isEmpty else { return nil }
        guard let content = try? String(contentsOfFile: path, encoding: .utf8) else {
            reasons.append("PLANTWRIGHT_\(name)_FILE: the file cannot be read")
            return nil
        }
        return content.trimmingCharacters(in: .whitespacesAndNewlines)
    }

    /// Checks everything.
    mutating func settings() throws(InvalidConfiguration) -> Settings {
        let dataDirectory = Self.absolute(text("DATA_DIR") ?? Self.defaultDataDirectory)
        var settings = Settings(
            dataDirectory: dataDirectory,
            assetsDirectory: assetsDirectory(),
            secretKeyFile: text("SECRET_KEY_FILE") ?? dataDirectory + "/secret.key"
        )
        if let value = text("LISTEN") { settings.listen = webAddress(value) ?? settings.listen }
        readTLS(into: &settings)
        if let value = text("MQTT_LISTEN") { settings.brokerListen = address("MQTT_LISTEN", value) }
        readServers(into: &settings)
        settings.clientID = text("MQTT_CLIENT_ID")
        if let value = text("LOG_LEVEL") {
            if let level = Logger.Level(rawValue: value.lowercased()) {
                settings.logLevel = level
            } else {
                reasons.append("LOG_LEVEL: one of trace, debug, info, notice, warning, error, critical")
            }
        }
        readPublicURL(into: &settings)
        settings.outboundAllow = (text("OUTBOUND_ALLOW") ?? "").split(separator: ",")
            .map { $0.trimmingCharacters(in: .whitespaces) }.filter { !$0.isEmpty }
        do {
            _ = try OutboundPolicy(allow: settings.outboundAllow)
        } catch {
            reasons.append("OUTBOUND_ALLOW: a comma-separated list of hosts, addresses and CIDRs is expected")
        }
        readProxies(into: &settings)
        if !reasons.isEmpty { throw InvalidConfiguration(reasons: reasons) }
        return settings
    }

    /// `host:port`, or `unix:/path` for a proxy on this machine.
    private mutating func webAddress(_ value: String) -> HTTPServer.ListenAddress? {
        if value.hasPrefix("unix:") {
            let path = String(value.dropFirst(5))
            if path.hasPrefix("/"), path.utf8.count < 108 { return .unix(path: path) }
            reasons.append("LISTEN: unix: needs an absolute path of at most 107 bytes")
            return nil
        }
        return address("LISTEN", value).map { .tcp(host: $0.host, port: $0.port) }
    }

    /// Certificate and key come together, and are read at once, so that a mistake is seen before anything starts.
    private mutating func readTLS(into settings: inout Settings) {
        switch (text("TLS_CERTIFICATE"), text("TLS_KEY")) {
        case (nil, nil): return
        case (.some, nil): reasons.append("TLS_KEY: is needed with TLS_CERTIFICATE")
        case (nil, .some): reasons.append("TLS_CERTIFICATE: is needed with TLS_KEY")
        case (let certificate?, let key?):
            let tls = ServerTLS(certificatePath: Self.absolute(certificate), keyPath: Self.absolute(key))
            do throws(TLSFileError) {
                try tls.check()
                settings.tls = tls
            } catch {
                let name = if case .key = error { "TLS_KEY" } else { "TLS_CERTIFICATE" }
                reasons.append("\(name): \(error.message)")
            }
        }
    }

    private mutating func readServers(into settings: inout Settings) {
        if let url = text("DATABASE_URL") {
            do {
                settings.database = try PostgresConfiguration(url: url)
            } catch {
                reasons.append("DATABASE_URL: \(error)")
            }
        }
        if let url = text("MQTT_URL") {
            do {
                settings.broker = try BrokerAddress(url: url)
            } catch {
                reasons.append("MQTT_URL: \(error)")
            }
        }
        readBrokerTLS(into: &settings)
        if let value = text("MQTT_VERSION") {
            if let version = VersionChoice(value) {
                settings.broker?.version = version
            } else {
                reasons.append("MQTT_VERSION: one of auto, 5, 3.1.1")
            }
        }
    }

    /// Files for `mqtts://`; a certificate and its key come together.
    private mutating func readBrokerTLS(into settings: inout Settings) {
        var tls = BrokerTLS()
        tls.caFile = readableFile("MQTT_CA")
        tls.certificateFile = readableFile("MQTT_CERTIFICATE")
        tls.keyFile = readableFile("MQTT_KEY")
        tls.applicationProtocol = text("MQTT_ALPN")
        if (text("MQTT_CERTIFICATE") == nil) != (text("MQTT_KEY") == nil) {
            reasons.append("MQTT_CERTIFICATE and MQTT_KEY: one is of no use without the other")
        }
        guard tls != BrokerTLS() else { return }
        guard settings.broker?.isEncrypted == true else {
            reasons.append("MQTT_CA, MQTT_CERTIFICATE, MQTT_KEY, MQTT_ALPN: need an MQTT_URL that begins with mqtts://")
            return
        }
        settings.broker?.tls = tls
    }

    private mutating func readableFile(_ name: String) -> String? {
        guard let path = text(name) else { return nil }
        guard FileManager.default.isReadableFile(atPath: path) else {
            reasons.append("\(name): the file cannot be read")
            return nil
        }
        return Self.absolute(path)
    }

    private mutating func readPublicURL(into settings: inout Settings) {
        guard let value = text("PUBLIC_URL") else { return }
        guard let url = URL(string: value), ["http", "https"].contains(url.scheme ?? ""), url.host?.isEmpty == false
        else {
            reasons.append("PUBLIC_URL: an http or https address such as https://plant.example.com is expected")
            return
        }
        settings.publicURL = value.hasSuffix("/") ? String(value.dropLast()) : value
    }

    private mutating func readProxies(into settings: inout Settings) {
        if let value = text("TRUSTED_PROXIES") {
            settings.trustedProxies = TrustedProxies(value)
            if settings.trustedProxies == nil {
                reasons.append("TRUSTED_PROXIES: a comma-separated list of addresses, CIDRs and “unix” is expected")
            }
        }
        let origins = (text("CORS_ORIGINS") ?? "").split(separator: ",")
            .map { $0.trimmingCharacters(in: .whitespaces) }.filter { !$0.isEmpty }
        settings.corsOrigins = origins.compactMap { Origin($0) }
        if settings.corsOrigins.count < origins.count {
            reasons.append("CORS_ORIGINS: a comma-separated list of origins such as https://dash.example is expected")
        }
    }

    private mutating func address(_ name: String, _ value: String) -> Settings.ListenAddress? {
        if let address = Settings.ListenAddress(value) { return address }
        reasons.append("\(name): host:port is expected, such as 127.0.0.1:8080")
        return nil
    }

    private mutating func assetsDirectory() -> String {
        func isComplete(_ path: String) -> Bool {
            FileManager.default.fileExists(atPath: path + "/Public")
                && FileManager.default.fileExists(atPath: path + "/Migrations")
        }
        if let given = text("ASSETS_DIR").map(Self.absolute) {
            if !isComplete(given) { reasons.append("ASSETS_DIR: no Public/ and Migrations/ in \(given)") }
            return given
        }
        var path = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
        while path.path != "/" {
            path.deleteLastPathComponent()
            if isComplete(path.path) { return path.path }
        }
        return "/usr/share/plantwright"
    }

    private static var defaultDataDirectory: String { getuid() == 0 ? "/var/lib/plantwright" : "./.plantwright" }

    private static func absolute(_ path: String) -> String {
        URL(fileURLWithPath: path).standardizedFileURL.path
    }
}
