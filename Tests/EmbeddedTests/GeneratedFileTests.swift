import Foundation
import MQTT
import PostgreSQL
import Primitives
import Testing

@testable import Embedded

/// What is written for the children to read, and what they write for us.
struct GeneratedFileTests {
    @Test func passwordHashIsPBKDF2() {
        // Computed with Python's hashlib.pbkdf2_hmac('sha512', …).
        let once = AccountFile.hash("password", salt: Array("salt".utf8), iterations: 1)
        #expect(once.count == 64)
        #expect(once.prefix(4) == [0x86, 0x7F, 0x70, 0xCF])
        let often = AccountFile.hash("password", salt: Array("salt".utf8))
        #expect(often.prefix(4) == [0x08, 0x99, 0xB1, 0xF8])
        #expect(often.suffix(4) == [0xA1, 0x17, 0xE7, 0xF2])
    }

    @Test func accountsStartClosed() throws {
        var file = try #require(AccountFile(nil))
        file.setServer(password: "p", salt: AccountFile.newSalt())
        let defaults = try #require(file.document["defaultACLAccess"])
        #expect(defaults["publishClientSend"] == false)
        #expect(defaults["publishClientReceive"] == false)
        #expect(defaults["subscribe"] == false)
        #expect(file.document["clients"]?.array?.count == 1)
        #expect(!JSONValue.object(file.document).text.contains("\"p\""))
    }

    @Test func serverAccountIsReplacedAndDevicesStay() throws {
        let stored: JSONValue = [
            "defaultACLAccess": ["subscribe": false],
            "clients": [["username": "plantwright", "password": "old"], ["username": "device-a", "password": "x"]],
            "roles": [["rolename": "device-a"]], "other": 7,
        ]
        var file = try #require(AccountFile(stored.bytes))
        file.setServer(password: "new", salt: [1, 2, 3])
        let clients = try #require(file.document["clients"]?.array)
        #expect(clients.compactMap { $0["username"]?.string } == ["device-a", "plantwright"])
        #expect(clients[0]["password"] == "x")
        #expect(clients[1]["password"] != "old")
        #expect(file.document["roles"]?.array?.compactMap { $0["rolename"]?.string } == ["device-a", "server"])
        #expect(file.document["other"] == 7)
    }

    @Test(arguments: ["", "{", "[]", "{\"clients\": []}"])
    func damagedAccountsAreNotOverwritten(text: String) {
        #expect(AccountFile(Array(text.utf8)) == nil)
    }

    @Test func passwordsAreLongAndDifferent() {
        let passwords = Set((0..<50).map { _ in AccountFile.newPassword() })
        #expect(passwords.count == 50)
        #expect(passwords.allSatisfy { $0.count == 32 && !$0.contains("/") && !$0.contains("+") })
    }

    @Test(arguments: ["", "a/b", "a+", "#", "a\0b", String(repeating: "x", count: 1_025)])
    func refusesIdentifiersThatAreNoTopicLevel(identifier: String) {
        #expect(throws: EmbeddedError.invalidIdentifier(identifier)) { try DeviceAccount(identifier: identifier) }
    }

    @Test(arguments: ["pump-1", "Pömpe 7", "$x", "device-pump", "plantwright", "\u{1F4A7}"])
    func deviceAccountIsApartFromTheServer(identifier: String) throws {
        let account = try DeviceAccount(identifier: identifier)
        #expect(account.username != AccountFile.serverName)
        #expect(account.topics == "plantwright/v1/\(identifier)/#")
        #expect(TopicRules.isValidFilter(account.topics))
    }

    @Test func brokerConfigurationKeepsEverything() {
        let text = MosquittoConfiguration(
            host: "127.0.0.1",
            port: 4_711,
            plugin: "/p.so",
            accountsFile: "/d/accounts.json",
            folder: "/d"
        ).text
        let lines = Set(text.split(separator: "\n").map(String.init))
        #expect(
            lines.isSuperset(of: [
                "listener 4711 127.0.0.1", "allow_anonymous false", "persistence true", "max_queued_messages 0",
                "queue_qos0_messages true",
                "plugin /p.so", "plugin_opt_config_file /d/accounts.json", "persistence_location /d/",
            ])
        )
    }

    @Test func databaseConfigurationIsDurable() {
        let configuration = PostgreSQLConfiguration(memory: 24 << 30, users: ["plant \"x\"", "root"])
        let lines = Set(configuration.settings.split(separator: "\n").map(String.init))
        #expect(lines.isSuperset(of: ["fsync = on", "synchronous_commit = on", "shared_buffers = 1536MB"]))
        #expect(configuration.access.contains("\nlocal all all peer map=plantwright\n"))
        #expect(configuration.identities.contains("plantwright \"plant \"\"x\"\"\" plantwright\n"))
        #expect(configuration.identities.split(separator: "\n").count == 5)
    }

    @Test(arguments: [(UInt64(512 << 20), "128MB"), (1 << 40, "2048MB"), (8 << 30, "512MB")])
    func sharedMemoryFollowsTheMachine(memory: UInt64, expected: String) {
        let settings = PostgreSQLConfiguration(memory: memory, users: []).settings
        #expect(settings.contains("shared_buffers = \(expected)\n"))
    }

    @Test func readsThePostmastersFile() throws {
        let text = "4242\n/d/data\n1700000000\n5432\n/run/a b%\n\n  12345   7\nready   \n"
        let file = try #require(PostmasterFile(Array(text.utf8)))
        #expect(file.pid == 4_242)
        #expect(file.isReady)
        let configuration = try PostgresConfiguration(url: file.url)
        #expect(configuration.host == "/run/a b%")
        #expect(configuration.port == 5_432)
        #expect(configuration.user == "plantwright")
        #expect(configuration.database == "plantwright")
        let starting = "4242\n/d/data\n1700000000\n5432\n/run\n\n  12345   7\nstarting\n"
        #expect(PostmasterFile(Array(starting.utf8))?.isReady == false)
        #expect(PostmasterFile(Array("4242\n/d/data\n".utf8)) == nil)
        #expect(PostmasterFile([]) == nil)
    }

    @Test func choosesTheProgramsOfTheStoredVersion() throws {
        let installed = ["17", "15"].map { PostgreSQLPrograms(version: $0, folder: "/usr/lib/postgresql/\($0)/bin") }
        #expect(try PostgreSQLPrograms.choose(for: nil, among: installed).version == "17")
        #expect(try PostgreSQLPrograms.choose(for: "15", among: installed).version == "15")
        #expect(throws: EmbeddedError.versionMissing(data: "14", installed: ["17", "15"])) {
            try PostgreSQLPrograms.choose(for: "14", among: installed)
        }
        #expect(throws: EmbeddedError.programMissing(program: "PostgreSQL", package: "postgresql")) {
            try PostgreSQLPrograms.choose(for: nil, among: [])
        }
    }

    @Test func longDataDirectoriesGetAShortSocket() throws {
        let folder = try TestFolder()
        let long = folder.path + "/" + String(repeating: "x", count: 90)
        let base = try Folder.dataDirectory(long)
        let socket = try EmbeddedPostgreSQL.socketFolder(base: base, owner: .current)
        defer { rmdir(socket.path) }
        #expect(socket.file(".s.PGSQL.5432").utf8.count <= 107)
        #expect(socket.path.hasPrefix("/tmp/plantwright-"))
        #expect(try EmbeddedPostgreSQL.socketFolder(base: base, owner: .current).path == socket.path)
        let short = try Folder.dataDirectory(folder.path)
        #expect(try EmbeddedPostgreSQL.socketFolder(base: short, owner: .current).path == folder.path + "/run")
    }
}
