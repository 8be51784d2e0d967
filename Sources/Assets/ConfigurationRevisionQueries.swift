import PostgreSQL

/// The statements on how often the configuration was written; triggers count (`Migrations/0016`).
public enum ConfigurationRevisionQueries {
    /// The revisions of all parts.
    public static func all() -> Statement<ConfigurationRevision> {
        Statement("assets.configuration.all", "SELECT part, revision FROM configuration ORDER BY part") {
            row throws(PostgresError) in
            guard let part = ConfigurationPart(rawValue: try row.string(0)) else {
                throw row.decodingError(0, "no part of the configuration")
            }
            return ConfigurationRevision(part: part, revision: try row.int64(1))
        }
    }

    /// The revision of one part.
    public static func revision(of part: ConfigurationPart) -> Statement<Int64> {
        Statement("assets.configuration.revision", "SELECT revision FROM configuration WHERE part = \(part.rawValue)") {
            row throws(PostgresError) in try row.int64(0)
        }
    }

    /// Notes that a revision of a part is in force in the process that ingests.
    public static func apply(_ revision: Int64, of part: ConfigurationPart) -> Statement<Void> {
        Statement(
            "assets.configuration.apply",
            """
            UPDATE configuration SET applied = \(revision) WHERE part = \(part.rawValue) AND applied < \(revision)
            """
        )
    }

    /// Whether a revision of a part is in force in the process that ingests, or no process does.
    public static func isApplied(_ revision: Int64, of part: ConfigurationPart) -> Statement<Bool> {
        Statement(
            "assets.configuration.is_applied",
            """
            SELECT applied >= \(revision) OR NOT EXISTS
                (SELECT 1 FROM ingest_lease WHERE name = 'main' AND expires_at > clock_timestamp())
            FROM configuration WHERE part = \(part.rawValue)
            """
        ) { row throws(PostgresError) in try row.bool(0) }
    }
}
