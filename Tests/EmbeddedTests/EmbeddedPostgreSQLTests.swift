import Foundation
import PostgreSQL
import Testing

@testable import Embedded

/// The real PostgreSQL as a child.
///
/// One story on one cluster, since making one takes a second or two.
struct EmbeddedPostgreSQLTests {
    private func value(_ url: String, _ sql: SQL) async throws -> String? {
        let pool = PostgresPool(configuration: try PostgresConfiguration(url: url), size: 1, logger: quiet)
        let rows = try await pool.query(Statement("test.value", sql) { row in try row.value(0) as String })
        await pool.shutdown()
        return rows.first
    }

    @Test func livesThroughEverything() async throws {
        let folder = try TestFolder()
        let data = folder.path + "/data"
        let missing = EmbeddedError.notRunning(program: "PostgreSQL", dataDirectory: data)
        #expect(throws: missing) { try EmbeddedPostgreSQL.connectionURL(dataDirectory: data) }

        let first = EmbeddedPostgreSQL(dataDirectory: data, logger: quiet)
        let url = try await first.start()
        #expect(first.state == .running)
        try await expectPromisedCluster(url, data: data)
        await #expect(throws: EmbeddedError.dataDirectoryInUse(path: data, pid: getpid())) {
            try await EmbeddedPostgreSQL(dataDirectory: data, logger: quiet).start()
        }
        try await surviveDeathOfPostmaster(first, url)

        // This process is killed, as it were: the next one stops what is left and takes over.
        let orphan = try #require(await first.pid)
        await first.abandon()
        #expect(try EmbeddedPostgreSQL.connectionURL(dataDirectory: data) == url)
        let second = EmbeddedPostgreSQL(dataDirectory: data, logger: quiet)
        #expect(try await second.start() == url)
        #expect(await second.pid != orphan)
        #expect(kill(orphan, 0) == -1)
        #expect(try await value(url, "SELECT text FROM note") == "kept")

        await second.stop()
        #expect(second.state == .stopped)
        #expect(throws: missing) { try EmbeddedPostgreSQL.connectionURL(dataDirectory: data) }
        try await startQuicklyDespiteStaleFile(second, data: data)
        try await sayWhatIsWrongWithSettings(second, data: data)
    }

    /// The first start: a cluster of our own, as the README promises it.
    private func expectPromisedCluster(_ url: String, data: String) async throws {
        #expect(try EmbeddedPostgreSQL.connectionURL(dataDirectory: data) == url)
        #expect(try await value(url, "SELECT current_user || ' ' || current_database()") == "plantwright plantwright")
        #expect(try await value(url, "SELECT rolsuper::text FROM pg_roles WHERE rolname = current_user") == "false")
        #expect(try await value(url, "SELECT current_setting('fsync') || current_setting('data_checksums')") == "onon")
        #expect(try await value(url, "SELECT '<' || current_setting('listen_addresses') || '>'") == "<>")
        #expect(try await value(url, "SELECT current_setting('server_encoding')") == "UTF8")
        let pool = PostgresPool(configuration: try PostgresConfiguration(url: url), size: 1, logger: quiet)
        try await pool.execute(Statement(unprepared: "test.create", "CREATE TABLE note AS SELECT 'kept'::text AS text"))
        await pool.shutdown()
    }

    /// The postmaster is killed: it comes back by itself, and so do the data.
    private func surviveDeathOfPostmaster(_ server: EmbeddedPostgreSQL, _ url: String) async throws {
        let killed = try #require(await server.pid)
        kill(killed, SIGKILL)
        try await eventually("PostgreSQL runs again") {
            if server.state == .running, let pid = await server.pid { pid != killed } else { false }
        }
        #expect(try await value(url, "SELECT text FROM note") == "kept")
    }

    /// As after a power failure, when another process got the postmaster's old process id.
    private func startQuicklyDespiteStaleFile(_ server: EmbeddedPostgreSQL, data: String) async throws {
        let stale = "\(getppid())\n\(data)/postgresql/data\n1\n5432\n\(data)/run\n\n 1 1\nready   \n"
        try stale.write(toFile: data + "/postgresql/data/postmaster.pid", atomically: true, encoding: .utf8)
        let begun = ContinuousClock.now
        let url = try await server.start()
        #expect(ContinuousClock.now - begun < .seconds(8))
        #expect(try await value(url, "SELECT text FROM note") == "kept")
        await server.stop()
    }

    private func sayWhatIsWrongWithSettings(_ server: EmbeddedPostgreSQL, data: String) async throws {
        let own = data + "/postgresql/data/local.conf"
        try "no_such_setting = 1\n".write(toFile: own, atomically: true, encoding: .utf8)
        chmod(own, 0o644)
        let error = try #require(await #expect(throws: EmbeddedError.self) { try await server.start() })
        #expect(error.description.contains("no_such_setting"))
        #expect(server.state == .stopped)
    }
}
