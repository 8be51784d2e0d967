import Assets
import ERPConnectors
import HTTPClient
import PostgreSQL
import Primitives
import Secrets

/// Reads and writes connectors.
///
/// Credentials are sealed before they are stored and never handed out. A write is in force for every attempt that begins
/// after it returns.
public final class ConnectorStore: Sendable {
    let database: any PostgresDatabase
    private let box: SecretBox
    let registry: ConnectorRegistry
    let clock: WallClock

    /// Makes a store over a database.
    ///
    /// - Parameters:
    ///   - database: where statements run.
    ///   - box: seals credentials.
    ///   - registry: told of every change; its policy judges addresses when they are saved.
    ///   - clock: times of writes.
    public init(pool database: any PostgresDatabase, box: SecretBox, registry: ConnectorRegistry, clock: WallClock) {
        self.database = database
        self.box = box
        self.registry = registry
        self.clock = clock
    }

    /// Connectors in the order of their keys.
    public func list(after key: String? = nil, limit: Int = 1_000) async throws -> [Connector] {
        try await database.query(ConnectorQueries.list(after: key ?? "", limit: limit)).map(\.connector)
    }

    /// The connector with that key.
    public func get(key: ResourceKey) async throws -> Connector {
        guard let row = try await database.first(ConnectorQueries.find(key: key.text)) else { throw Self.missing(key) }
        return row.connector
    }

    /// Creates or replaces a connector; credentials that the document does not mention stay as they are.
    ///
    /// - Returns: the connector, and whether it is new. Writing what is stored already changes nothing.
    /// - Throws: ``InvalidInput``, ``ResourceFailure`` (a failed condition), `PostgresError`, `SecretError`.
    @discardableResult
    public func put(
        key: ResourceKey,
        document: JSONValue,
        onlyIf condition: WriteCondition = .always
    ) async throws -> (connector: Connector, isNew: Bool) {
        let draft = try ConnectorDraft(document, policy: registry.policy, at: clock.now)
        return try await write(key, condition) { _ in draft }
    }

    /// Changes members of a connector (RFC 7396); `credentials: null` removes them, and of the others the parts that are
    /// mentioned change.
    @discardableResult
    public func patch(
        key: ResourceKey,
        document: JSONValue,
        onlyIf condition: WriteCondition = .always
    ) async throws -> Connector {
        guard let changes = document.object else {
            throw InvalidInput(pointer: "", code: "type", detail: "Expected a JSON object.")
        }
        return try await write(key, condition) { old in
            guard let old else { throw Self.missing(key) }
            var merged = old.json.object ?? JSONObject()
            for member in changes.members {
                if member.name == "credentials" {
                    merged[member.name] = member.value
                } else {
                    merged[member.name] = (merged[member.name] ?? .null).merged(with: member.value)
                }
            }
            return try ConnectorDraft(.object(merged), policy: registry.policy, at: clock.now)
        }.connector
    }

    /// Deletes a connector and its credentials.
    ///
    /// - Throws: ``ResourceFailure``: absent, a failed condition, `in-use` while a mapping names it or a delivery of it
    ///   is under way.
    public func delete(key: ResourceKey, onlyIf condition: WriteCondition = .always) async throws {
        try await changing { transaction in
            guard let row = try await transaction.first(ConnectorQueries.lock(key: key.text)) else {
                throw Self.missing(key)
            }
            try condition.check(row.connector.version)
            if let mapping = try await transaction.first(ConnectorQueries.mapping(using: row.connector.id)) {
                throw ResourceFailure.conflict(
                    code: "in-use",
                    detail: "Mapping “\(mapping)” still uses this connector; remove that first."
                )
            }
            if try await transaction.first(ConnectorQueries.hasPending(id: row.connector.id)) == true {
                throw ResourceFailure.conflict(
                    code: "in-use",
                    detail: "Deliveries to this connector are still under way."
                )
            }
            try await transaction.execute(ConnectorQueries.retire(id: row.connector.id, at: clock.now))
            try await KeptLists.forget(connector: row.connector.id, in: transaction)
            try await ConfigurationHistory.note(
                .connectors,
                key.text,
                from: row.connector.configuration,
                to: nil,
                in: transaction
            )
        }
    }

    private func write(
        _ key: ResourceKey,
        _ condition: WriteCondition,
        _ define: (Connector?) throws -> ConnectorDraft
    ) async throws -> (connector: Connector, isNew: Bool) {
        let time = clock.now
        return try await changing { transaction in
            let old = try await transaction.first(ConnectorQueries.lock(key: key.text))
            try condition.check(old?.connector.version)
            let draft = try define(old?.connector)
            let sealed = try sealedCredentials(draft, key: key, old: old)
            guard let old else {
                let row = try await transaction.first(
                    ConnectorQueries.insert(key: key.text, draft, credentials: sealed, at: time)
                )
                guard let row else { throw Self.missing(key) }
                try await note(from: nil, to: row, in: transaction)
                return (row.connector, true)
            }
            if Self.isUnchanged(old, draft, sealed) { return (old.connector, false) }
            let row = try await transaction.first(
                ConnectorQueries.update(id: old.connector.id, draft, credentials: sealed, at: time)
            )
            guard let row else { throw Self.missing(key) }
            if !row.connector.hasSameERP(as: old.connector) {
                try await KeptLists.forget(connector: old.connector.id, in: transaction)
            }
            try await note(from: old, to: row, in: transaction)
            return (row.connector, false)
        }
    }

    /// Writes the change into the history of the configuration: of credentials only that they changed.
    private func note(from old: ConnectorRow?, to new: ConnectorRow, in transaction: Transaction) async throws {
        var after = new.connector.configuration.object ?? JSONObject()
        if old?.sealedCredentials != new.sealedCredentials {
            after["credentials"] = new.sealedCredentials == nil ? "removed" : "entered"
        }
        try await ConfigurationHistory.note(
            .connectors,
            new.connector.key,
            from: old?.connector.configuration,
            to: .object(after),
            in: transaction
        )
    }

    /// Runs a write, and has the registry take it over before it returns.
    func changing<Value>(_ body: (Transaction) async throws -> Value) async throws -> Value {
        try await registry.replacing {
            try await database.atomically { transaction in
                let value = try await body(transaction)
                return (value, try await transaction.query(ConnectorQueries.active()))
            }
        }
    }

    private func sealedCredentials(_ draft: ConnectorDraft, key: ResourceKey, old: ConnectorRow?) throws -> [UInt8]? {
        guard case .replace(let value) = draft.credentials else { return old?.sealedCredentials }
        guard !value.isNull, let change = CredentialParts(value) else { return nil }
        let context = SealedCredentials.context(key: key.text)
        let stored = old?.sealedCredentials.flatMap { try? box.open($0, context: context) }
        // What cannot be opened any more is replaced by what was entered.
        let parts = stored.flatMap { try? JSONValue(parsing: $0) }.flatMap(CredentialParts.init)
        let merged = (parts ?? CredentialParts()).merged(with: change)
        // A key that was entered must fit the certificate that is stored.
        _ = try ConnectorConnection(options: draft.options, credentials: merged.connection)
        let plain = merged.document
        if plain.isNull { return nil }
        // Sealing anew gives other bytes; the same credentials are no change.
        if stored == plain.bytes { return old?.sealedCredentials }
        return try box.seal(plain.bytes, context: context)
    }

    private static func isUnchanged(_ old: ConnectorRow, _ draft: ConnectorDraft, _ sealed: [UInt8]?) -> Bool {
        let connector = old.connector
        return connector.name == draft.name && connector.kind == draft.kind && connector.url == draft.url
            && connector.options == draft.options && connector.limits == draft.limits
            && old.sealedCredentials == sealed
    }

    static func missing(_ key: ResourceKey) -> ResourceFailure { .notFound("connector \(key)") }
}

/// Where sealed credentials belong.
enum SealedCredentials {
    static func context(key: String) -> String { "connector/\(key)" }
}

extension JSONValue {
    /// Applies a JSON merge patch (RFC 7396).
    func merged(with patch: JSONValue) -> JSONValue? {
        if patch.isNull { return nil }
        guard let changes = patch.object else { return patch }
        var result = object ?? JSONObject()
        for change in changes.members {
            result[change.name] = (result[change.name] ?? .null).merged(with: change.value)
        }
        return .object(result)
    }
}
