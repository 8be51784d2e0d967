import Foundation
import Logging

/// The server's private PostgreSQL: Debian's programs on a cluster of our own under the data directory, reachable over a
/// Unix socket only, fsync on.
///
/// The first start makes the cluster. Later starts keep it; what a killed server left running is ended first.
public actor EmbeddedPostgreSQL {
    private static let stopSteps = [
        StopStep(signal: SIGINT, patience: .seconds(60)), StopStep(signal: SIGQUIT, patience: .seconds(10)),
    ]

    private let dataDirectory: String
    private let logger: Logger
    private var running: Running?

    /// What a started instance holds: the right to the data directory and the child.
    private final class Running: Sendable {
        let lock: FolderLock
        let process: SupervisedProcess
        let url: String

        init(lock: consuming FolderLock, process: SupervisedProcess, url: String) {
            self.lock = lock
            self.process = process
            self.url = url
        }
    }

    private let stateBox = StateSource()

    /// Makes a private PostgreSQL that does not run yet.
    ///
    /// - Parameters:
    ///   - dataDirectory: the server's data directory; made when it is missing.
    ///   - logger: for starts, deaths and restarts.
    public init(dataDirectory: String, logger: Logger) {
        self.dataDirectory = dataDirectory
        self.logger = logger
    }

    /// What it is doing now.
    public nonisolated var state: EmbeddedState { stateBox.state }

    /// The process id of the postmaster while it runs.
    public var pid: Int32? {
        get async { await running?.process.pid }
    }

    /// Starts it, waits until it takes connections and keeps it running until ``stop()``.
    ///
    /// - Returns: the address of the database `plantwright`, whose owner is the role `plantwright`; no password is
    ///   needed, since the kernel tells PostgreSQL who connects.
    /// - Throws: when the programs are missing, another server uses the data directory, or PostgreSQL ends; the error
    ///   carries the last lines of its log.
    public func start() async throws(EmbeddedError) -> String {
        if let running { return running.url }
        let base = try Folder.dataDirectory(dataDirectory)
        let lock = try FolderLock(path: base.file("postgresql.lock"))
        let account = try Account.forChild(storedIn: base.file("postgresql/data"), named: "postgres")
        let logs = try base.folder("log", owner: .current)
        let home = try base.folder("postgresql", owner: account)
        try home.requirePassable()
        let cluster = Cluster(
            home: home,
            log: ChildLog(path: logs.file("postgresql.log")),
            logger: logger,
            programs: try PostgreSQLPrograms.choose(
                for: try Cluster.storedVersion(home),
                among: PostgreSQLPrograms.installed()
            )
        )
        if try await cluster.leftovers.stop(Self.stopSteps) {
            logger.notice("stopped the PostgreSQL that an earlier run left behind")
        }
        try await cluster.createUnlessStored()
        let socketFolder = try Self.socketFolder(base: base, owner: account)
        try cluster.writeConfiguration()

        let leftovers = cluster.leftovers
        let data = cluster.data
        let process = SupervisedProcess(
            SupervisedProcess.Plan(
                name: "PostgreSQL",
                command: cluster.serverCommand(socketFolder: socketFolder.path),
                log: cluster.log,
                prepare: { () async throws(EmbeddedError) in
                    _ = try await leftovers.stop(Self.stopSteps)
                    try Cluster.removeStaleFile(data)
                },
                isReady: { child in
                    guard let bytes = try? data.read("postmaster.pid"), let file = PostmasterFile(bytes) else {
                        return false
                    }
                    return file.isReady && file.pid == child.pid
                },
                patience: .seconds(3_600),
                stopSteps: Self.stopSteps
            ),
            logger: logger
        )
        stateBox.follow(process)
        try await process.start()
        guard let bytes = try data.read("postmaster.pid"), let file = PostmasterFile(bytes) else {
            throw .notRunning(program: "PostgreSQL", dataDirectory: dataDirectory)
        }
        running = Running(lock: lock, process: process, url: file.url)
        return file.url
    }

    /// Stops it: sessions are ended, everything is written, then the process is gone.
    public func stop() async {
        await running?.process.stop()
        running = nil
    }

    /// Leaves the child running and forgets it, as if this process had been killed.
    ///
    /// For tests.
    func abandon() async {
        await running?.process.abandon()
        running = nil
    }

    /// The address of the database of a private PostgreSQL that another process runs.
    ///
    /// - Parameter dataDirectory: the data directory of the server.
    /// - Returns: the address, as of ``start()``.
    /// - Throws: ``EmbeddedError/notRunning(program:dataDirectory:)`` when none runs there.
    public static func connectionURL(dataDirectory: String) throws(EmbeddedError) -> String {
        let data = Folder(path: dataDirectory + "/postgresql/data", owner: .current)
        guard let bytes = try data.read("postmaster.pid"), let file = PostmasterFile(bytes),
            LeftoverProcesses.name(of: file.pid) == "postgres"
        else {
            throw .notRunning(program: "PostgreSQL", dataDirectory: dataDirectory)
        }
        return file.url
    }

    /// The folder of the socket: inside the data directory when the socket's path fits the kernel's 107 bytes.
    static func socketFolder(base: Folder, owner: Account) throws(EmbeddedError) -> Folder {
        if base.file("run/.s.PGSQL.5432").utf8.count <= 107 { return try base.folder("run", owner: owner) }
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325  // FNV-1a: short and the same at every start
        for byte in base.path.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
        let folder = Folder(path: "/tmp/plantwright-\(String(hash, radix: 16))", owner: owner)
        if let status = FileStatus(of: folder.path), status.uid != owner.uid {
            throw .damaged(path: folder.path, detail: "the folder of the socket belongs to another user; remove it")
        }
        try folder.create()
        return folder
    }
}
