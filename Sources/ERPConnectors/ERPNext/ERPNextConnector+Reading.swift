import HTTPClient
import Primitives

extension ERPNextConnector {
    /// An order's state, with the reason when it cannot be told.
    enum StateAnswer {
        case state(OrderState)
        case gone
        case failed(CallFailure)
    }

    func state(ofOrder externalID: String) async -> OrderStateOutcome {
        var trace = CallTrace()
        switch await state(externalID, &trace) {
        case .state(let state): return .state(state)
        case .gone: return .gone
        case .failed(let failure): return .failed(reason: failure.reason)
        }
    }

    func state(_ name: String, _ trace: inout CallTrace) async -> StateAnswer {
        let response: OutboundResponse
        switch await answer(requests.read(options.document.rawValue, name), &trace) {
        case .failure(let error): return .failed(CallFailure(error))
        case .success(let success): response = success
        }
        if ERPNextAnswer.saysGone(response) { return .gone }
        guard (200..<300).contains(response.status) else {
            return .failed(ERPNextAnswer.failure(CallFailure(response), response))
        }
        guard let document = (try? JSONValue(parsing: response.body))?["data"], document.object != nil else {
            return .failed(CallFailure(reason: "no-state", detail: "The answer has no “data”."))
        }
        // Without the zone the state is told without times.
        var time: SiteTime?
        do throws(CallFailure) { time = try await siteTime(&trace) } catch { time = nil }
        return .state(ERPNextOrder.state(document, options, time))
    }

    func changes(since: Timestamp, after cursor: String?) async throws(CallFailure) -> ERPPage<OrderChange> {
        var trace = CallTrace()
        let time = try await siteTime(&trace)
        // A cursor is the time of the last row and how many rows of that very time have been seen.
        let parts = cursor?.split(separator: "#").map(String.init) ?? []
        let from = parts.first ?? time.earliestText(notBefore: since)
        let skipped = parts.count > 1 ? Int(parts[1]) ?? 0 : 0
        let request = requests.list(
            options.document.rawValue,
            [["modified", ">=", .string(from)]],
            fields: ERPNextOrder.fields(options),
            order: "modified asc, name asc",
            start: max(0, skipped),
            limit: Self.pageSize
        )
        let rows = try await rows(request, &trace)
        let changes = rows.compactMap { ERPNextOrder.change($0, options, time) }
        guard rows.count == Self.pageSize, let last = rows.last?["modified"]?.string else { return ERPPage(changes) }
        let same = rows.count { $0["modified"]?.string == last } + (last == from ? skipped : 0)
        return ERPPage(changes, next: "\(last)#\(same)")
    }

    static let pageSize = 100

    func equipment(after cursor: String?) async throws(CallFailure) -> ERPPage<EquipmentRecord> {
        let fields = ["name", "asset_name", "location", "status", "docstatus"]
        return try await page("Asset", [], fields, after: cursor) { row, name in
            EquipmentRecord(
                reference: name,
                name: row["asset_name"]?.string.nonEmpty ?? name,
                tag: name,
                location: row["location"]?.string.nonEmpty,
                isRetired: row["docstatus"]?.integer == 2
                    || ["Sold", "Scrapped", "Cancelled"].contains(row["status"]?.string ?? "")
            )
        }
    }

    func items(after cursor: String?) async throws(CallFailure) -> ERPPage<ItemRecord> {
        let filters: [[JSONValue]] = [["is_stock_item", "=", 1], ["disabled", "=", 0]]
        return try await page("Item", filters, ["name", "item_name", "stock_uom"], after: cursor) { row, name in
            ItemRecord(
                reference: name,
                name: row["item_name"]?.string.nonEmpty ?? name,
                unit: row["stock_uom"]?.string.nonEmpty
            )
        }
    }

    private func page<Item: Hashable & Sendable>(
        _ type: String,
        _ filters: [[JSONValue]],
        _ fields: [String],
        after cursor: String?,
        _ make: (JSONValue, String) -> Item
    ) async throws(CallFailure) -> ERPPage<Item> {
        var trace = CallTrace()
        let later: [[JSONValue]] = cursor.map { [["name", ">", .string($0)]] } ?? []
        let request = requests.list(type, filters + later, fields: fields, order: "name asc", limit: Self.pageSize)
        let rows = try await rows(request, &trace)
        let items = rows.compactMap { row in row["name"]?.string.nonEmpty.map { make(row, $0) } }
        return ERPPage(items, next: rows.count == Self.pageSize ? rows.last?["name"]?.string : nil)
    }

    func stock(of item: String, at location: String?) async throws(CallFailure) -> StockFigure {
        var trace = CallTrace()
        return try await stock(of: item, at: location, &trace)
    }

    /// Bins exist only where an item has ever been: none means none on hand, if the item itself is there.
    func stock(
        of item: String,
        at location: String?,
        _ trace: inout CallTrace
    ) async throws(CallFailure) -> StockFigure {
        let bins = try await rows(bins(item, location ?? options.warehouse), &trace)
        if bins.isEmpty { _ = try await ask(requests.read("Item", item), &trace) }
        let onHand = bins.reduce(0) { $0 + ($1["actual_qty"]?.double ?? 0) }
        let reserved = bins.reduce(0) { sum, bin in
            sum
                + ["reserved_qty", "reserved_qty_for_production", "reserved_stock"].reduce(0) {
                    $0 + (bin[$1]?.double ?? 0)
                }
        }
        return StockFigure(onHand: onHand, available: onHand - reserved)
    }

    func bins(_ item: String, _ warehouse: String?) -> RenderedRequest {
        let place: [[JSONValue]] = warehouse.map { [["warehouse", "=", .string($0)]] } ?? []
        return requests.list(
            "Bin",
            [["item_code", "=", .string(item)]] + place,
            fields: ["warehouse", "actual_qty", "reserved_qty", "reserved_qty_for_production", "projected_qty"],
            limit: 500
        )
    }

    func choices(_ list: String) async throws(CallFailure) -> [Choice] {
        let lists: [String: (type: String, filters: [[JSONValue]])] = [
            "priorities": ("Issue Priority", []), "issue-types": ("Issue Type", []), "companies": ("Company", []),
            "warehouses": ("Warehouse", [["is_group", "=", 0], ["disabled", "=", 0]]),
        ]
        guard let (type, filters) = lists[list] else { throw .unsupported("pick list “\(list)”") }
        var trace = CallTrace()
        let request = requests.list(type, filters, fields: ["name"], order: "name asc", limit: 500)
        return try await rows(request, &trace).compactMap { $0["name"]?.string.map { Choice($0, $0) } }
    }
}
