import Assets
import PostgreSQL
import Primitives

/// Reads and writes mappings.
///
/// A write is in force for every reading that is evaluated after it returns: the engine loads the mappings anew.
public final class MappingStore: Sendable {
    private let database: any PostgresDatabase
    private let plant: PlantStore
    private let registry: ConnectorRegistry
    private let engine: MappingEngine
    private let clock: WallClock
    private let writing = AsyncLock()

    /// Makes a store over a database.
    ///
    /// - Parameters:
    ///   - database: where statements run.
    ///   - plant: what references and names are looked up in.
    ///   - registry: what tells which templates a connector has.
    ///   - engine: told of every change.
    ///   - clock: times of writes.
    public init(
        pool database: any PostgresDatabase,
        plant: PlantStore,
        registry: ConnectorRegistry,
        engine: MappingEngine,
        clock: WallClock
    ) {
        self.database = database
        self.plant = plant
        self.registry = registry
        self.engine = engine
        self.clock = clock
    }

    /// Mappings in the order of their keys.
    public func list(after key: String? = nil, limit: Int = 1_000) async throws -> [MappingDocument] {
        try await database.query(MappingQueries.list(after: key ?? "", limit: limit))
    }

    /// The mapping with that key.
    public func get(key: ResourceKey) async throws -> MappingDocument {
        guard let document = try await database.first(MappingQueries.find(key: key.text)) else {
            throw Self.missing(key)
        }
        return document
    }

    /// Creates or replaces a mapping; every change makes a new revision, whose document is kept.
    ///
    /// - Parameters:
    ///   - key: the mapping's key.
    ///   - document: the mapping as the API has it.
    ///   - condition: what must be stored.
    ///   - author: who writes it; nil for the program itself.
    /// - Returns: the mapping, and whether it is new. Writing what is stored already changes nothing.
    /// - Throws: ``InvalidInput``, ``ResourceFailure`` (a failed condition), `PostgresError`.
    @discardableResult
    public func put(
        key: ResourceKey,
        document: JSONValue,
        onlyIf condition: WriteCondition = .always,
        by author: String? = ConfigurationAuthor.current
    ) async throws -> (mapping: MappingDocument, isNew: Bool) {
        let draft = try MappingDraft(document)
        let time = clock.now
        return try await changing {
            try await database.atomically { transaction in
                let row = try await transaction.first(MappingQueries.lock(key: key.text))
                try condition.check(row?.version)
                let check = MappingCheck(plant: plant.snapshot, states: plant.states)
                let result = try await check.check(draft, registry: registry, in: transaction)
                guard let definition = result.definition else { throw InvalidInput(result.issues) }
                let old = try await transaction.first(MappingQueries.find(key: key.text))
                if let old, old.mapping.definition == definition { return (old, false) }
                if let row {
                    try await transaction.execute(MappingQueries.update(id: row.id, definition, at: time))
                    if old?.mapping.definition.remembersTheSame(as: definition) != true {
                        try await transaction.execute(MappingStateQueries.forget(mappingID: row.id))
                    }
                } else {
                    try await transaction.execute(MappingQueries.insert(key: key.text, definition, at: time))
                }
                guard let new = try await transaction.first(MappingQueries.find(key: key.text)) else {
                    throw Self.missing(key)
                }
                try await transaction.execute(MappingVersionQueries.add(new, by: author, at: time))
                try await ConfigurationHistory.note(
                    .mappings,
                    key.text,
                    from: old?.configuration,
                    to: new.configuration,
                    in: transaction
                )
                return (new, row == nil)
            }
        }
    }

    /// Changes members of a mapping (RFC 7396).
    @discardableResult
    public func patch(
        key: ResourceKey,
        document: JSONValue,
        onlyIf condition: WriteCondition = .always,
        by author: String? = ConfigurationAuthor.current
    ) async throws -> MappingDocument {
        guard document.object != nil else {
            throw InvalidInput(pointer: "", code: "type", detail: "Expected a JSON object.")
        }
        let old = try await get(key: key)
        try condition.check(old.version)
        let merged = old.json.merged(with: document) ?? .null
        return try await put(key: key, document: merged, onlyIf: .version([old.version]), by: author).mapping
    }

    /// Deletes a mapping; deliveries that it made go on.
    ///
    /// - Throws: ``ResourceFailure`` (absent, a failed condition), `PostgresError`.
    public func delete(key: ResourceKey, onlyIf condition: WriteCondition = .always) async throws {
        try await changing {
            try await database.atomically { transaction in
                guard let row = try await transaction.first(MappingQueries.lock(key: key.text)) else {
                    throw Self.missing(key)
                }
                try condition.check(row.version)
                let old = try await transaction.first(MappingQueries.find(key: key.text))?.configuration
                try await transaction.execute(MappingQueries.retire(id: row.id, at: clock.now))
                let before = old ?? ["key": .string(key.text)]
                try await ConfigurationHistory.note(.mappings, key.text, from: before, to: nil, in: transaction)
            }
        }
    }

    /// What a saved mapping writes into pick lists that the ERP does not have there, as far as it can be asked.
    public func warnings(_ document: MappingDocument) async -> [InputIssue] {
        let definition = document.mapping.definition
        guard let erp = registry.connector(id: definition.connectorID)?.erp else { return [] }
        let check = PickListCheck(connectorID: definition.connectorID, erp: erp, session: database)
        return await check.warnings(
            operation: definition.operation,
            fields: definition.fields,
            lookups: definition.options.lookups
        )
    }

    /// All versions of a mapping that were saved, newest first.
    ///
    /// - Throws: ``ResourceFailure`` when there is no such mapping, `PostgresError`.
    public func versions(key: ResourceKey) async throws -> [MappingVersion] {
        let versions = try await database.query(MappingVersionQueries.list(key: key.text))
        if versions.isEmpty { _ = try await get(key: key) }
        return versions
    }

    /// What still uses a rule, such as `mapping “bearing-order”`; nil when nothing does.
    public static func user(ofRule ruleID: Int32, in session: any PostgresSession) async throws -> String? {
        try await session.first(MappingQueries.mapping(ofRule: ruleID)).map { "mapping “\($0)”" }
    }

    /// Runs one write at a time and has the engine take it over before it returns.
    private func changing<Value>(_ body: () async throws -> Value) async throws -> Value {
        try await writing.withLock {
            do {
                let value = try await body()
                try await engine.load()
                return value
            } catch {
                // The outcome of a failed COMMIT is unknown; the engine must not go on with what may be old.
                engine.invalidate()
                throw error
            }
        }
    }

    private static func missing(_ key: ResourceKey) -> ResourceFailure { .notFound("mapping \(key)") }
}

extension MappingDefinition {
    /// Whether what one remembers of its devices means the same to the other.
    ///
    /// A mapping that was off begins anew: what happened meanwhile is not booked.
    fileprivate func remembersTheSame(as next: MappingDefinition) -> Bool {
        trigger == next.trigger && operation == next.operation && (isEnabled || !next.isEnabled)
    }
}
