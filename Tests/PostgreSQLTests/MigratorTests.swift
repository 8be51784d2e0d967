import Foundation
import PostgreSQL
import TestSupport
import Testing

@Suite struct MigratorTests {
    /// A folder of migrations that a test may change; gone with the test.
    private final class Folder {
        let path: String

        init(_ files: [String: String]) throws {
            path = NSTemporaryDirectory() + "pw-migrations-" + UUID().uuidString
            try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
            for (name, text) in files { try write(name, text) }
        }

        deinit {
            try? FileManager.default.removeItem(atPath: path)
        }

        func write(_ name: String, _ text: String) throws {
            try text.write(toFile: "\(path)/\(name)", atomically: true, encoding: .utf8)
        }

        func remove(_ name: String) throws {
            try FileManager.default.removeItem(atPath: "\(path)/\(name)")
        }

        func migrator() throws -> Migrator {
            try Migrator(directory: path, logger: quiet)
        }
    }

    private static let two = [
        "0001_first.sql": "CREATE TABLE a (id integer); INSERT INTO a VALUES (1);",
        "0002_second.sql": "ALTER TABLE a ADD b text DEFAULT 'x'; -- a comment",
        "README.md": "not a migration",
    ]

    @Test func appliesEachFileOnce() async throws {
        let folder = try Folder(Self.two)
        let database = try await TemporaryPostgreSQL.shared().emptyDatabase()
        #expect(try await folder.migrator().check(database) == ["0001_first", "0002_second"])
        #expect(try await folder.migrator().apply(to: database) == ["0001_first", "0002_second"])
        #expect(try await folder.migrator().apply(to: database) == [])
        try folder.write("0003_third.sql", "INSERT INTO a VALUES (2, 'y');")
        #expect(try await folder.migrator().check(database) == ["0003_third"])
        #expect(try await folder.migrator().apply(to: database) == ["0003_third"])
        try await TemporaryPostgreSQL.withPool(on: database, size: 1) { pool in
            let rows = try await pool.query(Statement("a", "SELECT b FROM a ORDER BY id") { row in try row.string(0) })
            #expect(rows == ["x", "y"])
        }
    }

    @Test func aFailedFileLeavesNothingBehind() async throws {
        let folder = try Folder(Self.two)
        try folder.write("0002_second.sql", "CREATE TABLE c (); SELECT 1/0;")
        let database = try await TemporaryPostgreSQL.shared().emptyDatabase()
        let error = await #expect(throws: MigrationError.self) { try await folder.migrator().apply(to: database) }
        guard case .failed("0002_second", let cause)? = error else {
            Issue.record("unexpected: \(String(describing: error))")
            return
        }
        #expect(cause.sqlState?.rawValue == "22012")
        #expect(try await folder.migrator().check(database) == ["0002_second"])
        try folder.write("0002_second.sql", "CREATE TABLE c ();")
        #expect(try await folder.migrator().apply(to: database) == ["0002_second"])
    }

    @Test func noticesEditedUnknownAndLateFiles() async throws {
        let folder = try Folder(Self.two)
        let database = try await TemporaryPostgreSQL.shared().emptyDatabase()
        try await folder.migrator().apply(to: database)
        try folder.write("0001_first.sql", "CREATE TABLE a (id bigint);")
        await #expect(throws: MigrationError.checksumChanged(name: "0001_first")) {
            try await folder.migrator().apply(to: database)
        }
        await #expect(throws: MigrationError.checksumChanged(name: "0001_first")) {
            try await folder.migrator().check(database)
        }
        try folder.write("0001_first.sql", Self.two["0001_first.sql"] ?? "")
        try folder.write("0005_fifth.sql", "SELECT 1;")
        try await folder.migrator().apply(to: database)
        try folder.write("0004_fourth.sql", "SELECT 1;")
        await #expect(throws: MigrationError.outOfOrder(name: "0004_fourth")) {
            try await folder.migrator().apply(to: database)
        }
        try folder.remove("0004_fourth.sql")
        try folder.remove("0005_fifth.sql")
        await #expect(throws: MigrationError.unknownApplied(name: "0005_fifth")) {
            try await folder.migrator().apply(to: database)
        }
    }

    @Test func twoProgramsMayMigrateAtOnce() async throws {
        let folder = try Folder(Self.two)
        let database = try await TemporaryPostgreSQL.shared().emptyDatabase()
        let migrator = try folder.migrator()
        let applied = try await withThrowingTaskGroup(of: [String].self) { group in
            for _ in 0..<4 { group.addTask { try await migrator.apply(to: database) } }
            return try await group.reduce(into: []) { $0 += $1 }
        }
        #expect(applied == ["0001_first", "0002_second"])
    }

    @Test func refusesFoldersItCannotUse() throws {
        #expect(throws: MigrationError.unreadable(path: "/nonexistent")) {
            try Migrator(directory: "/nonexistent", logger: quiet)
        }
        for name in ["1_a.sql", "00001_a.sql", "0000_a.sql", "+001_a.sql", "000x_a.sql", "0001.sql"] {
            let folder = try Folder([name: "SELECT 1;"])
            #expect(throws: MigrationError.badName(name)) { try folder.migrator() }
        }
        let twice = try Folder(["0001_a.sql": "", "0001_b.sql": ""])
        #expect(throws: MigrationError.duplicateVersion(1)) { try twice.migrator() }
        let empty = try Folder([:])
        #expect(throws: MigrationError.unreadable(path: empty.path)) { try empty.migrator() }
    }

    @Test func anUnreachableDatabaseIsToldAsSuch() async throws {
        let folder = try Folder(Self.two)
        let nowhere = PostgresConfiguration(host: "/nonexistent", user: "u", database: "d")
        let error = await #expect(throws: MigrationError.self) { try await folder.migrator().apply(to: nowhere) }
        guard case .database(let cause)? = error else {
            Issue.record("unexpected: \(String(describing: error))")
            return
        }
        #expect(cause.kind == .unreachable)
    }

    /// The product's own migrations.
    @Test func theProductsMigrationsApply() async throws {
        let database = try await TemporaryPostgreSQL.shared().migratedDatabase()
        let migrator = try Migrator(directory: TemporaryPostgreSQL.migrations, logger: quiet)
        #expect(migrator.names.first == "0001_accounts")
        #expect(try await migrator.check(database) == [])
    }
}
