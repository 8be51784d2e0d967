import Foundation
import PostgreSQL
import Primitives

/// Reads deliveries, orders and stock figures, and sends dead deliveries on their way again.
public struct OutboxStore: Sendable {
    private let pool: PostgresPool
    private let clock: WallClock

    /// Makes a store over a pool.
    public init(pool: PostgresPool, clock: WallClock) {
        self.pool = pool
        self.clock = clock
    }

    /// Deliveries, newest first.
    ///
    /// - Parameters:
    ///   - filter: which deliveries.
    ///   - cursor: where the page before ended; nil for the first page.
    ///   - limit: the greatest number of deliveries.
    /// - Returns: the page, and where the next one starts.
    /// - Throws: `PostgresError`.
    public func deliveries(
        _ filter: DeliveryFilter = DeliveryFilter(),
        after cursor: OutboxCursor? = nil,
        limit: Int
    ) async throws(PostgresError) -> OutboxPage<DeliveryRecord> {
        let ids = try await pool.query(DeliveryQueries.page(filter, after: cursor, limit: limit + 1))
        let items = try await pool.query(DeliveryQueries.rows(Array(ids.prefix(limit))))
        let last = ids.count > limit ? items.last : nil
        return OutboxPage(
            items: items,
            nextCursor: last.map { OutboxCursor(createdAt: $0.createdAt, id: $0.id).text }
        )
    }

    /// A delivery with its time line.
    ///
    /// - Throws: ``ResourceFailure`` when there is no such delivery, `PostgresError`.
    public func delivery(_ id: UUID) async throws -> DeliveryDetail {
        guard let delivery = try await pool.first(DeliveryQueries.rows([id])) else { throw Self.missing(id) }
        return DeliveryDetail(delivery: delivery, timeline: try await pool.query(DeliveryQueries.timeline(id)))
    }

    /// Makes a dead delivery due again; its attempts stay counted.
    ///
    /// A delivery that may have reached the ERP is looked up first. Where that is impossible it ends as dead again, for
    /// it could be doubled: only a person who has looked into the ERP can say that it is not there.
    ///
    /// - Parameters:
    ///   - id: the delivery.
    ///   - isKnownAbsent: whether somebody has made sure that the ERP does not have it.
    /// - Returns: the delivery as it is now.
    /// - Throws: ``ResourceFailure`` when there is no such delivery or it cannot be retried, `PostgresError`.
    @discardableResult
    public func retry(_ id: UUID, isKnownAbsent: Bool = false) async throws -> DeliveryDetail {
        let now = clock.now
        try await pool.transaction { transaction in
            guard let facts = try await transaction.first(DeliveryQueries.retryFacts(id)) else {
                throw Self.missing(id)
            }
            if let obstacle = facts.obstacle { throw obstacle }
            let state: DeliveryState = facts.mayHaveHappened && !isKnownAbsent ? .uncertain : .waiting
            try await transaction.execute(DeliveryQueries.retry(id, as: state, at: now))
            try await transaction.execute(DeliveryQueries.notify())
        }
        return try await delivery(id)
    }

    /// Orders, newest first.
    ///
    /// - Parameters:
    ///   - filter: which orders.
    ///   - cursor: where the page before ended; nil for the first page.
    ///   - limit: the greatest number of orders.
    /// - Returns: the page, and where the next one starts.
    /// - Throws: `PostgresError`.
    public func workOrders(
        _ filter: WorkOrderFilter = WorkOrderFilter(),
        after cursor: OutboxCursor? = nil,
        limit: Int
    ) async throws(PostgresError) -> OutboxPage<WorkOrderRecord> {
        let ids = try await pool.query(MirrorListQueries.workOrderPage(filter, after: cursor, limit: limit + 1))
        let items = try await pool.query(MirrorListQueries.workOrders(Array(ids.prefix(limit))))
        let last = ids.count > limit ? items.last : nil
        return OutboxPage(
            items: items,
            nextCursor: last.map { OutboxCursor(createdAt: $0.createdAt, id: $0.id).text }
        )
    }

    /// Stock figures by connector and item.
    ///
    /// - Parameters:
    ///   - connector: the key of the connector that they belong to; nil for any.
    ///   - device: the key of the device that measured them; nil for any.
    ///   - cursor: where the page before ended; nil for the first page.
    ///   - limit: the greatest number of figures.
    /// - Returns: the page, and where the next one starts.
    /// - Throws: `PostgresError`.
    public func inventory(
        connector: String? = nil,
        device: String? = nil,
        after cursor: InventoryCursor? = nil,
        limit: Int
    ) async throws(PostgresError) -> OutboxPage<InventoryRecord> {
        var items = try await pool.query(
            MirrorListQueries.inventory(connector: connector, device: device, after: cursor, limit: limit + 1)
        )
        guard items.count > limit else { return OutboxPage(items: items, nextCursor: nil) }
        items.removeLast()
        return OutboxPage(
            items: items,
            nextCursor: items.last.map { InventoryCursor(connectorID: $0.connectorID, item: $0.item).text }
        )
    }

    /// How much there is to do.
    public func counts() async throws(PostgresError) -> OutboxCounts {
        try await pool.first(DeliveryQueries.counts()) ?? OutboxCounts(waiting: 0, dead: 0, openOrders: 0)
    }

    /// What the live feed shows of changed entities.
    ///
    /// - Parameters:
    ///   - kind: `delivery`, `work-order` or `inventory`.
    ///   - ids: their identifiers in the change feed.
    /// - Returns: the API's forms by identifier, without those that are gone; nothing for another kind.
    /// - Throws: `PostgresError`.
    public func entities(kind: String, ids: [String]) async throws(PostgresError) -> [String: JSONValue] {
        var forms: [String: JSONValue] = [:]
        switch kind {
        case "delivery":
            for record in try await pool.query(DeliveryQueries.rows(ids.compactMap(UUID.init(uuidString:)))) {
                forms[record.id.text] = record.json
            }
        case "work-order":
            for record in try await pool.query(MirrorListQueries.workOrders(ids.compactMap(UUID.init(uuidString:)))) {
                forms[record.id.text] = record.json
            }
        case "inventory":
            let places = ids.compactMap(InventoryCursor.init)
            let statement = MirrorListQueries.inventory(
                connectors: places.map(\.connectorID),
                items: places.map(\.item)
            )
            for record in try await pool.query(statement) { forms[record.entityID] = record.json }
        default: break
        }
        return forms
    }

    private static func missing(_ id: UUID) -> ResourceFailure { .notFound("delivery \(id.text)") }
}

extension RetryFacts {
    /// Why the delivery cannot be retried; nil if it can.
    var obstacle: ResourceFailure? {
        if state != .dead {
            return .conflict(
                code: "delivery-not-dead",
                detail: "Only dead deliveries can be retried; this one is \(state.rawValue)."
            )
        }
        if isConnectorDeleted {
            return .conflict(code: "connector-deleted", detail: "The connector of this delivery was deleted.")
        }
        if attempts == 0, reason != DeliveryReason.connectorDeleted {
            return .conflict(
                code: "delivery-incomplete",
                detail:
                    "This delivery was never ready to be sent (\(reason ?? "no reason noted")): correct its mapping."
            )
        }
        if hasNewerFigure {
            return .conflict(code: "newer-figure", detail: "A newer figure of the same item was sent or is waiting.")
        }
        return nil
    }
}
