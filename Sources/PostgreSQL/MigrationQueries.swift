/// The migrator's own table.
enum MigrationQueries {
    static let lock = Statement("migration.lock", "SELECT pg_advisory_lock(7021998530417)")
    static let unlock = Statement("migration.unlock", "SELECT pg_advisory_unlock(7021998530417)")

    static let createTable = Statement(
        unprepared: "migration.create_table",
        """
        CREATE TABLE IF NOT EXISTS schema_migration (
            version    integer PRIMARY KEY,
            name       text NOT NULL,
            checksum   bytea NOT NULL CHECK (length(checksum) = 32),
            applied_at timestamptz NOT NULL DEFAULT now())
        """
    )

    static let hasTable = Statement(
        "migration.has_table",
        "SELECT to_regclass('schema_migration') IS NOT NULL"
    ) { row in try row.bool(0) }

    static let applied = Statement(
        "migration.applied",
        "SELECT version, name, checksum FROM schema_migration ORDER BY version"
    ) { row in AppliedMigration(version: try row.int32(0), name: try row.string(1), checksum: try row.bytes(2)) }

    // The server computes the checksums: this module needs no cryptography for that.
    static func checksum(of bytes: [UInt8]) -> Statement<[UInt8]> {
        Statement("migration.checksum", "SELECT sha256(\(bytes))") { row in try row.bytes(0) }
    }

    static func note(_ migration: AppliedMigration) -> Statement<Void> {
        Statement(
            "migration.note",
            """
            INSERT INTO schema_migration (version, name, checksum)
            VALUES (\(migration.version), \(migration.name), \(migration.checksum))
            """
        )
    }
}

/// A row of `schema_migration`.
struct AppliedMigration: Hashable, Sendable {
    let version: Int32
    let name: String
    let checksum: [UInt8]
}
