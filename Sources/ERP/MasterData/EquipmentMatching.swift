import Assets
import ERPConnectors
import Logging
import PostgreSQL
import Primitives

/// Reads equipment from ERPs and links it with assets.
public final class EquipmentMatching: Sendable {
    /// What is known of one connector.
    public struct Overview: Sendable {
        /// When the equipment was read last; nil when it never was.
        public var readAt: Timestamp?
        /// Whether it is being read, and how many pieces there are as yet.
        public var reading: Int?
        /// Why the last reading failed.
        public var error: String?
        /// The list.
        public var rows: [MatchRow]

        /// The API's form: `{readAt, reading, count, error, items}`.
        public var json: JSONValue {
            [
                "readAt": readAt.map { .string($0.rfc3339) } ?? .null, "reading": .bool(reading != nil),
                "count": reading.map { .integer(Int64($0)) } ?? .null, "error": error.map(JSONValue.string) ?? .null,
                "items": .array(rows.map(\.json)),
            ]
        }
    }

    /// A link to make, or to undo.
    public struct Link: Hashable, Sendable {
        /// The asset's key.
        public var asset: ResourceKey
        /// The equipment; nil for none.
        public var reference: String?

        /// Makes a link.
        public init(asset: ResourceKey, reference: String?) {
            self.asset = asset
            self.reference = reference
        }
    }

    private let pool: PostgresPool
    private let plant: PlantStore
    private let registry: ConnectorRegistry
    private let clock: WallClock
    private let readings: ListReadings

    /// Makes a matching over the plant and the connectors.
    public init(
        pool: PostgresPool,
        plant: PlantStore,
        registry: ConnectorRegistry,
        clock: WallClock,
        logger: Logger
    ) {
        self.pool = pool
        self.plant = plant
        self.registry = registry
        self.clock = clock
        readings = ListReadings(of: "equipment", clock: clock, logger: logger)
    }

    /// The list of one connector.
    ///
    /// - Throws: ``ResourceFailure`` when there is no such connector, `PostgresError`.
    public func overview(_ key: ResourceKey) async throws -> Overview {
        let live = try connector(key)
        let id = live.connector.id
        // In this order: a reading that ends in between must not look like one that found nothing.
        let readAt = try await pool.first(EquipmentQueries.readAt(connector: id))
        let equipment = try await pool.query(EquipmentQueries.all(connector: id))
        let state = readings.state(id)
        let assets = AssetCandidate.all(in: plant.snapshot, connector: key.text)
        return Overview(
            readAt: readAt,
            reading: state.count,
            error: state.error,
            // Before the first reading every link would look like drift.
            rows: readAt == nil ? [] : EquipmentMatcher(equipment: equipment, assets: assets).rows()
        )
    }

    /// Begins to read the equipment of an ERP anew, unless that is under way.
    ///
    /// What was read before stays until all is read.
    ///
    /// - Throws: ``ResourceFailure`` when there is no such connector, or its kind has no list of equipment.
    public func startReading(_ key: ResourceKey) throws {
        let live = try connector(key)
        guard live.erp.manifest.capabilities.contains(.equipment) else {
            throw ResourceFailure.conflict(
                code: "unsupported",
                detail: "Equipment cannot be read from “\(live.erp.manifest.title)”."
            )
        }
        guard readings.begin(live.connector.id) else { return }
        Task { await readings.carryOut(live) { try await self.read(live) } }
    }

    private func read(_ live: LiveConnector) async throws {
        let id = live.connector.id
        let all = try await readings.pages(of: id) { cursor throws(CallFailure) in
            try await live.erp.equipment(after: cursor)
        }
        guard registry.leadsWhereItDid(live) else { return }
        let time = clock.now
        try await pool.transaction { transaction in
            try await transaction.execute(EquipmentQueries.forget(connector: id))
            for start in stride(from: 0, to: all.count, by: 1_000) {
                let page = all[start..<min(start + 1_000, all.count)]
                try await transaction.execute(EquipmentQueries.add(.array(page.map(\.row)), connector: id))
            }
            try await transaction.execute(EquipmentQueries.noteRead(connector: id, at: time))
        }
    }

    /// Makes and undoes links, one after the other.
    ///
    /// - Returns: how many assets were changed.
    /// - Throws: ``InvalidInput`` when an asset is unknown; nothing is changed then. `PostgresError`.
    public func link(_ links: [Link], of key: ResourceKey) async throws -> Int {
        _ = try connector(key)
        let unknown = links.enumerated().filter { plant.snapshot.asset(key: $0.element.asset.text) == nil }
        if !unknown.isEmpty {
            throw InvalidInput(
                unknown.map { index, link in
                    InputIssue(
                        pointer: "/links/\(index)/asset",
                        code: "unknown-reference",
                        detail: "There is no asset “\(link.asset)”."
                    )
                }
            )
        }
        var count = 0
        for link in links {
            guard let asset = plant.snapshot.asset(key: link.asset.text), asset.equipment[key.text] != link.reference
            else { continue }
            try await plant.setEquipment(of: link.asset, connector: key.text, to: link.reference)
            count += 1
        }
        return count
    }

    private func connector(_ key: ResourceKey) throws(ResourceFailure) -> LiveConnector {
        guard let live = registry.connector(key: key) else { throw .notFound("connector \(key)") }
        return live
    }
}
