import Foundation
import Logging
import MQTT
import Primitives

/// The server's private MQTT broker: Debian's Mosquitto with a generated configuration under the data directory.
///
/// Persistence is on, nobody is anonymous, the server has an account for everything and each device one for its own
/// topics. What a killed server left running is ended at the next start.
public actor EmbeddedMosquitto {
    private static let stopSteps = [StopStep(signal: SIGTERM, patience: .seconds(20))]

    private let dataDirectory: String
    private let listen: ListenAddress
    let logger: Logger
    private var running: Running?
    private let stateBox = StateSource()

    /// What a started instance holds: the right to the data directory, the child and the server's own client.
    private final class Running: Sendable {
        let lock: FolderLock
        let process: SupervisedProcess
        let address: BrokerAddress
        let control: BrokerControl

        init(
            lock: consuming FolderLock,
            process: SupervisedProcess,
            address: BrokerAddress,
            control: BrokerControl
        ) {
            self.lock = lock
            self.process = process
            self.address = address
            self.control = control
        }
    }

    /// Makes a private broker that does not run yet.
    ///
    /// - Parameters:
    ///   - dataDirectory: the server's data directory; made when it is missing.
    ///   - host: the name or IP address to listen on, without brackets.
    ///   - port: the TCP port; 0 takes a free one.
    ///   - logger: for starts, deaths and restarts.
    public init(dataDirectory: String, host: String = "127.0.0.1", port: Int = 1_883, logger: Logger) {
        self.dataDirectory = dataDirectory
        listen = ListenAddress(host: host, port: port)
        self.logger = logger
    }

    /// What it is doing now.
    public nonisolated var state: EmbeddedState { stateBox.state }

    /// The process id of the broker while it runs.
    public var pid: Int32? {
        get async { await running?.process.pid }
    }

    /// Starts it, waits until it takes connections and keeps it running until ``stop()``.
    ///
    /// - Returns: the address for programs on this machine, with the server's own account.
    /// - Throws: ``EmbeddedError/addressInUse(host:port:)`` when something else listens there; other errors carry the
    ///   last lines of Mosquitto's log.
    public func start() async throws(EmbeddedError) -> BrokerAddress {
        if let running { return running.address }
        let programs = try MosquittoPrograms.installed()
        let base = try Folder.dataDirectory(dataDirectory)
        let lock = try FolderLock(path: base.file("mosquitto.lock"))
        let account = try Account.forChild(storedIn: base.file("mosquitto"), named: "mosquitto")
        let logs = try base.folder("log", owner: .current)
        let home = try base.folder("mosquitto", owner: account)
        try home.requirePassable()
        let file = home.file("mosquitto.conf")
        let leftovers = LeftoverProcesses(program: "mosquitto", argument: file)
        if try await leftovers.stop(Self.stopSteps) {
            logger.notice("stopped the Mosquitto that an earlier run left behind")
        }

        let port = try listen.reservePort()
        let password = try Self.password(base)
        try Self.writeAccounts(home, password: password)
        let configuration = MosquittoConfiguration(
            host: listen.host,
            port: port,
            plugin: programs.plugin,
            accountsFile: home.file("accounts.json"),
            folder: home.path
        )
        try home.write("mosquitto.conf", configuration.text.utf8)
        let log = ChildLog(path: logs.file("mosquitto.log"))
        let process = SupervisedProcess(
            SupervisedProcess.Plan(
                name: "Mosquitto",
                command: Command(
                    program: programs.broker,
                    arguments: ["-c", file],
                    account: account,
                    folder: home.path
                ),
                log: log,
                prepare: { () async throws(EmbeddedError) in _ = try await leftovers.stop(Self.stopSteps) },
                isReady: { child in
                    // What Mosquitto logs after it has opened its listeners.
                    child.ending == nil && log.text(since: child.logOffset).contains(" running")
                },
                stopSteps: Self.stopSteps
            ),
            logger: logger
        )
        stateBox.follow(process)
        try await process.start()
        let address = BrokerAddress(
            host: listen.localHost,
            port: UInt16(port),
            credentials: BrokerCredentials(username: AccountFile.serverName, password: password)
        )
        let control = BrokerControl(address: address, logger: logger)
        running = Running(lock: lock, process: process, address: address, control: control)
        return address
    }

    /// Stops it: sessions and queues are saved, then the process is gone.
    public func stop() async {
        guard let stopped = running else { return }
        running = nil
        await stopped.control.close()
        await stopped.process.stop()
    }

    /// Makes an account for a device, valid at once, that may publish and read `plantwright/v1/{identifier}/#` and
    /// nothing else.
    ///
    /// An account that the device had before ends, and so do its connections.
    ///
    /// - Parameter identifier: the device's identifier, one level of a topic.
    /// - Returns: the user name and the password, which is stored nowhere.
    /// - Throws: ``EmbeddedError/invalidIdentifier(_:)``, ``EmbeddedError/notRunning(program:dataDirectory:)`` or
    ///   ``EmbeddedError/commandRefused(detail:)``.
    public func createDeviceCredential(
        _ identifier: String
    ) async throws(EmbeddedError) -> (username: String, password: String) {
        let account = try DeviceAccount(identifier: identifier)
        let password = AccountFile.newPassword()
        try await requireControl().create(account, password: password)
        return (account.username, password)
    }

    /// Ends the account of a device, if it has one, and its connections.
    ///
    /// - Parameter identifier: the device's identifier.
    /// - Throws: as ``createDeviceCredential(_:)``.
    public func removeDeviceCredential(_ identifier: String) async throws(EmbeddedError) {
        try await requireControl().remove(try DeviceAccount(identifier: identifier))
    }

    /// Leaves the child running and forgets it, as if this process had been killed.
    ///
    /// For tests.
    func abandon() async {
        await running?.process.abandon()
        await running?.control.close()
        running = nil
    }

    private func requireControl() throws(EmbeddedError) -> BrokerControl {
        guard let running else { throw .notRunning(program: "Mosquitto", dataDirectory: dataDirectory) }
        return running.control
    }

    /// The server's password, made on the first start and kept for it alone.
    private static func password(_ base: Folder) throws(EmbeddedError) -> String {
        if let stored = try base.read("broker.password") {
            let password = String(decoding: stored, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
            if !password.isEmpty { return password }
        }
        let password = AccountFile.newPassword()
        try base.write("broker.password", (password + "\n").utf8)
        return password
    }

    private static func writeAccounts(_ home: Folder, password: String) throws(EmbeddedError) {
        guard var accounts = AccountFile(try home.read("accounts.json")) else {
            throw .damaged(
                path: home.file("accounts.json"),
                detail: "not the broker's account file; remove it, and give every device new credentials"
            )
        }
        accounts.setServer(password: password, salt: AccountFile.newSalt())
        try home.write("accounts.json", JSONValue.object(accounts.document).bytes)
    }
}
