import Assets
import PostgreSQL
import Primitives

/// Exports and applies all configuration at once; what the command and the API share.
///
/// An application is one transaction: it happens wholly or not at all, and a dry run is the same transaction rolled back.
public final class ConfigurationService: Sendable {
    /// Carries a dry run's outcome out of the transaction that it rolls back.
    private struct Rehearsed: Error {
        var outcome: ConfigurationOutcome
    }

    private static let maximumAttempts = 5

    private let database: PostgresPool
    private let stores: @Sendable (any PostgresDatabase) -> ConfigurationStores
    private let takeOver: @Sendable () async throws -> Void

    /// Makes a service.
    ///
    /// - Parameters:
    ///   - database: where the configuration is.
    ///   - stores: makes stores over a transaction.
    ///   - takeOver: brings what was committed into force in this process, before it returns.
    public init(
        database: PostgresPool,
        stores: @escaping @Sendable (any PostgresDatabase) -> ConfigurationStores,
        takeOver: @escaping @Sendable () async throws -> Void
    ) {
        self.database = database
        self.stores = stores
        self.takeOver = takeOver
    }

    /// Everything that is configured, as of one moment.
    public func export() async throws -> ConfigurationDocument {
        try await database.transaction(isolationLevel: .repeatableRead, readOnly: true) { transaction in
            let stores = stores(transaction)
            try await stores.load()
            var sections: [ConfigurationSection: [ResourceKey: JSONValue]] = [:]
            for section in ConfigurationSection.allCases {
                var entries: [ResourceKey: JSONValue] = [:]
                for (text, document) in try await stores.entries(of: section) {
                    if let key = ResourceKey(text) { entries[key] = document }
                }
                sections[section] = entries
            }
            return ConfigurationDocument(sections: sections)
        }
    }

    /// Brings the configuration to what a document says.
    ///
    /// - Parameters:
    ///   - document: entries to create or replace; credentials that it does not mention stay as they are.
    ///   - isPruning: whether entries that the document's sections do not have are deleted.
    ///   - isDryRun: whether only to tell what would be done.
    /// - Returns: what was done; in force in this process.
    /// - Throws: ``InvalidInput`` with every error and its place in the document; nothing is changed then.
    public func apply(
        _ document: ConfigurationDocument,
        isPruning: Bool,
        isDryRun: Bool
    ) async throws -> ConfigurationOutcome {
        try await change(isDryRun: isDryRun) { stores in
            try await ConfigurationApplication(document, isPruning: isPruning, stores: stores)
        }
    }

    /// Brings one entry back to what it was before a change.
    ///
    /// - Throws: ``ResourceFailure`` when there is no such change, ``InvalidInput`` when the entry can no longer be so.
    public func undo(change id: Int64, isDryRun: Bool) async throws -> ConfigurationOutcome {
        guard let noted = try await ConfigurationHistory.change(id, in: database), let key = ResourceKey(noted.key)
        else {
            throw ResourceFailure.notFound("change \(id)")
        }
        var document = noted.before?.object
        // Of credentials only that they were written is noted; the stored ones stay.
        document?["credentials"] = nil
        let earlier = document.map(JSONValue.object)
        return try await change(isDryRun: isDryRun) { stores in
            try await ConfigurationApplication(noted.section, key, earlier, stores: stores)
        }
    }

    /// Changes that were made, the newest first.
    func changes(
        of section: ConfigurationSection?,
        key: String?,
        before id: Int64?,
        limit: Int
    ) async throws -> [ConfigurationChange] {
        try await ConfigurationHistory.changes(of: section, key: key, before: id, limit: limit, in: database)
    }

    private func change(
        isDryRun: Bool,
        _ plan: @Sendable (ConfigurationStores) async throws -> ConfigurationApplication
    ) async throws -> ConfigurationOutcome {
        var attempts = 1
        while true {
            do {
                let outcome = try await attempt(isDryRun: isDryRun, plan)
                if !outcome.differences.isEmpty { try await takeOver() }
                return outcome
            } catch let rehearsed as Rehearsed {
                return rehearsed.outcome
            } catch ResourceFailure.preconditionFailed where attempts < Self.maximumAttempts {
                // Somebody else wrote one of the entries meanwhile: once more over what is there now.
                attempts += 1
            }
        }
    }

    private func attempt(
        isDryRun: Bool,
        _ plan: @Sendable (ConfigurationStores) async throws -> ConfigurationApplication
    ) async throws -> ConfigurationOutcome {
        try await database.transaction { transaction in
            try await transaction.execute(ConfigurationQueries.takeTurn())
            let stores = stores(transaction)
            try await stores.load()
            var application = try await plan(stores)
            try await application.run()
            let number = isDryRun ? nil : try await transaction.first(ConfigurationQueries.transaction())
            let outcome = try await application.outcome(isDryRun: isDryRun, transaction: number)
            if isDryRun { throw Rehearsed(outcome: outcome) }
            return outcome
        }
    }
}
