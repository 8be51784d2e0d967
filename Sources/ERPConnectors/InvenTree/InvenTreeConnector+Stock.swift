import HTTPClient
import Primitives

extension InvenTreeConnector {
    /// A stock item that can be counted.
    struct StockItem: Hashable {
        var id: Int64
        var quantity: Double
        var allocated: Double
        var isDeletedWhenEmpty: Bool
    }

    /// Adds, removes or counts stock.
    ///
    /// InvenTree takes more than there is for all there is, and deletes an empty stock item with its log unless told
    /// otherwise; both are kept from happening here.
    func adjust(
        _ order: DeliveryOrder,
        _ fields: OrderFields,
        _ trace: inout CallTrace
    ) async throws(CallFailure) -> CallOutcome {
        let quantity = try quantity(fields, order.operation)
        let name = try fields.required("item")
        let part = try await part(name, &trace)
        let place = try await location(fields.text("location"), &trace)
        let items = try await stockItems(part, place, &trace)
        if try await isTracked(key: order.idempotencyKey, &trace) { return .done(externalID: nil) }
        let targets = try Self.targets(order.operation, quantity, items, name)
        for (item, figure) in targets where item.isDeletedWhenEmpty {
            let left = order.operation == .stockConsume ? item.quantity - figure : figure
            guard order.operation != .stockReceive, left <= 0 else { continue }
            let kept = await change(requests.keep(item.id), isRepeatable: true, &trace)
            guard case .done = kept else { return Self.outcome(kept, id: nil) }
        }
        let list = targets.map { item, figure -> JSONValue in ["pk": .integer(item.id), "quantity": .number(figure)] }
        let request = requests.adjust(Self.action(order.operation), .array(list), key: order.idempotencyKey)
        return Self.outcome(await change(request, &trace), id: nil)
    }

    static func action(_ operation: ERPOperation) -> String {
        switch operation {
        case .stockConsume: "remove"
        case .stockReceive: "add"
        default: "count"
        }
    }

    func quantity(_ fields: OrderFields, _ operation: ERPOperation) throws(CallFailure) -> Double {
        guard let quantity = try fields.number("quantity"), operation == .stockSet ? quantity >= 0 : quantity > 0 else {
            let least = operation == .stockSet ? "not below 0" : "above 0"
            throw CallFailure(reason: "field-invalid", detail: "“quantity” must be a number that is \(least).")
        }
        return quantity
    }

    /// What is booked on which stock item: what is added, removed, or the new figure.
    static func targets(
        _ operation: ERPOperation,
        _ quantity: Double,
        _ items: [StockItem],
        _ name: String
    ) throws(CallFailure) -> [(item: StockItem, figure: Double)] {
        guard let first = items.first else {
            let detail = "InvenTree has no stock item of \(name) there that could be booked: create one."
            throw CallFailure(reason: "no-stock-item", detail: detail)
        }
        let total = items.reduce(0) { $0 + $1.quantity }
        switch operation {
        case .stockReceive: return [(first, quantity)]
        case .stockSet where quantity >= total: return [(first, first.quantity + quantity - total)]
        default: break
        }
        var rest = operation == .stockConsume ? quantity : total - quantity
        guard rest <= total else {
            let detail =
                "Not enough: \(JSONValue.text(of: total)) of \(name) on hand, \(JSONValue.text(of: rest)) wanted."
            throw CallFailure(reason: "no-stock", detail: detail)
        }
        var targets: [(item: StockItem, figure: Double)] = []
        for item in items where rest > 0 && item.quantity > 0 {
            let taken = min(rest, item.quantity)
            rest -= taken
            targets.append((item, operation == .stockConsume ? taken : item.quantity - taken))
        }
        return targets
    }

    func isTracked(key: String, _ trace: inout CallTrace) async throws(CallFailure) -> Bool {
        try await rows(requests.tracking(key: key), &trace).contains { $0["notes"]?.string?.contains(key) == true }
    }

    /// The number of a part.
    func part(_ reference: String, _ trace: inout CallTrace) async throws(CallFailure) -> Int64 {
        let answer = try await ask(requests.part(reference), &trace)
        let parts = answer.inventreeRows ?? [answer]
        guard let id = parts.first?["pk"]?.integer else {
            throw CallFailure(reason: "no-part", detail: "InvenTree has no part with the IPN “\(reference)”.")
        }
        if parts.count > 1 {
            let detail = "Several parts have the IPN “\(reference)”: name one by its number, such as #\(id)."
            throw CallFailure(reason: "no-single-part", detail: detail)
        }
        return id
    }

    /// The number of a location given by number, name or path; nil for everywhere.
    func location(_ name: String?, _ trace: inout CallTrace) async throws(CallFailure) -> Int64? {
        guard let name = name ?? options.location else { return nil }
        if let number = Int64(name) { return number }
        let rows = try await rows(requests.locations(name), &trace)
        let fits = rows.filter { $0["pathstring"]?.string == name || $0["name"]?.string == name }
        guard let id = fits.first?["pk"]?.integer else {
            throw CallFailure(reason: "no-location", detail: "InvenTree has no stock location “\(name)”.")
        }
        if fits.count > 1, fits.first?["pathstring"]?.string != name {
            throw CallFailure(reason: "no-single-location", detail: "Several stock locations are called “\(name)”.")
        }
        return id
    }

    /// Items with serial numbers are single things and are never counted.
    func stockItems(
        _ part: Int64,
        _ location: Int64?,
        _ trace: inout CallTrace
    ) async throws(CallFailure) -> [StockItem] {
        let rows = try await rows(requests.stockItems(part: part, location: location), &trace)
        let items = rows.compactMap { row -> StockItem? in
            guard let id = row["pk"]?.integer, let quantity = Self.number(row["quantity"]),
                row["serial"]?.string.nonEmpty == nil, row["is_building"]?.bool != true,
                !Self.elsewhere.contains(where: { row[$0]?.isNull == false })
            else { return nil }
            return StockItem(
                id: id,
                quantity: quantity,
                allocated: Self.number(row["allocated"]) ?? 0,
                isDeletedWhenEmpty: row["delete_on_deplete"]?.bool ?? true
            )
        }
        return items.sorted { $0.id < $1.id }
    }

    /// What these say is not in stock: sold, installed, used up.
    private static let elsewhere = ["customer", "sales_order", "belongs_to", "consumed_by"]

    /// Decimals come as numbers or as text.
    private static func number(_ value: JSONValue?) -> Double? { value?.double ?? value?.string.flatMap(Double.init) }

    func stock(of item: String, at location: String?) async throws(CallFailure) -> StockFigure {
        var trace = CallTrace()
        return try await stock(of: item, at: location, &trace)
    }

    private func stock(
        of item: String,
        at location: String?,
        _ trace: inout CallTrace
    ) async throws(CallFailure) -> StockFigure {
        let part = try await part(item, &trace)
        let place = try await self.location(location, &trace)
        let items = try await stockItems(part, place, &trace)
        let onHand = items.reduce(0) { $0 + $1.quantity }
        return StockFigure(onHand: onHand, available: onHand - items.reduce(0) { $0 + $1.allocated })
    }

    func check(_ fields: OrderFields, _ trace: inout CallTrace) async throws(CallFailure) -> CallOutcome {
        let item = try fields.required("item")
        let wanted = try fields.number("quantity") ?? 1
        let stock = try await stock(of: item, at: fields.text("location"), &trace)
        let free = stock.available ?? stock.onHand
        let figures = "\(JSONValue.text(of: stock.onHand)) on hand, \(JSONValue.text(of: free)) free of \(item)"
        return .done(externalID: nil, note: free >= wanted ? figures : "Not enough: \(figures).")
    }

    func items(after cursor: String?) async throws(CallFailure) -> ERPPage<ItemRecord> {
        var trace = CallTrace()
        let offset = max(0, cursor.flatMap { Int($0) } ?? 0)
        let request = requests.read(
            "/api/part/",
            [
                (name: "active", value: "true"), (name: "virtual", value: "false"), (name: "ordering", value: "name"),
                (name: "limit", value: "100"), (name: "offset", value: String(offset)),
            ]
        )
        let rows = try await rows(request, &trace)
        let items = rows.compactMap { row -> ItemRecord? in
            guard let id = row["pk"]?.integer else { return nil }
            let name = row["full_name"]?.string ?? row["name"]?.string
            return ItemRecord(
                reference: row["IPN"]?.string.nonEmpty ?? "#\(id)",
                name: row["name"]?.string.nonEmpty ?? name ?? "#\(id)",
                unit: row["units"]?.string.nonEmpty
            )
        }
        return ERPPage(items, next: rows.count == 100 && offset < Int.max - 100 ? String(offset + 100) : nil)
    }

    func choices(_ list: String) async throws(CallFailure) -> [Choice] {
        guard list == "locations" else { throw .unsupported("pick list “\(list)”") }
        var trace = CallTrace()
        let rows = try await rows(requests.read("/api/stock/location/", [(name: "limit", value: "500")]), &trace)
        return rows.compactMap { row in
            guard let path = row["pathstring"]?.string ?? row["name"]?.string else { return nil }
            return Choice(path, path)
        }
    }
}
