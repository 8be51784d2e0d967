import ERPConnectors
import Logging
import PostgreSQL
import Primitives

/// The items of stock that ERPs have, as they were read last.
///
/// They are read anew once a day where Plantwright keeps figures of stock, and when somebody looks for one.
public final class ItemCatalog: Sendable {
    /// What was found in one ERP's list.
    public struct Found: Sendable {
        /// When the list was read last; nil when it never was.
        public var readAt: Timestamp?
        /// How many were read as yet, while the list is being read.
        public var reading: Int?
        /// Why the last reading failed.
        public var error: String?
        /// How many items there are in all.
        public var total: Int64
        /// Those that were looked for.
        public var items: [ItemRecord]

        /// The API's form: `{readAt, reading, count, error, total, items}`.
        public var json: JSONValue {
            [
                "readAt": .optional(readAt), "reading": .bool(reading != nil),
                "count": reading.map { .integer(Int64($0)) } ?? .null, "error": .optional(error),
                "total": .integer(total), "items": .array(items.map(\.json)),
            ]
        }
    }

    /// What is read again after so many seconds.
    private static let age = 86_400.0
    /// What failed is not tried again sooner, unless somebody asks for it.
    private static let patience = 60.0
    private static let pause = Duration.seconds(600)

    private let pool: PostgresPool
    private let registry: ConnectorRegistry
    private let clock: WallClock
    private let logger: Logger
    private let readings: ListReadings

    /// Makes a catalogue of the connectors' items.
    public init(pool: PostgresPool, registry: ConnectorRegistry, clock: WallClock, logger: Logger) {
        self.pool = pool
        self.registry = registry
        self.clock = clock
        self.logger = logger
        readings = ListReadings(of: "list of items", clock: clock, logger: logger)
    }

    /// Looks for items by words in reference or name; a list that is old, or was never read, begins to be read.
    ///
    /// - Throws: ``ResourceFailure`` when there is no such connector or its kind has no list of items, `PostgresError`.
    public func find(_ words: String, in key: ResourceKey, limit: Int) async throws -> Found {
        let live = try connector(key)
        let id = live.connector.id
        // In this order: a reading that ends in between must not look like one that found nothing.
        let readAt = try await pool.first(ItemQueries.readAt(connector: id))
        let items = try await pool.query(ItemQueries.search(words, connector: id, limit: limit))
        let total = try await pool.first(ItemQueries.count(connector: id)) ?? 0
        if isOld(readAt), !hasJustFailed(id) { begin(live) }
        let state = readings.state(id)
        return Found(readAt: readAt, reading: state.count, error: state.error, total: total, items: items)
    }

    /// Begins to read the items of an ERP anew, unless that is under way; what was read before stays until all is read.
    ///
    /// - Throws: ``ResourceFailure`` when there is no such connector or its kind has no list of items.
    public func startReading(_ key: ResourceKey) throws(ResourceFailure) {
        begin(try connector(key))
    }

    /// Keeps the lists of those connectors fresh for which there are figures of stock, until the task is cancelled.
    public func run() async {
        while !Task.isCancelled {
            do {
                let old = clock.now.adding(seconds: -Self.age)
                for id in try await pool.query(ItemQueries.due(before: old)) {
                    guard let live = registry.connector(id: id), !live.connector.isPaused, Self.hasItems(live),
                        readings.begin(id)
                    else { continue }
                    await readings.carryOut(live) { try await read(live) }
                }
            } catch {
                logger.warning("Items of stock must wait", metadata: ["error": "\(error)"])
            }
            do { try await Task.sleep(for: Self.pause) } catch { return }
        }
    }

    private static func hasItems(_ live: LiveConnector) -> Bool {
        live.erp.manifest.capabilities.contains(.items)
    }

    private func isOld(_ readAt: Timestamp?) -> Bool {
        guard let readAt else { return true }
        return clock.now.seconds(since: readAt) > Self.age
    }

    private func hasJustFailed(_ id: Int32) -> Bool {
        let state = readings.state(id)
        guard state.error != nil, let endedAt = state.endedAt else { return false }
        return clock.now.seconds(since: endedAt) < Self.patience
    }

    private func begin(_ live: LiveConnector) {
        guard readings.begin(live.connector.id) else { return }
        Task { await readings.carryOut(live) { try await self.read(live) } }
    }

    private func read(_ live: LiveConnector) async throws {
        let id = live.connector.id
        let all = try await readings.pages(of: id) { cursor throws(CallFailure) in
            try await live.erp.items(after: cursor)
        }
        guard registry.leadsWhereItDid(live) else { return }
        let time = clock.now
        try await pool.transaction { transaction in
            try await transaction.execute(ItemQueries.forget(connector: id))
            for start in stride(from: 0, to: all.count, by: 1_000) {
                let part = Array(all[start..<min(start + 1_000, all.count)])
                try await transaction.execute(ItemQueries.add(part, connector: id))
            }
            try await transaction.execute(ItemQueries.noteRead(connector: id, at: time))
        }
    }

    private func connector(_ key: ResourceKey) throws(ResourceFailure) -> LiveConnector {
        guard let live = registry.connector(key: key) else { throw .notFound("connector \(key)") }
        guard Self.hasItems(live) else {
            throw .conflict(
                code: "unsupported",
                detail: "Items of stock cannot be read from “\(live.erp.manifest.title)”."
            )
        }
        return live
    }
}

extension ItemRecord {
    /// The API's form.
    var json: JSONValue {
        ["reference": .string(reference), "name": .string(name), "unit": .optional(unit)]
    }
}
