import Foundation
import PostgreSQL
import Primitives

/// Reads deliveries, orders and stock figures, and sends dead deliveries on their way again.
public struct OutboxStore: Sendable {
    let pool: PostgresPool
    let clock: WallClock

    private let link: @Sendable (_ connectorID: Int32, _ externalID: String) -> String?

    /// Makes a store over a pool.
    ///
    /// - Parameters:
    ///   - pool: where statements run.
    ///   - clock: the time.
    ///   - link: the address of an order's page in the ERP, as its connector knows it.
    public init(
        pool: PostgresPool,
        clock: WallClock,
        link: @escaping @Sendable (_ connectorID: Int32, _ externalID: String) -> String? = { _, _ in nil }
    ) {
        self.pool = pool
        self.clock = clock
        self.link = link
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

    /// The newest deliveries of each of some alarms, newest first, in one query.
    ///
    /// - Parameters:
    ///   - alarms: the alarms.
    ///   - limit: the greatest number for each alarm.
    /// - Returns: the deliveries of all of them.
    /// - Throws: `PostgresError`.
    public func deliveries(ofAlarms alarms: [UUID], limit: Int) async throws(PostgresError) -> [AlarmDelivery] {
        if alarms.isEmpty { return [] }
        return try await pool.query(DeliveryQueries.ofAlarms(alarms, limit: limit))
    }

    /// A delivery with its time line.
    ///
    /// - Throws: ``ResourceFailure`` when there is no such delivery, `PostgresError`.
    public func delivery(_ id: UUID) async throws -> DeliveryDetail {
        guard let delivery = try await pool.first(DeliveryQueries.rows([id])) else { throw Self.missing(id) }
        var detail = DeliveryDetail(
            delivery: delivery,
            timeline: try await pool.query(DeliveryQueries.timeline(id)),
            acts: try await pool.query(DeliveryActQueries.acts(id)),
            lane: try await pool.first(DeliveryActQueries.lane(of: id))
        )
        if let picture = try await pool.first(DeliveryQueries.picture(ofOrder: id)) {
            detail.picture = try await pool.first(DeliveryQueries.rows([picture]))
        }
        return detail
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
        let items = try await pool.query(MirrorListQueries.workOrders(Array(ids.prefix(limit)))).map(linked)
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
                forms[record.id.text] = linked(record).json
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

    /// The connector knows better where its pages are than a template does.
    private func linked(_ order: WorkOrderRecord) -> WorkOrderRecord {
        var order = order
        if let address = link(order.connectorID, order.externalID), OrderLink.isWeb(address) { order.link = address }
        return order
    }

    static func missing(_ id: UUID) -> ResourceFailure { .notFound("delivery \(id.text)") }
}
