import Foundation
import PostgreSQL

/// What the server asks the database about itself.
enum MonitorQueries {
    static func alive() -> Statement<Int32> {
        Statement("server.alive", "SELECT 1::integer") { row throws(PostgresError) in try row.int32(0) }
    }

    /// Whether commits survive a crash of the machine: `fsync`.
    static func fsync() -> Statement<String> {
        Statement("server.fsync", "SELECT current_setting('fsync')") { row throws(PostgresError) in
            try row.string(0)
        }
    }

    static func installation() -> Statement<UUID> {
        Statement("server.installation", "SELECT id FROM installation") { row throws(PostgresError) in try row.uuid(0) }
    }
}
