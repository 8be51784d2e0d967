import Foundation
import Logging

/// The files of the private PostgreSQL and the commands that work on them.
struct Cluster: Sendable {
    /// The folder `postgresql` under the data directory, owned by the child's user.
    var home: Folder
    var log: ChildLog
    var logger: Logger
    var programs: PostgreSQLPrograms

    /// PostgreSQL's own data directory.
    var data: Folder { Folder(path: home.file("data"), owner: home.owner) }

    /// The processes of an earlier run.
    var leftovers: LeftoverProcesses {
        LeftoverProcesses(program: "postgres", argument: data.path, workingFolder: data.path)
    }

    /// The major version of the stored data; nil before the first start.
    static func storedVersion(_ home: Folder) throws(EmbeddedError) -> String? {
        guard let bytes = try home.read("data/PG_VERSION") else { return nil }
        return String(decoding: bytes, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
    }

    /// Makes the cluster on the first start.
    ///
    /// It is built beside its place and moved there when it is complete, so that an interrupted first start leaves
    /// nothing half done.
    func createUnlessStored() async throws(EmbeddedError) {
        guard try Self.storedVersion(home) == nil else { return }
        logger.notice("making a PostgreSQL \(programs.version) database cluster", metadata: ["path": "\(data.path)"])
        let draft = home.file("data.new")
        try remove(draft)
        // Nothing is synced until all is there; then everything is, once.
        try await run(
            programs.initdb,
            [
                "--pgdata", draft, "--no-sync", "--username", PostgreSQLConfiguration.superuser, "--auth", "peer",
                "--encoding", "UTF8", "--locale", "C.UTF-8", "--data-checksums", "--no-instructions",
            ]
        )
        try home.write("first-statements.sql", PostgreSQLConfiguration.firstStatements.utf8)
        let output = try await run(
            programs.postgres,
            ["--single", "-F", "-j", "-D", draft, "postgres"],
            input: home.file("first-statements.sql")
        )
        if output.contains("ERROR:") || output.contains("FATAL:") {
            let lines = output.split(separator: "\n").suffix(8).map(String.init)
            throw .ended(program: "PostgreSQL", ending: "could not make the database", log: lines)
        }
        let folder = Folder(path: draft, owner: home.owner)
        let own =
            "\n# Added by plantwright; local.conf is yours and has the last word.\n"
            + "include_if_exists 'plantwright.conf'\ninclude_if_exists 'local.conf'\n"
        try folder.write("postgresql.conf", (try folder.read("postgresql.conf") ?? []) + Array(own.utf8))
        try folder.write("local.conf", "# Your own settings; they have the last word.\n".utf8)
        try await run(programs.initdb, ["--sync-only", "--pgdata", draft])
        try check(rename(draft, data.path), "rename", draft)
    }

    /// Writes what is generated at every start.
    func writeConfiguration() throws(EmbeddedError) {
        let users = [Account.current.name, home.owner.name].compactMap { $0 }
        let configuration = PostgreSQLConfiguration(
            memory: PostgreSQLConfiguration.availableMemory(),
            users: users
        )
        try data.write("plantwright.conf", configuration.settings.utf8)
        try data.write("pg_hba.conf", configuration.access.utf8)
        try data.write("pg_ident.conf", configuration.identities.utf8)
    }

    /// The server.
    ///
    /// What must not be changed by any configuration file is given here.
    func serverCommand(socketFolder: String) -> Command {
        let quoted = "\"" + socketFolder.replacing("\"", with: "\"\"") + "\""
        return Command(
            program: programs.postgres,
            arguments: [
                "-D", data.path, "-c", "listen_addresses=", "-c", "unix_socket_directories=\(quoted)", "-c",
                "unix_socket_permissions=0700", "-c", "port=5432",
            ],
            account: home.owner,
            folder: home.path
        )
    }

    /// Removes a `postmaster.pid` whose process id has been given to another program meanwhile: PostgreSQL would take
    /// that one for itself and refuse to start.
    ///
    /// Called only when no process of this cluster runs.
    static func removeStaleFile(_ data: Folder) throws(EmbeddedError) {
        guard let bytes = try data.read("postmaster.pid"), let file = PostmasterFile(bytes),
            LeftoverProcesses.name(of: file.pid) != nil
        else { return }
        try check(unlink(data.file("postmaster.pid")), "remove", data.file("postmaster.pid"))
    }

    @discardableResult
    private func run(
        _ program: String,
        _ arguments: [String],
        input: String = "/dev/null"
    ) async throws(EmbeddedError) -> String {
        let command = Command(
            program: program,
            arguments: arguments,
            account: home.owner,
            folder: home.path,
            input: input
        )
        let child = try ChildProcess.start(command, log: log)
        let ending = await child.end()
        guard ending == .exited(0) else {
            throw .ended(
                program: (program as NSString).lastPathComponent,
                ending: "\(ending)",
                log: log.lastLines(since: child.logOffset)
            )
        }
        return log.text(since: child.logOffset)
    }

    private func remove(_ path: String) throws(EmbeddedError) {
        guard FileStatus(of: path) != nil else { return }
        do {
            try FileManager.default.removeItem(atPath: path)
        } catch {
            throw .file(path: path, operation: "remove", code: errno)
        }
    }
}
