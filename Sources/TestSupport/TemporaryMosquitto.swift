import Foundation
import MQTT
import Synchronization

/// A private Mosquitto for one test: a free loopback port, a temporary directory, persistence on.
///
/// It ends with the test, and with the test process even if that is killed.
public final class TemporaryMosquitto: Sendable {
    /// How the broker is configured.
    public struct Options: Sendable {
        /// Accounts by user name; none allows anonymous access.
        public var accounts: [String: String] = [:]
        /// Whether the log also tells every packet.
        public var logsPackets = false
        /// The broker's `max_inflight_messages`: how many deliveries to one client may be unacknowledged, 0 for no limit.
        public var inflightMessages = 0
        /// Seconds between updates of `$SYS`.
        public var sysInterval = 10
        /// PEM files that make the listener TLS.
        public var certificate: (file: String, key: String)?
        /// A PEM file of the authority whose certificates clients must have.
        public var clientAuthority: String?
        /// The lines of an `acl_file`.
        public var accessRules: [String] = []

        /// Makes options for an anonymous plain broker.
        public init() {}
    }

    private struct State {
        var process: BrokerProcess?
        var formerLogs = ""
    }

    /// The loopback port; stays the same over restarts.
    public let port: UInt16
    /// Where configuration, password file and database are.
    public let directory: String
    private let options: Options
    private let state = Mutex(State())

    /// Starts a broker and returns when it accepts connections.
    public init(_ options: Options = Options()) throws {
        self.options = options
        directory = NSTemporaryDirectory() + "mosquitto-" + UUID().uuidString.prefix(8)
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        port = try BrokerProcess.freePort()
        try writeFiles()
        try start()
    }

    deinit {
        kill()
        try? FileManager.default.removeItem(atPath: directory)
    }

    /// The broker's address, with the first account by name if there are any.
    public var address: BrokerAddress {
        let account = options.accounts.min { $0.key < $1.key }
        return BrokerAddress(
            host: options.certificate == nil ? "127.0.0.1" : "localhost",
            port: port,
            isEncrypted: options.certificate != nil,
            credentials: account.map { BrokerCredentials(username: $0.key, password: $0.value) }
        )
    }

    /// Everything the broker has logged, over all restarts.
    public var log: String {
        state.withLock { $0.formerLogs + ($0.process?.log ?? "") }
    }

    /// Starts the broker again after ``stop()`` or ``kill()``, on the same port and database.
    public func start() throws {
        try state.withLock { state in
            guard state.process == nil else { return }
            state.process = try BrokerProcess(directory: directory)
        }
    }

    /// Ends the broker with SIGTERM: it saves its database.
    public func stop() {
        end(SIGTERM)
    }

    /// Ends the broker with SIGKILL.
    public func kill() {
        end(SIGKILL)
    }

    /// Stops the broker's execution, or lets it go on: a broker that is there and does not answer.
    public func setSuspended(_ isSuspended: Bool) {
        state.withLock { _ = $0.process?.signal(isSuspended ? SIGSTOP : SIGCONT) }
    }

    private func end(_ signal: Int32) {
        state.withLock { state in
            guard let process = state.process else { return }
            process.end(signal)
            state.formerLogs += process.log
            state.process = nil
        }
    }

    private func writeFiles() throws {
        var lines = [
            "listener \(port) \(options.certificate == nil ? "127.0.0.1" : "localhost")",
            "user root",
            "persistence true",
            "persistence_location \(directory)/",
            "autosave_interval 1800",
            "max_queued_messages 0",
            "max_inflight_messages \(options.inflightMessages)",
            "sys_interval \(options.sysInterval)",
            "log_dest stderr",
            "log_type \(options.logsPackets ? "all" : "information")",
            "log_type notice",
            "log_type warning",
            "log_type error",
            "allow_anonymous \(options.accounts.isEmpty)",
        ]
        if let certificate = options.certificate {
            lines += ["certfile \(certificate.file)", "keyfile \(certificate.key)"]
        }
        if let authority = options.clientAuthority { lines += ["cafile \(authority)", "require_certificate true"] }
        if !options.accounts.isEmpty {
            lines.append("password_file \(directory)/passwords")
            try BrokerProcess.writePasswords(options.accounts, to: directory + "/passwords")
        }
        if !options.accessRules.isEmpty {
            lines.append("acl_file \(directory)/access")
            try write(options.accessRules, to: "access")
        }
        try write(lines, to: "mosquitto.conf")
    }

    private func write(_ lines: [String], to name: String) throws {
        try Data((lines.joined(separator: "\n") + "\n").utf8).write(to: URL(fileURLWithPath: "\(directory)/\(name)"))
    }
}

extension TemporaryMosquitto {
    /// Starts a broker for the length of a closure.
    public static func with<Result>(
        _ options: Options = Options(),
        _ body: (TemporaryMosquitto) async throws -> Result
    ) async throws -> Result {
        let broker = try TemporaryMosquitto(options)
        defer { broker.kill() }
        return try await body(broker)
    }
}
