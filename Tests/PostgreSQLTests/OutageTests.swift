import Foundation
import Glibc
import PostgreSQL
import TestSupport
import Testing

/// Tests with servers of their own, which they stop.
@Suite(.timeLimit(.minutes(3))) struct OutageTests {
    @Test func thePoolWorksAgainWhenTheServerIsBack() async throws {
        let server = try await TemporaryPostgreSQL(isDurable: false)
        try await TemporaryPostgreSQL.withPool(on: server.configuration, size: 2) { pool in
            try await pool.execute(ProbeQueries.createTable)
            try await pool.execute(ProbeQueries.insert(1))
            for stop in [TemporaryPostgreSQL.Stop.fast, .immediate, .kill] {
                let inFlight = Task { try await pool.execute(ProbeQueries.sleep(600)) }
                try await waitUntilRunning("pg_sleep", pool)
                try await server.stop(stop)
                let lost = await #expect(throws: PostgresError.self) { try await inFlight.value }
                #expect(lost?.kind == .connectionLost, "\(stop)")
                let error = await #expect(throws: PostgresError.self) { try await pool.query(ProbeQueries.ids) }
                #expect(error?.isConnectionFailure == true, "\(stop)")
                #expect(error?.isTransient == true, "\(stop)")
                try await server.start()
                let rows = try await pool.query(ProbeQueries.ids)
                #expect(rows == [1], "\(stop)")
            }
        }
        await server.remove()
        // The supervisor does the same when the test process dies, since that too ends its standard input.
        #expect(!FileManager.default.fileExists(atPath: server.configuration.host))
    }

    @Test func anAbsentServerIsUnreachable() async throws {
        let configuration = PostgresConfiguration(host: "/nonexistent", user: "u", database: "d", password: "hunter2")
        try await TemporaryPostgreSQL.withPool(on: configuration, size: 1) { pool in
            let error = await #expect(throws: PostgresError.self) { try await pool.query(ProbeQueries.one) }
            #expect(error?.kind == .unreachable)
            #expect(error?.message.hasSuffix("No such file or directory.") == true)
            #expect(!"\(String(describing: error))".contains("hunter2"))
        }
    }

    /// A listener that never answers: the wait ends by itself.
    @Test func aSilentServerIsUnreachable() async throws {
        let directory = NSTemporaryDirectory() + "pw-silent-\(getpid())"
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: directory) }
        let listener = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(listener) }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: "\(directory)/.s.PGSQL.5432".utf8) }
        let bound = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(listener, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        #expect(bound == 0 && listen(listener, 1) == 0)
        var configuration = PostgresConfiguration(host: directory, user: "u", database: "d")
        configuration.connectTimeout = .milliseconds(100)
        try await TemporaryPostgreSQL.withPool(on: configuration, size: 1) { pool in
            let error = await #expect(throws: PostgresError.self) { try await pool.query(ProbeQueries.one) }
            #expect(error?.kind == .unreachable)
            #expect(error?.message.hasPrefix("No answer in time") == true)
        }
    }

    @Test func aWrongPasswordIsRefusedCredentials() async throws {
        let rules = "/tmp/pw-hba-\(getpid()).conf"
        try "local all postgres trust\nlocal all all scram-sha-256\n".write(
            toFile: rules,
            atomically: false,
            encoding: .utf8
        )
        defer { try? FileManager.default.removeItem(atPath: rules) }
        chmod(rules, 0o644)
        let server = try await TemporaryPostgreSQL(isDurable: false, settings: ["hba_file": rules])
        try await TemporaryPostgreSQL.withPool(on: server.configuration, size: 1) { pool in
            try await pool.execute(Statement(unprepared: "role", "CREATE ROLE plant LOGIN PASSWORD 'right'"))
        }
        func attempt(_ user: String, _ password: String?, database: String = "postgres") async -> PostgresError? {
            var configuration = PostgresConfiguration(
                host: server.configuration.host,
                user: user,
                database: database
            )
            configuration.setPassword(password)
            do {
                return try await TemporaryPostgreSQL.withPool(on: configuration, size: 1) { pool in
                    _ = try await pool.query(ProbeQueries.one)
                    return nil
                }
            } catch {
                return error as? PostgresError
            }
        }
        #expect(await attempt("plant", "right") == nil)
        for (user, password) in [("plant", "wrong"), ("plant", nil), ("nobody", "x")] {
            let error = await attempt(user, password)
            #expect(error?.kind == .refusedCredentials, "\(user)")
            #expect(error?.isTransient == false)
            #expect(!"\(String(describing: error))".contains("wrong"))
        }
        let missing = await attempt("plant", "right", database: "nowhere")
        #expect(missing?.sqlState == .undefinedDatabase)
        #expect(missing?.isTransient == false)
        await server.remove()
    }
}
