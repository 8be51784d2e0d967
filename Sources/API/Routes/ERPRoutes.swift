import Assets
import ERP
import Outbox
import Primitives
import Telemetry

/// Connectors, mappings, deliveries, work orders and inventory.
public struct ERPRoutes: Sendable {
    let connectors: ConnectorStore
    let registry: ConnectorRegistry
    let mappings: MappingStore
    let previewer: MappingPreviewer
    let outbox: OutboxStore
    let matching: EquipmentMatching
    let latest: LatestReadings
    let plant: PlantStore
    let identifiers: IdentifierSource
    let hint: @Sendable () -> Void

    /// Makes the routes.
    ///
    /// `identifiers` gives sample references for connector tests, `hint` wakes the dispatcher.
    public init(
        connectors: ConnectorStore,
        registry: ConnectorRegistry,
        mappings: MappingStore,
        previewer: MappingPreviewer,
        outbox: OutboxStore,
        matching: EquipmentMatching,
        latest: LatestReadings,
        plant: PlantStore,
        identifiers: IdentifierSource,
        hint: @escaping @Sendable () -> Void
    ) {
        self.connectors = connectors
        self.registry = registry
        self.mappings = mappings
        self.previewer = previewer
        self.outbox = outbox
        self.matching = matching
        self.latest = latest
        self.plant = plant
        self.identifiers = identifiers
        self.hint = hint
    }

    func register(on routes: inout APIRouter) {
        ConnectorRoutes(connectors: connectors, registry: registry, identifiers: identifiers, hint: hint)
            .register(on: &routes)
        MappingRoutes(mappings: mappings, previewer: previewer, latest: latest).register(on: &routes)
        DeliveryRoutes(outbox: outbox, hint: hint).register(on: &routes)
        WorkOrderRoutes(outbox: outbox).register(on: &routes)
        MatchingRoutes(matching: matching).register(on: &routes)
    }
}
