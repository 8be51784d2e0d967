import Accounts
import Alarms
import Assets
import HTTPServer
import HTTPTypes
import Logging
import Observability
import Primitives
import Telemetry

/// Everything that the API speaks to, put together by the composition root.
public struct APIServices: Sendable {
    /// People, sessions, tokens.
    public var accounts: AccountStore
    /// Export, application and history of all configuration.
    public var configuration: ConfigurationService
    /// The address that people use; nil when it is not configured.
    public var publicURL: String?
    /// The plant model.
    public var plant: PlantStore
    /// The way in.
    public var writer: IngestWriter
    /// The way out.
    public var readings: ReadingStore
    /// How much room it takes.
    public var storage: StorageStore
    /// What became of what came in.
    public var ledger: LedgerStore
    /// Quarantine and rejected messages.
    public var refused: RefusedMessageStore
    /// Sources.
    public var sources: SourceStore
    /// The hosts of Sparkplug sources.
    public var sparkplug: SparkplugHosts
    /// Rules.
    public var rules: RuleStore
    /// Alarms.
    public var alarms: AlarmStore
    /// Alarms with their orders.
    public var ordersOfAlarms: OrdersOfAlarms
    /// How much ERP work there is.
    public var orderCounts: @Sendable () async throws -> OrderCounts
    /// Makes an account of the embedded broker for a device's identifier; nil with an external broker.
    public var makeCredentials: (@Sendable (String) async throws -> DeviceCredentials)?
    /// The live hub.
    public var hub: LiveHub
    /// What works and what does not.
    public var readiness: Readiness
    /// The metrics.
    public var metrics: PlantwrightMetrics
    /// The browser app.
    public var assets: StaticAssets
    /// The basemap, if installed.
    public var tiles: TileArchive?
    /// The time.
    public var clock: WallClock

    /// Puts services together.
    public init(
        accounts: AccountStore,
        configuration: ConfigurationService,
        publicURL: String?,
        plant: PlantStore,
        writer: IngestWriter,
        readings: ReadingStore,
        storage: StorageStore,
        ledger: LedgerStore,
        refused: RefusedMessageStore,
        sources: SourceStore,
        sparkplug: SparkplugHosts,
        rules: RuleStore,
        alarms: AlarmStore,
        ordersOfAlarms: OrdersOfAlarms,
        orderCounts: @escaping @Sendable () async throws -> OrderCounts,
        makeCredentials: (@Sendable (String) async throws -> DeviceCredentials)?,
        hub: LiveHub,
        readiness: Readiness,
        metrics: PlantwrightMetrics,
        assets: StaticAssets,
        tiles: TileArchive?,
        clock: WallClock
    ) {
        self.accounts = accounts
        self.configuration = configuration
        self.publicURL = publicURL
        self.plant = plant
        self.writer = writer
        self.readings = readings
        self.storage = storage
        self.ledger = ledger
        self.refused = refused
        self.sources = sources
        self.sparkplug = sparkplug
        self.rules = rules
        self.alarms = alarms
        self.ordersOfAlarms = ordersOfAlarms
        self.orderCounts = orderCounts
        self.makeCredentials = makeCredentials
        self.hub = hub
        self.readiness = readiness
        self.metrics = metrics
        self.assets = assets
        self.tiles = tiles
        self.clock = clock
    }
}

/// User name and password of one device for the embedded broker.
public struct DeviceCredentials: Sendable {
    /// The user name.
    public var username: String
    /// The password; shown once, kept nowhere.
    public var password: String

    /// Makes credentials.
    public init(username: String, password: String) {
        self.username = username
        self.password = password
    }
}

/// The routes of the product.
public struct PlantwrightAPI: Sendable {
    let services: APIServices
    let erp: ERPRoutes

    /// Makes the API.
    public init(_ services: APIServices, erp: ERPRoutes) {
        self.services = services
        self.erp = erp
    }

    /// All routes with authorization around them.
    public func makeRouter() -> Router {
        var routes = APIRouter()
        routes.use(SignInLimit(clock: services.clock))
        routes.use(Authorization(accounts: services.accounts))
        routes.use(StartingGate(readiness: services.readiness))
        SystemRoutes(readiness: services.readiness, metrics: services.metrics).register(on: &routes)
        registerAccess(on: &routes)
        ConfigurationRoutes(configuration: services.configuration).register(on: &routes)
        PlantRoutes(plant: services.plant, refused: services.refused).register(on: &routes)
        CredentialRoutes(plant: services.plant, make: services.makeCredentials).register(on: &routes)
        TelemetryRoutes(
            plant: services.plant,
            writer: services.writer,
            metrics: services.metrics,
            clock: services.clock
        ).register(on: &routes)
        ReadingRoutes(
            plant: services.plant,
            latest: services.writer.latest,
            readings: services.readings,
            clock: services.clock
        ).register(on: &routes)
        StorageRoutes(storage: services.storage).register(on: &routes)
        LedgerRoutes(plant: services.plant, ledger: services.ledger, clock: services.clock).register(on: &routes)
        RefusedMessageRoutes(plant: services.plant, refused: services.refused, sources: services.sources)
            .register(on: &routes)
        SourceRoutes(sources: services.sources, plant: services.plant, clock: services.clock).register(on: &routes)
        SparkplugRoutes(plant: services.plant, sources: services.sources, hosts: services.sparkplug)
            .register(on: &routes)
        RuleRoutes(rules: services.rules).register(on: &routes)
        BacktestRoutes(
            rules: services.rules,
            plant: services.plant,
            readings: services.readings,
            clock: services.clock
        ).register(on: &routes)
        AlarmRoutes(services).register(on: &routes)
        OverviewRoutes(
            plant: services.plant,
            latest: services.writer.latest,
            alarms: services.alarms,
            orderCounts: services.orderCounts,
            clock: services.clock
        ).register(on: &routes)
        erp.register(on: &routes)
        EvidenceRoutes(
            outbox: erp.outbox,
            mappings: erp.mappings,
            alarms: services.alarms,
            readings: services.readings,
            plant: services.plant
        ).register(on: &routes)
        let live = LiveSocket(hub: services.hub, accounts: services.accounts)
        routes.webSocket("/live", role: .viewer, summary: "Live values and changes.") { request, socket in
            try await live.serve(request, socket)
        }
        PageRoutes(assets: services.assets, tiles: services.tiles).register(on: &routes)
        return describing(routes)
    }

    /// People, their sessions, and the tokens of programs.
    private func registerAccess(on routes: inout APIRouter) {
        SessionRoutes(accounts: services.accounts).register(on: &routes)
        AccountRoutes(accounts: services.accounts).register(on: &routes)
        UserRoutes(accounts: services.accounts, publicURL: services.publicURL).register(on: &routes)
        TokenRoutes(accounts: services.accounts).register(on: &routes)
    }

    /// The OpenAPI document.
    public var description: JSONValue { OpenAPIDocument(routes: makeRouter().routes).json }

    /// Adds the route that describes all.
    private func describing(_ routes: APIRouter) -> Router {
        func adding(_ document: JSONValue) -> Router {
            var routes = routes
            routes.get("/api/v1/openapi.json", role: .viewer, summary: "This description.") { _ in .json(document) }
            return routes.router
        }
        // It describes itself too.
        return adding(OpenAPIDocument(routes: adding(.null).routes).json)
    }

    /// Turns every error into an answer; what is no client's business is logged and told as 500.
    public static func respond(to error: any Error, logger: Logger) -> Response {
        if let problem = HTTPProblem(domain: error) { return problem.response }
        logger.error("A request failed", metadata: ["error": "\(error)"])
        return HTTPProblem.response(for: error)
    }
}
