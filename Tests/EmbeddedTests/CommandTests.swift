import Foundation
import Testing

@testable import Embedded

/// How children are started, as whom, and what is said when that fails.
struct CommandTests {
    private func other() throws -> Account {
        let current = Account.current
        guard current.uid == 0 else { return current }
        return try Account.forChild(storedIn: "/nowhere", named: "postgres")
    }

    @Test func runsThePlainProgramAsOneself() {
        let command = Command(program: "/bin/x", arguments: ["a b", "c"], account: .current, folder: "/")
        #expect(command.words == ["/bin/x", "a b", "c"])
    }

    @Test func givesUpRootBeforeTheProgram() throws {
        guard geteuid() == 0 else { return }
        let account = try other()
        let command = Command(program: "/bin/x", arguments: ["a"], account: account, folder: "/")
        #expect(account.uid != 0)
        #expect(command.words.first == "/usr/bin/setpriv")
        #expect(command.words.contains("--reuid=\(account.uid)"))
        #expect(command.words.contains("--regid=\(account.gid)"))
        #expect(command.words.contains("--init-groups"))
        #expect(command.words.suffix(3) == ["--", "/bin/x", "a"])
    }

    @Test func droppedChildHasNothingOfRoot() async throws {
        let folder = try TestFolder()
        let log = ChildLog(path: folder.path + "/log")
        let command = Command(program: "/usr/bin/id", arguments: ["-un"], account: try other(), folder: "/")
        let child = try ChildProcess.start(command, log: log)
        #expect(await child.end() == .exited(0))
        #expect(log.lastLines(since: child.logOffset) == [try other().label])
    }

    @Test func childrenKeepTheOwnerOfWhatIsStored() throws {
        guard geteuid() == 0 else { return }
        let folder = try TestFolder()
        let postgres = try other()
        #expect(chown(folder.path, postgres.uid, postgres.gid) == 0)
        #expect(try Account.forChild(storedIn: folder.path, named: "mosquitto") == postgres)
        #expect(chown(folder.path, 54_321, 54_321) == 0)
        let nameless = try Account.forChild(storedIn: folder.path, named: "mosquitto")
        #expect(nameless.uid == 54_321)
        #expect(nameless.label == "54321")
        let command = Command(program: "/bin/x", arguments: [], account: nameless, folder: "/")
        #expect(command.words.contains("--clear-groups"))
    }

    @Test func logKeepsOnlyWhatIsNewAndMovesTheOldAside() throws {
        let folder = try TestFolder()
        let log = ChildLog(path: try folder.write("log", "before\n"))
        let (descriptor, offset) = try log.open()
        defer { close(descriptor) }
        #expect(log.lastLines(since: offset) == [])
        let text = (1...20).map { "line \($0)\n" }.joined()
        #expect(text.withCString { write(descriptor, $0, strlen($0)) } == text.utf8.count)
        #expect(log.lastLines(since: offset, limit: 2) == ["line 19", "line 20"])
        #expect(!log.text(since: offset).contains("before"))

        #expect(truncate(log.path, 9 << 20) == 0)
        let (fresh, start) = try log.open()
        defer { close(fresh) }
        #expect(start == 0)
        #expect(FileManager.default.fileExists(atPath: log.path + ".1"))
    }

    @Test func passableFoldersAreTold() throws {
        let folder = try TestFolder()
        let stranger = try other()
        guard stranger.uid != geteuid() else { return }
        for (mode, passable) in [(mode_t(0o711), true), (0o700, false), (0o710, false), (0o701, true)] {
            chmod(folder.path, mode)
            #expect(try #require(FileStatus(of: folder.path)).isPassable(for: stranger) == passable)
            #expect(try #require(FileStatus(of: folder.path)).isPassable(for: .current))
        }
        #expect(FileStatus(of: folder.path + "/missing") == nil)
    }

    @Test(arguments: [
        (EmbeddedError.programMissing(program: "PostgreSQL", package: "postgresql"), "apt-get install postgresql"),
        (.addressInUse(host: "127.0.0.1", port: 1_883), "port 1883 on 127.0.0.1 is in use"),
        (.dataDirectoryInUse(path: "/d", pid: 7), "(process 7)"),
        (.folderClosed(folder: "/root", user: "postgres"), "chmod o+x"),
        (.file(path: "/d/x", operation: "open", code: EACCES), "/d/x: open: Permission denied"),
        (.versionMissing(data: "14", installed: ["15"]), "apt-get install postgresql-14"),
        (.ended(program: "Mosquitto", ending: "ended with status 1", log: ["a", "b"]), "status 1\n  a\n  b"),
        (.notRunning(program: "PostgreSQL", dataDirectory: "/d"), "no private PostgreSQL runs in /d"),
    ])
    func errorsSayWhatToDo(error: EmbeddedError, part: String) {
        #expect(error.description.contains(part))
    }
}
