import Assets
import ERP
import Outbox
import Primitives
import Secrets
import Telemetry

/// Connectors, mappings, deliveries, work orders and inventory.
public struct ERPRoutes: Sendable {
    let connectors: ConnectorStore
    let registry: ConnectorRegistry
    let mappings: MappingStore
    let previewer: MappingPreviewer
    let dryRuns: DryRuns
    let outbox: OutboxStore
    let matching: EquipmentMatching
    let items: ItemCatalog
    let latest: LatestReadings
    let plant: PlantStore
    let identifiers: IdentifierSource
    let random: RandomSource
    let work: ERPWork

    /// Makes the routes.
    ///
    /// `identifiers` gives sample references for connector tests, `random` the secrets of webhooks.
    public init(
        connectors: ConnectorStore,
        registry: ConnectorRegistry,
        mappings: MappingStore,
        previewer: MappingPreviewer,
        dryRuns: DryRuns,
        outbox: OutboxStore,
        matching: EquipmentMatching,
        items: ItemCatalog,
        latest: LatestReadings,
        plant: PlantStore,
        identifiers: IdentifierSource,
        random: RandomSource,
        work: ERPWork
    ) {
        self.connectors = connectors
        self.registry = registry
        self.mappings = mappings
        self.previewer = previewer
        self.dryRuns = dryRuns
        self.outbox = outbox
        self.matching = matching
        self.items = items
        self.latest = latest
        self.plant = plant
        self.identifiers = identifiers
        self.random = random
        self.work = work
    }

    func register(on routes: inout APIRouter) {
        ConnectorRoutes(connectors: connectors, registry: registry, identifiers: identifiers, work: work)
            .register(on: &routes)
        ConnectorListRoutes(registry: registry, items: items).register(on: &routes)
        HookRoutes(connectors: connectors, random: random, work: work).register(on: &routes)
        MappingRoutes(mappings: mappings, previewer: previewer, latest: latest).register(on: &routes)
        DryRunRoutes(dryRuns: dryRuns).register(on: &routes)
        DeliveryRoutes(outbox: outbox, registry: registry, hint: work.hint).register(on: &routes)
        WorkOrderRoutes(outbox: outbox, plant: plant).register(on: &routes)
        MatchingRoutes(matching: matching).register(on: &routes)
    }
}
