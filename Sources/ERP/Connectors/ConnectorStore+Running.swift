import PostgreSQL
import Primitives
import Secrets

// What is done with a connector while it works.
extension ConnectorStore {
    /// Lets the deliveries of a connector wait, or go on.
    ///
    /// - Returns: the connector as it is now.
    /// - Throws: ``ResourceFailure`` when there is no such connector, `PostgresError`.
    @discardableResult
    public func pause(key: ResourceKey, _ isPaused: Bool) async throws -> Connector {
        try await changing { transaction in
            guard let row = try await transaction.first(ConnectorQueries.lock(key: key.text)) else {
                throw Self.missing(key)
            }
            try await transaction.execute(ConnectorQueries.pause(id: row.connector.id, isPaused, at: clock.now))
        }
        return try await get(key: key)
    }

    /// Makes a secret with which the ERP can tell of changes; an older one is void.
    ///
    /// Only its hash is kept: what this returns is shown once.
    ///
    /// - Throws: ``ResourceFailure`` when there is no such connector, `PostgresError`.
    public func makeWebhook(key: ResourceKey, random: RandomSource) async throws -> Redacted<String> {
        let secret = TokenSecret(.webhook, random: random)
        try await setWebhook(key, hash: secret.hash)
        return secret.text
    }

    /// Removes the secret with which the ERP can tell of changes.
    ///
    /// - Throws: ``ResourceFailure`` when there is no such connector, `PostgresError`.
    public func removeWebhook(key: ResourceKey) async throws { try await setWebhook(key, hash: nil) }

    /// The connector whose secret somebody presents; nil when it is nobody's.
    ///
    /// It is looked up by its hash, so the time that takes says nothing about any secret.
    ///
    /// - Throws: `PostgresError`.
    public func connector(ofWebhook text: String) async throws -> Int32? {
        guard let secret = TokenSecret(.webhook, presented: text) else { return nil }
        let row = try await database.first(ConnectorQueries.webhook(hash: secret.hash))
        return row.flatMap { ConstantTime.areEqual($0.hash, secret.hash) ? $0.id : nil }
    }

    private func setWebhook(_ key: ResourceKey, hash: [UInt8]?) async throws {
        try await changing { transaction in
            guard let row = try await transaction.first(ConnectorQueries.lock(key: key.text)) else {
                throw Self.missing(key)
            }
            try await transaction.execute(ConnectorQueries.setWebhook(id: row.connector.id, hash: hash))
        }
    }
}
