import PostgreSQL
import Primitives

/// Who writes configuration: set around a write by whoever knows, read by the store that writes.
public enum ConfigurationAuthor {
    /// The person's address, the token's or the command's name; nil for the program itself.
    @TaskLocal public static var current: String?
}

/// One change of one configured entry.
public struct ConfigurationChange: Hashable, Sendable {
    /// Its number; later changes have higher ones.
    public var id: Int64
    /// When it was made.
    public var at: Timestamp
    /// Who made it; nil for the program itself.
    public var author: String?
    /// What kind of entry it is.
    public var section: ConfigurationSection
    /// The entry's key.
    public var key: String
    /// The entry before; nil when it was made.
    public var before: JSONValue?
    /// The entry after; nil when it was deleted.
    public var after: JSONValue?
}

/// What was changed in the configuration; append-only, written in the transaction that changes.
public enum ConfigurationHistory {
    /// Notes a change that is being made; documents as the API shows them, which never holds a secret.
    public static func note(
        _ section: ConfigurationSection,
        _ key: String,
        from before: JSONValue?,
        to after: JSONValue?,
        in session: any PostgresSession
    ) async throws {
        try await session.execute(
            ConfigurationHistoryQueries.insert(
                section,
                key,
                from: before,
                to: after,
                by: ConfigurationAuthor.current
            )
        )
    }

    /// Changes, the newest first.
    ///
    /// - Parameters:
    ///   - section: only of entries of this kind.
    ///   - key: only of entries with this key.
    ///   - id: only changes before this one.
    ///   - limit: the greatest number of changes.
    ///   - session: where they are read.
    /// - Returns: the changes.
    /// - Throws: `PostgresError`.
    public static func changes(
        of section: ConfigurationSection?,
        key: String?,
        before id: Int64?,
        limit: Int,
        in session: any PostgresSession
    ) async throws -> [ConfigurationChange] {
        try await session.query(
            ConfigurationHistoryQueries.list(section, key: key, before: id ?? Int64.max, limit: limit)
        )
    }

    /// One change; nil when there is none with that number.
    public static func change(_ id: Int64, in session: any PostgresSession) async throws -> ConfigurationChange? {
        try await session.first(ConfigurationHistoryQueries.find(id))
    }
}
