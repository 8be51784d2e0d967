import Accounts
import Assets
import ERP
import ERPConnectors
import Foundation
import HTTPServer
import HTTPTypes
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
        self.latest = latest
        self.plant = plant
        self.identifiers = identifiers
        self.hint = hint
    }

    func register(on routes: inout APIRouter) {
        connectorEndpoint.register(on: &routes)
        mappingEndpoint.register(on: &routes)
        routes.post(
            "/api/v1/connectors/{key}/test",
            role: .admin,
            summary: "Ask the ERP, changing nothing there, whether it can be reached."
        ) { request in
            let sample = "pw-" + identifiers.next().uuidString.lowercased().replacing("-", with: "").prefix(13)
            let key = try request.resourceKey("connector")
            return .json(PreflightResult(checks: try await registry.preflight(key: key, sample: sample)).json)
        }
        routes.post(
            "/api/v1/mappings/{key}/preview",
            role: .operator,
            summary: "The exact request that the mapping, or the draft in “mapping”, would send. Nothing is sent.",
            handler: preview
        )
        registerDeliveries(on: &routes)
        routes.get(
            "/api/v1/work-orders",
            role: .viewer,
            summary: "Our mirror of the ERP's orders.",
            handler: workOrders
        )
        routes.get("/api/v1/inventory", role: .viewer, summary: "Stock figures in the ERP.") { request in
            let cursor = try request.cursor(InventoryCursor.init)
            let page = try await outbox.inventory(
                connector: request.query.first("connector"),
                device: request.query.first("device"),
                after: cursor,
                limit: try request.limit()
            )
            return .page(page.items.map(\.json), nextCursor: page.nextCursor)
        }
    }

    private var connectorEndpoint: ResourceEndpoint {
        ResourceEndpoint(
            path: "/api/v1/connectors",
            name: "connector",
            list: { try await connectors.list(limit: 100_000).map(Self.state) },
            get: { key in Self.state(try await connectors.get(key: key)) },
            put: { key, document, condition in
                let result = try await connectors.put(key: key, document: document, onlyIf: condition)
                hint()
                return (Self.state(result.connector), result.isNew)
            },
            patch: { key, document, condition in
                let connector = try await connectors.patch(key: key, document: document, onlyIf: condition)
                hint()
                return Self.state(connector)
            },
            delete: { key, condition in try await connectors.delete(key: key, onlyIf: condition) }
        )
    }

    private static func state(_ connector: Connector) -> ResourceState {
        ResourceState(key: connector.key, document: connector.json, version: connector.version)
    }

    private var mappingEndpoint: ResourceEndpoint {
        ResourceEndpoint(
            path: "/api/v1/mappings",
            name: "mapping",
            list: { try await mappings.list(limit: 100_000).map(Self.state) },
            get: { key in Self.state(try await mappings.get(key: key)) },
            put: { key, document, condition in
                let result = try await mappings.put(key: key, document: document, onlyIf: condition)
                return (Self.state(result.mapping), result.isNew)
            },
            delete: { key, condition in try await mappings.delete(key: key, onlyIf: condition) }
        )
    }

    private static func state(_ mapping: MappingDocument) -> ResourceState {
        ResourceState(key: mapping.key, document: mapping.json, version: mapping.version)
    }

    private func preview(_ request: Request) async throws -> Response {
        let key = try request.resourceKey("mapping")
        var reader = try InputReader(request.body.isEmpty ? [:] : try await request.json())
        let draft = reader.value("mapping")
        let sample = reader.value("sample")
        try reader.finish()
        let document: JSONValue
        if let draft { document = draft } else { document = try await mappings.get(key: key).json }
        let device = sample?["device"]?.string
        let latest = latest
        let preview = try await previewer.preview(document: document, key: key, deviceKey: device) { id in
            latest.entry(id).map { entry in
                Reading(
                    deviceID: id,
                    timestamp: entry.timestamp,
                    receivedAt: entry.receivedAt,
                    quality: 0,
                    values: entry.values
                )
            }
        }
        return .json(preview.json)
    }

    private func registerDeliveries(on routes: inout APIRouter) {
        routes.get("/api/v1/deliveries", role: .viewer, summary: "ERP calls, newest first.") { request in
            var filter = DeliveryFilter(
                connector: request.query.first("connector"),
                device: request.query.first("device"),
                operation: request.query.first("operation")
            )
            if let text = request.query.first("state") {
                filter.state = DeliveryFilterState(rawValue: text)
                if filter.state == nil {
                    throw request.badParameter("state", "pending, delivered, dead or superseded is expected")
                }
            }
            filter.alarmID = try request.alarmFilter()
            let page = try await outbox.deliveries(
                filter,
                after: try request.cursor(OutboxCursor.init),
                limit: try request.limit()
            )
            return .page(page.items.map(\.json), nextCursor: page.nextCursor)
        }
        routes.get("/api/v1/deliveries/{id}", role: .viewer, summary: "An ERP call with its time line.") { request in
            .json(try await outbox.delivery(try request.identifier("delivery")).json)
        }
        routes.post("/api/v1/deliveries/{id}/retry", role: .operator, summary: "Make a dead delivery due again.") {
            request in
            let id = try request.identifier("delivery")
            var isAbsent = false
            if !request.body.isEmpty {
                var reader = try InputReader(try await request.json())
                isAbsent = reader.bool("knownAbsent") ?? false
                try reader.finish()
            }
            let delivery = try await outbox.retry(id, isKnownAbsent: isAbsent)
            hint()
            return .json(delivery.json)
        }
    }

    private func workOrders(_ request: Request) async throws -> Response {
        var filter = WorkOrderFilter(device: request.query.first("device"), alarmID: try request.alarmFilter())
        switch request.query.first("state") {
        case nil: break
        case "open": filter.isOpen = true
        case "done": filter.isOpen = false
        default: throw request.badParameter("state", "open or done is expected")
        }
        let page = try await outbox.workOrders(
            filter,
            after: try request.cursor(OutboxCursor.init),
            limit: try request.limit()
        )
        return .page(page.items.map(\.json), nextCursor: page.nextCursor)
    }
}

/// What a connector's preflight came to.
private struct PreflightResult {
    var checks: [PreflightCheck]

    /// The API's form: `{ok, detail, checks}`; `detail` sums up what decides.
    var json: JSONValue {
        let failed = checks.filter { $0.result == .failed }
        let decisive = failed.isEmpty ? checks.filter { $0.result != .skipped } : failed
        return [
            "ok": .bool(failed.isEmpty), "detail": .string(decisive.map(\.detail).joined(separator: " ")),
            "checks": .array(checks.map(\.json)),
        ]
    }
}

extension Request {
    /// The cursor of a list.
    fileprivate func cursor<Cursor>(_ read: (String) -> Cursor?) throws -> Cursor? {
        guard let text = query.first("cursor") else { return nil }
        guard let cursor = read(text) else { throw badParameter("cursor", "take it from “nextCursor”") }
        return cursor
    }

    /// The alarm that a list is about.
    fileprivate func alarmFilter() throws -> UUID? {
        guard let text = query.first("alarm") else { return nil }
        guard let id = UUID(uuidString: text) else { throw badParameter("alarm", "an alarm's id is expected") }
        return id
    }
}
