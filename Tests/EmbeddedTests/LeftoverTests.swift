import Foundation
import Testing

@testable import Embedded

/// What a killed server leaves behind: locks, processes, folders.
struct LeftoverTests {
    @Test func lockIsExclusiveUntilItIsGivenBack() throws {
        let folder = try TestFolder()
        let path = folder.path + "/postgresql.lock"
        do {
            let lock = try FolderLock(path: path)
            let error = #expect(throws: EmbeddedError.self) { try take(path) }
            #expect(error == .dataDirectoryInUse(path: folder.path, pid: getpid()))
            _ = consume lock
        }
        try take(path)
    }

    private func take(_ path: String) throws(EmbeddedError) {
        _ = try FolderLock(path: path)
    }

    /// A copy of `tail`, following files for ever, under a name of its own, so that it is found among all processes.
    private func follower(_ folder: TestFolder, of file: String, working: String = "/") throws -> ChildProcess {
        let program = folder.path + "/pw-follower"
        if !FileManager.default.fileExists(atPath: program) {
            try FileManager.default.copyItem(atPath: "/usr/bin/tail", toPath: program)
        }
        return try ChildProcess.start(
            Command(program: program, arguments: ["-f", file], account: .current, folder: working),
            log: ChildLog(path: folder.path + "/log")
        )
    }

    @Test func findsByArgumentAndByFolder() async throws {
        let folder = try TestFolder()
        let data = try Folder.dataDirectory(folder.path + "/data").path
        let file = try folder.write("data/file", "")
        let main = try follower(folder, of: file)
        let worker = try follower(folder, of: "/dev/null", working: data)
        let other = try follower(folder, of: try folder.write("data/file2", ""))
        let leftovers = LeftoverProcesses(program: "pw-follower", argument: file, workingFolder: data)
        try await eventually("both have become the program") { leftovers.find().all.count == 2 }
        #expect(leftovers.find() == LeftoverProcesses.Found(main: [main.pid], children: [worker.pid]))
        #expect(LeftoverProcesses(program: "other", argument: file, workingFolder: data).find().all.isEmpty)

        worker.signal(SIGKILL)
        _ = await worker.end()
        #expect(try await leftovers.stop([StopStep(signal: SIGTERM, patience: .seconds(10))]))
        #expect(leftovers.find().all.isEmpty)
        #expect(await main.end() == .killed(SIGTERM))
        #expect(other.ending == nil)
        #expect(try await !leftovers.stop([StopStep(signal: SIGTERM, patience: .seconds(10))]))
        other.signal(SIGKILL)
        _ = await other.end()
    }

    @Test func orphansAreEndedThemselves() async throws {
        let folder = try TestFolder()
        let data = try Folder.dataDirectory(folder.path + "/data").path
        let orphan = try follower(folder, of: "/dev/null", working: data)
        let leftovers = LeftoverProcesses(program: "pw-follower", argument: "none", workingFolder: data)
        try await eventually("it has become the program") { !leftovers.find().all.isEmpty }
        #expect(try await leftovers.stop([StopStep(signal: SIGTERM, patience: .seconds(10))]))
        #expect(await orphan.end() == .killed(SIGTERM))
    }

    @Test func aFileIsReplacedAsAWhole() throws {
        let folder = try TestFolder()
        let inner = try Folder.dataDirectory(folder.path).folder("inner", owner: .current)
        #expect(try inner.read("a") == nil)
        try inner.write("a", "one".utf8)
        try inner.write("a", "two".utf8)
        #expect(try inner.read("a") == Array("two".utf8))
        #expect(FileStatus(of: inner.file("a"))?.mode == 0o600)
        #expect(FileStatus(of: inner.path)?.mode == 0o700)
        #expect(try FileManager.default.contentsOfDirectory(atPath: inner.path) == ["a"])
    }

    @Test func closedParentIsNamed() throws {
        guard geteuid() == 0 else { return }
        let folder = try TestFolder()
        let base = try Folder.dataDirectory(folder.path + "/closed/data")
        chmod(folder.path + "/closed", 0o700)
        let account = try Account.forChild(storedIn: base.file("none"), named: "postgres")
        let inner = try base.folder("postgresql", owner: account)
        #expect(throws: EmbeddedError.folderClosed(folder: folder.path + "/closed", user: "postgres")) {
            try inner.requirePassable()
        }
        chmod(folder.path + "/closed", 0o711)
        try inner.requirePassable()
    }

    @Test func unknownUserIsNamed() throws {
        guard geteuid() == 0 else { return }
        #expect(throws: EmbeddedError.userMissing(name: "nobody-of-that-name")) {
            try Account.forChild(storedIn: "/nowhere", named: "nobody-of-that-name")
        }
    }

    @Test func portsAreChecked() throws {
        let free = try ListenAddress(host: "127.0.0.1", port: 0).reservePort()
        #expect((1_024...65_535).contains(free))
        #expect(try ListenAddress(host: "127.0.0.1", port: free).reservePort() == free)
        #expect(throws: EmbeddedError.self) { try ListenAddress(host: "192.0.2.1", port: 0).reservePort() }
        #expect(throws: EmbeddedError.self) { try ListenAddress(host: "no such host", port: 0).reservePort() }
        #expect(ListenAddress(host: "0.0.0.0", port: 1).localHost == "127.0.0.1")
        #expect(ListenAddress(host: "::", port: 1).localHost == "::1")
        #expect(ListenAddress(host: "localhost", port: 1).localHost == "localhost")
    }
}
