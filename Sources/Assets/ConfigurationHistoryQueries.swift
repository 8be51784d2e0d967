import PostgreSQL
import Primitives

/// The statements on `configuration_change`.
public enum ConfigurationHistoryQueries {
    @Sendable private static func decode(_ row: ResultRow) throws(PostgresError) -> ConfigurationChange {
        ConfigurationChange(
            id: try row.int64(0),
            at: try row.timestamp(1),
            author: try row.optionalString(2),
            section: try row.enumeration(3),
            key: try row.string(4),
            before: try row.optionalJSON(5),
            after: try row.optionalJSON(6)
        )
    }

    static func insert(
        _ section: ConfigurationSection,
        _ key: String,
        from before: JSONValue?,
        to after: JSONValue?,
        by author: String?
    ) -> Statement<Void> {
        Statement(
            "assets.configuration-change.insert",
            """
            INSERT INTO configuration_change (author, section, key, before, after)
            VALUES (\(author), \(section), \(key), \(before), \(after))
            """
        )
    }

    static func list(
        _ section: ConfigurationSection?,
        key: String?,
        before id: Int64,
        limit: Int
    ) -> Statement<ConfigurationChange> {
        Statement(
            "assets.configuration-change.list",
            """
            SELECT id, at, author, section, key, before, after FROM configuration_change
            WHERE (\(section)::text IS NULL OR section = \(section)) AND (\(key)::text IS NULL OR key = \(key))
                AND id < \(id)
            ORDER BY id DESC LIMIT \(Int64(limit))
            """,
            row: decode
        )
    }

    static func find(_ id: Int64) -> Statement<ConfigurationChange> {
        Statement(
            "assets.configuration-change.find",
            "SELECT id, at, author, section, key, before, after FROM configuration_change WHERE id = \(id)",
            row: decode
        )
    }

    /// Every statement, for the test that prepares them.
    public static let all: [AnyStatement] = [
        AnyStatement(insert(.profiles, "", from: nil, to: nil, by: nil)),
        AnyStatement(list(nil, key: nil, before: 0, limit: 0)), AnyStatement(find(0)),
    ]
}
