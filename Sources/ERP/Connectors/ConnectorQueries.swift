import ERPConnectors
import PostgreSQL
import Primitives

/// A row of `connector`, with its sealed credentials.
struct ConnectorRow: Sendable {
    var connector: Connector
    var sealedCredentials: [UInt8]?
}

/// A connector whose ERP can tell of changes.
struct WebhookRow: Sendable {
    var id: Int32
    /// SHA-256 of the secret.
    var hash: [UInt8]
}

/// The statements on `connector`.
enum ConnectorQueries {
    @Sendable static func decode(_ row: ResultRow) throws(PostgresError) -> ConnectorRow {
        let sealed = try row.optionalBytes(5)
        return ConnectorRow(
            connector: Connector(
                id: try row.int32(0),
                key: try row.string(1),
                name: try row.string(2),
                kind: try row.enumeration(3),
                url: try row.string(4),
                hasCredentials: sealed != nil,
                options: try row.json(6),
                revision: try row.int32(7),
                updatedAt: try row.timestamp(8),
                isPaused: try row.bool(9),
                limits: ConnectorLimits(
                    perMinute: try row.optionalInt32(10),
                    perHour: try row.optionalInt32(11),
                    concurrent: try row.optionalInt32(12)
                ),
                hasWebhook: try row.bool(13)
            ),
            sealedCredentials: sealed
        )
    }

    static func list(after key: String, limit: Int) -> Statement<ConnectorRow> {
        Statement(
            "erp.connector.list",
            """
            SELECT id, key, name, kind, url, credentials, options, revision, updated_at, paused_at IS NOT NULL,
                per_minute, per_hour, concurrent, webhook_hash IS NOT NULL
            FROM connector
            WHERE deleted_at IS NULL AND key > \(key) ORDER BY key LIMIT \(Int64(limit))
            """,
            row: decode
        )
    }

    static func find(key: String) -> Statement<ConnectorRow> {
        Statement(
            "erp.connector.find",
            """
            SELECT id, key, name, kind, url, credentials, options, revision, updated_at, paused_at IS NOT NULL,
                per_minute, per_hour, concurrent, webhook_hash IS NOT NULL
            FROM connector
            WHERE deleted_at IS NULL AND key = \(key)
            """,
            row: decode
        )
    }

    /// All in use.
    static func active() -> Statement<ConnectorRow> {
        Statement(
            "erp.connector.active",
            """
            SELECT id, key, name, kind, url, credentials, options, revision, updated_at, paused_at IS NOT NULL,
                per_minute, per_hour, concurrent, webhook_hash IS NOT NULL
            FROM connector WHERE deleted_at IS NULL
            """,
            row: decode
        )
    }

    static func lock(key: String) -> Statement<ConnectorRow> {
        Statement(
            "erp.connector.lock",
            """
            SELECT id, key, name, kind, url, credentials, options, revision, updated_at, paused_at IS NOT NULL,
                per_minute, per_hour, concurrent, webhook_hash IS NOT NULL
            FROM connector
            WHERE deleted_at IS NULL AND key = \(key) FOR UPDATE
            """,
            row: decode
        )
    }

    static func insert(
        key: String,
        _ draft: ConnectorDraft,
        credentials: [UInt8]?,
        at time: Timestamp
    ) -> Statement<ConnectorRow> {
        Statement(
            "erp.connector.insert",
            """
            INSERT INTO connector (key, name, kind, url, credentials, options, per_minute, per_hour, concurrent,
                updated_at)
            VALUES (\(key), \(draft.name), \(draft.kind), \(draft.url), \(credentials), \(draft.options),
                \(draft.limits.perMinute), \(draft.limits.perHour), \(draft.limits.concurrent), \(time))
            RETURNING id, key, name, kind, url, credentials, options, revision, updated_at,
                paused_at IS NOT NULL, per_minute, per_hour, concurrent, webhook_hash IS NOT NULL
            """,
            row: decode
        )
    }

    static func update(
        id: Int32,
        _ draft: ConnectorDraft,
        credentials: [UInt8]?,
        at time: Timestamp
    ) -> Statement<ConnectorRow> {
        Statement(
            "erp.connector.update",
            """
            UPDATE connector SET name = \(draft.name), kind = \(draft.kind), url = \(draft.url),
                credentials = \(credentials), options = \(draft.options),
                per_minute = \(draft.limits.perMinute), per_hour = \(draft.limits.perHour),
                concurrent = \(draft.limits.concurrent), updated_at = \(time), revision = revision + 1
            WHERE id = \(id)
            RETURNING id, key, name, kind, url, credentials, options, revision, updated_at,
                paused_at IS NOT NULL, per_minute, per_hour, concurrent, webhook_hash IS NOT NULL
            """,
            row: decode
        )
    }

    static func retire(id: Int32, at time: Timestamp) -> Statement<Void> {
        Statement(
            "erp.connector.retire",
            """
            UPDATE connector SET deleted_at = \(time), updated_at = \(time), credentials = NULL, webhook_hash = NULL,
                revision = revision + 1
            WHERE id = \(id)
            """
        )
    }

    /// Lets the deliveries of a connector wait, or go on.
    static func pause(id: Int32, _ isPaused: Bool, at time: Timestamp) -> Statement<Void> {
        Statement(
            "erp.connector.pause",
            """
            UPDATE connector SET paused_at = CASE WHEN \(isPaused) THEN coalesce(paused_at, \(time)) END
            WHERE id = \(id)
            """
        )
    }

    /// Keeps the hash of a webhook's secret; nil removes it.
    static func setWebhook(id: Int32, hash: [UInt8]?) -> Statement<Void> {
        Statement("erp.connector.webhook", "UPDATE connector SET webhook_hash = \(hash) WHERE id = \(id)")
    }

    /// The connector of a webhook, with the stored hash.
    static func webhook(hash: [UInt8]) -> Statement<WebhookRow> {
        Statement(
            "erp.connector.by-webhook",
            "SELECT id, webhook_hash FROM connector WHERE webhook_hash = \(hash) AND deleted_at IS NULL"
        ) { row throws(PostgresError) in WebhookRow(id: try row.int32(0), hash: try row.optionalBytes(1) ?? []) }
    }

    /// A mapping in use that names the connector; nil when there is none.
    static func mapping(using id: Int32) -> Statement<String> {
        Statement(
            "erp.connector.mapping",
            "SELECT key FROM mapping WHERE connector_id = \(id) AND deleted_at IS NULL ORDER BY key LIMIT 1"
        ) { row throws(PostgresError) in try row.string(0) }
    }

    /// Whether a delivery of the connector is still under way.
    static func hasPending(id: Int32) -> Statement<Bool> {
        Statement(
            "erp.connector.pending",
            """
            SELECT EXISTS (
                SELECT FROM delivery WHERE connector_id = \(id) AND state IN ('held', 'waiting', 'leased', 'uncertain'))
            """
        ) { row throws(PostgresError) in try row.bool(0) }
    }

    static let all: [AnyStatement] = {
        let draft = ConnectorDraft(name: "", kind: .rest, url: "", credentials: .keep, options: [:])
        let time = Timestamp(microseconds: 0)
        return [
            AnyStatement(list(after: "", limit: 1)), AnyStatement(find(key: "")), AnyStatement(active()),
            AnyStatement(lock(key: "")), AnyStatement(insert(key: "", draft, credentials: nil, at: time)),
            AnyStatement(update(id: 0, draft, credentials: nil, at: time)), AnyStatement(retire(id: 0, at: time)),
            AnyStatement(pause(id: 0, true, at: time)), AnyStatement(setWebhook(id: 0, hash: nil)),
            AnyStatement(webhook(hash: [])), AnyStatement(mapping(using: 0)), AnyStatement(hasPending(id: 0)),
        ]
    }()
}
