import Foundation
import Glibc
import Logging
import PostgreSQL
import Synchronization

/// A private PostgreSQL server for tests, in a directory of its own under /tmp, reached by a Unix socket only.
///
/// It is gone with the test process, however that ends.
///
/// Most tests want a database, not a server: ``migratedDatabase()`` on ``shared()``.
/// ```swift
/// let database = try await TemporaryPostgreSQL.shared().migratedDatabase()
/// let pool = PostgresPool(configuration: database, size: 4, logger: Logger(label: "test"))
/// ```
public final class TemporaryPostgreSQL: Sendable {
    /// How a server is stopped.
    public enum Stop: Sendable {
        /// In order, connections being cut.
        case fast
        /// At once, without a checkpoint: the next start recovers from the log.
        case immediate
        /// By SIGKILL.
        case kill
    }

    /// The server's maintenance database, as superuser.
    public let configuration: PostgresConfiguration
    private let supervisor = PostgreSQLSupervisor()
    private let directory: String
    private let template = Memo<String>()
    private let databases = Atomic<Int>(0)

    /// Starts a server and waits until it takes connections; about a second.
    ///
    /// - Parameters:
    ///   - isDurable: whether it flushes to disk as a real one does; without, it is faster and a stop with
    ///     ``Stop/immediate`` or ``Stop/kill`` still keeps all commits, since the machine goes on.
    ///   - settings: more server settings.
    /// - Throws: when PostgreSQL is not installed or does not start.
    public init(isDurable: Bool = true, settings: [String: String] = [:]) async throws {
        var path = Array("/tmp/pw-pg-XXXXXX".utf8CString)
        guard mkdtemp(&path) != nil else { throw PostgreSQLSupervisor.Failure(description: "mkdtemp failed.") }
        directory = path.withUnsafeBufferPointer { buffer in buffer.baseAddress.map { String(cString: $0) } ?? "" }
        var configuration = PostgresConfiguration(host: directory, user: "postgres", database: "postgres")
        // A machine that is busy with other builds must not fail tests.
        configuration.connectTimeout = .seconds(60)
        configuration.acquireTimeout = .seconds(60)
        self.configuration = configuration
        var all = ["listen_addresses": "", "max_connections": "200", "timezone": "UTC", "logging_collector": "off"]
        if !isDurable { all["fsync"] = "off" }
        all.merge(settings) { $1 }
        try await supervisor.prepare(
            binaries: try Self.binaries(),
            directory: directory,
            arguments: all.sorted { $0.key < $1.key }.flatMap { ["-c", "\($0.key)=\($0.value)"] }
        )
        try await start()
    }

    /// Starts the server again after ``stop(_:)`` and waits until it takes connections.
    public func start() async throws {
        try await supervisor.perform(.start)
        let deadline = ContinuousClock.now + .seconds(20)
        while true {
            let pool = PostgresPool(configuration: configuration, size: 1, logger: Logger(label: "test.postgresql"))
            do {
                try await pool.withConnection { _ in }
                await pool.shutdown()
                return
            } catch {
                guard ContinuousClock.now < deadline else {
                    let log = (try? String(contentsOfFile: directory + "/log", encoding: .utf8)) ?? ""
                    throw PostgreSQLSupervisor.Failure(
                        description: "The server did not start. \(error)\n\(log.suffix(2_000))"
                    )
                }
                try await Task.sleep(for: .milliseconds(10))
            }
        }
    }

    /// Stops the server and waits until its processes are gone; its data stay for ``start()``.
    public func stop(_ stop: Stop = .fast) async throws {
        switch stop {
        case .fast: try await supervisor.perform(.fast)
        case .immediate: try await supervisor.perform(.immediate)
        case .kill: try await supervisor.perform(.kill)
        }
    }

    /// Stops the server for good and removes its files.
    ///
    /// Happens by itself at the end of the process.
    public func remove() async {
        await supervisor.remove()
    }

    /// What the server wrote to its log.
    public var log: String {
        (try? String(contentsOfFile: directory + "/log", encoding: .utf8)) ?? ""
    }

    /// Where PostgreSQL's server programs are: the newest of Debian's versions.
    public static func binaries() throws -> String {
        let root = "/usr/lib/postgresql"
        let versions = (try? FileManager.default.contentsOfDirectory(atPath: root)) ?? []
        for version in versions.sorted(by: { (Int($0) ?? 0) > (Int($1) ?? 0) })
        where FileManager.default.isExecutableFile(atPath: "\(root)/\(version)/bin/initdb") {
            return "\(root)/\(version)/bin"
        }
        throw PostgreSQLSupervisor.Failure(description: "No PostgreSQL server under \(root): install postgresql.")
    }
}

extension TemporaryPostgreSQL {
    private static let sharedServer = Memo<TemporaryPostgreSQL>()

    /// The server that all tests of this process share, started by the first.
    ///
    /// It does not flush to disk.
    public static func shared() async throws -> TemporaryPostgreSQL {
        try await sharedServer.value { try await TemporaryPostgreSQL(isDurable: false) }
    }

    /// A new database with all migrations applied: a copy of one made once per server, about 50 ms.
    public func migratedDatabase() async throws -> PostgresConfiguration {
        let source = try await template.value {
            let configuration = try await self.emptyDatabase()
            let logger = Logger(label: "test.migrations") { _ in SwiftLogNoOpLogHandler() }
            let migrator = try Migrator(directory: Self.migrations, logger: logger)
            try await migrator.apply(to: configuration)
            return configuration.database
        }
        return try await makeDatabase(template: source)
    }

    /// A new empty database.
    public func emptyDatabase() async throws -> PostgresConfiguration {
        try await makeDatabase(template: "template0")
    }

    /// Runs `body` with a pool on a new migrated database of the shared server, and closes the pool afterwards.
    @discardableResult
    public static func withMigratedPool<Value>(
        size: Int = 4,
        isolation: isolated (any Actor)? = #isolation,
        _ body: (PostgresPool) async throws -> Value
    ) async throws -> Value {
        try await withPool(on: try await shared().migratedDatabase(), size: size, isolation: isolation, body)
    }

    /// Runs `body` with a pool on a database and closes the pool afterwards.
    @discardableResult
    public static func withPool<Value>(
        on database: PostgresConfiguration,
        size: Int = 4,
        isolation: isolated (any Actor)? = #isolation,
        _ body: (PostgresPool) async throws -> Value
    ) async throws -> Value {
        let logger = Logger(label: "test.pool") { _ in SwiftLogNoOpLogHandler() }
        let pool = PostgresPool(configuration: database, size: size, logger: logger)
        do {
            let value = try await body(pool)
            await pool.shutdown()
            return value
        } catch {
            await pool.shutdown()
            throw error
        }
    }

    /// The folder of the product's migrations.
    public static var migrations: String {
        URL(fileURLWithPath: #filePath).resolvingSymlinksInPath().deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent().appendingPathComponent("Migrations").path
    }

    private func makeDatabase(template: String) async throws -> PostgresConfiguration {
        let name = "test_\(databases.add(1, ordering: .relaxed).newValue)"
        let pool = PostgresPool(configuration: configuration, size: 1, logger: Logger(label: "test.postgresql"))
        do {
            try await pool.execute(TestDatabaseQueries.create(name, template: template))
        } catch {
            await pool.shutdown()
            throw error
        }
        await pool.shutdown()
        return configuration.with(database: name)
    }
}

/// Statements that make test databases.
private enum TestDatabaseQueries {
    static func create(_ name: String, template: String) -> Statement<Void> {
        Statement(
            unprepared: "test.database.create",
            "CREATE DATABASE \(identifier: name) TEMPLATE \(identifier: template) STRATEGY file_copy"
        )
    }
}

/// A value that is made by the first who asks and shared by all who ask meanwhile or later.
private final class Memo<Value: Sendable>: Sendable {
    private let task = Mutex<Task<Value, any Error>?>(nil)

    func value(_ make: @escaping @Sendable () async throws -> Value) async throws -> Value {
        let running = task.withLock { task in
            if let task { return task }
            let new = Task { try await make() }
            task = new
            return new
        }
        return try await running.value
    }
}
