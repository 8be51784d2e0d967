import Logging
import PostgreSQL
import TestSupport

/// Runs `body` with a pool on an empty database of the shared server.
func withEmptyPool<Value>(
    size: Int = 4,
    settings: [String: String] = [:],
    queryTimeout: Duration? = .seconds(60),
    acquireTimeout: Duration = .seconds(60),
    _ body: (PostgresPool) async throws -> Value
) async throws -> Value {
    var configuration = try await TemporaryPostgreSQL.shared().emptyDatabase()
    configuration.settings = settings
    configuration.queryTimeout = queryTimeout
    configuration.acquireTimeout = acquireTimeout
    return try await TemporaryPostgreSQL.withPool(on: configuration, size: size, body)
}

/// A logger that says nothing.
let quiet = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

/// The statements of these tests.
enum ProbeQueries {
    static let createTable = Statement(
        unprepared: "probe.create",
        "CREATE TABLE probe (id integer PRIMARY KEY, note text UNIQUE DEFERRABLE INITIALLY DEFERRED)"
    )

    static func insert(_ id: Int32, _ note: String? = nil) -> Statement<Void> {
        Statement("probe.insert", "INSERT INTO probe (id, note) VALUES (\(id), \(note))")
    }

    static let ids = Statement("probe.ids", "SELECT id FROM probe ORDER BY id") { row in try row.int32(0) }

    static let one = Statement("probe.one", "SELECT 1") { row in try row.int(0) }

    static let backend = Statement("probe.backend", "SELECT pg_backend_pid()") { row in try row.int32(0) }

    static func sleep(_ seconds: Double) -> Statement<Void> {
        Statement("probe.sleep", "SELECT pg_sleep(\(seconds))")
    }

    static func terminate(_ backend: Int32) -> Statement<Void> {
        Statement("probe.terminate", "SELECT pg_terminate_backend(\(backend), 5000)")
    }

    static func series(_ count: Int32) -> Statement<Int32> {
        Statement("probe.series", "SELECT generate_series(1, \(count))") { row in try row.int32(0) }
    }

    /// How many other connections run a statement whose text contains this.
    static func running(_ text: String) -> Statement<Int> {
        Statement(
            "probe.running",
            """
            SELECT count(*), pg_sleep(0.003) FROM pg_stat_activity
            WHERE datname = current_database() AND state = 'active' AND pid <> pg_backend_pid()
                AND query LIKE '%' || \(text) || '%'
            """
        ) { row in try row.int(0) }
    }
}

/// Waits until the server runs a statement whose text contains this.
func waitUntilRunning(_ text: String, _ observer: PostgresPool) async throws {
    while try await observer.first(ProbeQueries.running(text)) == 0 {}
}
