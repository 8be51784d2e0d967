import Alarms
import Assets
import ERP
import Foundation
import HTTPClient
import Logging
import Observability
import PostgreSQL
import Primitives
import Secrets
import Telemetry

/// The stores of everything that an admin configures, over one database or one open transaction.
public struct ConfigurationStores: Sendable {
    /// Profiles, assets, devices.
    let plant: PlantStore
    /// Sources.
    let sources: SourceStore
    /// Rules.
    let rules: RuleStore
    /// Connectors.
    let connectors: ConnectorStore
    /// Mappings.
    let mappings: MappingStore
    private let registry: ConnectorRegistry

    /// Makes stores of their own, which nothing else looks at: what is written through them is in force nowhere until it
    /// is committed and taken over.
    ///
    /// - Parameters:
    ///   - database: what they read and write.
    ///   - box: seals credentials.
    ///   - client: judges addresses; nothing is sent.
    ///   - clock: times of writes.
    ///   - logger: told of stored entries that cannot be used.
    public init(
        over database: any PostgresDatabase,
        box: SecretBox,
        client: HTTPClient,
        clock: WallClock,
        logger: Logger
    ) {
        plant = PlantStore(pool: database)
        let engine = AlarmEngine(
            states: plant.states,
            clock: clock,
            identifiers: .system,
            metrics: PlantwrightMetrics(),
            logger: logger
        )
        rules = RuleStore(pool: database, plant: plant, engine: engine, usage: RulesOfMappings(), clock: clock)
        sources = SourceStore(pool: database, plant: plant, announces: false, clock: clock, logger: logger)
        registry = ConnectorRegistry(session: database, box: box, client: client, clock: clock)
        connectors = ConnectorStore(pool: database, box: box, registry: registry, clock: clock)
        let mappingEngine = MappingEngine(
            session: database,
            states: plant.states,
            clock: clock,
            identifiers: .system,
            link: { _ in "" },
            logger: logger
        )
        mappings = MappingStore(pool: database, plant: plant, registry: registry, engine: mappingEngine, clock: clock)
    }

    /// Reads what is configured.
    func load() async throws {
        try await plant.load()
        try await sources.load()
        try await registry.load()
    }
}

/// Mappings are what uses rules.
private struct RulesOfMappings: RuleUsage {
    func user(ofRule ruleID: Int32, in session: any PostgresSession) async throws -> String? {
        try await MappingStore.user(ofRule: ruleID, in: session)
    }
}

// One way to every kind of entry; documents are those of the API without what is no configuration.
extension ConfigurationStores {
    private static let most = 100_000

    /// All entries of a section by key.
    func entries(of section: ConfigurationSection) async throws -> [String: JSONValue] {
        let documents: [JSONValue]
        switch section {
        case .profiles: documents = plant.snapshot.profiles.values.map(\.json)
        case .assets:
            let snapshot = plant.snapshot
            documents = snapshot.assets.values.map { snapshot.json($0) }
        case .devices:
            let snapshot = plant.snapshot
            documents = snapshot.devices.values.map { snapshot.json($0) }
        case .sources: documents = sources.sources.map(\.json)
        case .rules: documents = try await rules.rules(limit: Self.most).map { rules.json($0) }
        case .connectors: documents = try await connectors.list(limit: Self.most).map(\.configuration)
        case .mappings: documents = try await mappings.list(limit: Self.most).map(\.configuration)
        }
        var entries: [String: JSONValue] = [:]
        for document in documents { if let key = document["key"]?.string { entries[key] = document.withoutKey } }
        return entries
    }

    /// Creates or replaces an entry.
    ///
    /// - Returns: the entry as it is now.
    func put(_ section: ConfigurationSection, _ key: ResourceKey, _ document: JSONValue) async throws -> JSONValue {
        let stored: JSONValue
        switch section {
        case .profiles: stored = try await plant.putProfile(key: key, document: document).profile.json
        case .assets:
            stored = plant.json(try await plant.putAsset(key: key, document: document).asset)
        case .devices:
            stored = plant.json(try await plant.putDevice(key: key, document: document).device)
        case .sources: stored = try await sources.put(key: key, document: document).source.json
        case .rules: stored = rules.json(try await rules.put(key: key, document: document).rule)
        case .connectors:
            stored = try await connectors.put(key: key, document: document).connector.configuration
        case .mappings: stored = try await mappings.put(key: key, document: document).mapping.configuration
        }
        return stored.withoutKey
    }

    /// Deletes an entry.
    func delete(_ section: ConfigurationSection, _ key: ResourceKey) async throws {
        switch section {
        case .profiles: try await plant.deleteProfile(key: key)
        case .assets: try await plant.deleteAsset(key: key)
        case .devices: try await plant.deleteDevice(key: key)
        case .sources: try await sources.delete(key: key)
        case .rules: try await rules.delete(key: key)
        case .connectors: try await connectors.delete(key: key)
        case .mappings: try await mappings.delete(key: key)
        }
    }

    /// Stored connectors, for what is to be said about their credentials.
    func connectorStates() async throws -> [String: Connector] {
        var states: [String: Connector] = [:]
        for connector in try await connectors.list(limit: Self.most) { states[connector.key] = connector }
        return states
    }
}

extension JSONValue {
    /// An entry without its own key, which its place in a document says.
    var withoutKey: JSONValue {
        guard var object else { return self }
        object["key"] = nil
        return .object(object)
    }
}
