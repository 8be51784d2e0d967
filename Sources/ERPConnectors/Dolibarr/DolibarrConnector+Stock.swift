import HTTPClient
import Primitives

extension DolibarrConnector {
    /// Books a movement unless one holds the key; setting a figure books the difference to what there is.
    func move(
        _ order: DeliveryOrder,
        _ fields: OrderFields,
        _ trace: inout CallTrace
    ) async throws(CallFailure) -> CallOutcome {
        let wanted = try signedQuantity(fields, order.operation)
        let name = try fields.required("item")
        let product = try await product(name, &trace)
        guard let warehouse = try await warehouse(fields.text("location"), &trace) else {
            let detail = "No warehouse: give the connector the option “warehouse” or the mapping the field “location”."
            throw CallFailure(reason: "field-missing", detail: detail)
        }
        if let id = try await movement(order.idempotencyKey, &trace) { return .done(externalID: id) }
        var quantity = wanted
        if order.operation == .stockSet {
            quantity -= try await onHand(product, warehouse, &trace)
            if quantity == 0 { return .done(externalID: nil, note: "The stock was so already; nothing was booked.") }
        }
        let request = requests.move(
            .integer(product),
            .integer(warehouse),
            .number(quantity),
            key: order.idempotencyKey
        )
        let content = await change(request, &trace)
        guard case .document(let document) = content else { return Self.outcome(content, id: nil) }
        guard let id = JSONPath("")?.identifier(in: document), Int64(id).map({ $0 > 0 }) == true else {
            return .uncertain(reason: "no-id", detail: "Dolibarr answered without the number of the movement.")
        }
        return .done(externalID: id)
    }

    /// What a movement books, negative when it takes out; for stock.set the figure itself.
    func signedQuantity(_ fields: OrderFields, _ operation: ERPOperation) throws(CallFailure) -> Double {
        guard let quantity = try fields.number("quantity"), operation == .stockSet ? quantity >= 0 : quantity > 0 else {
            let least = operation == .stockSet ? "not below 0" : "above 0"
            throw CallFailure(reason: "field-invalid", detail: "“quantity” must be a number that is \(least).")
        }
        return operation == .stockConsume ? -quantity : quantity
    }

    /// The movement with a code.
    func movement(_ key: String, _ trace: inout CallTrace) async throws(CallFailure) -> String? {
        let fields = ["inventorycode", "movementcode"]
        let rows = try await matches(requests.findMovement(key: key), fields, key, &trace)
        return rows.first.flatMap { JSONPath("id")?.identifier(in: $0) }
    }

    private func product(_ reference: String, _ trace: inout CallTrace) async throws(CallFailure) -> Int64 {
        let document = try await ask(try requests.product(reference), &trace)
        guard let id = document.flatMap({ Self.number($0["id"]) }), (1...2_147_483_647).contains(id) else {
            throw CallFailure(reason: "no-product", detail: "Dolibarr has no product “\(reference)”.")
        }
        return Int64(id)
    }

    /// The number of a warehouse given by number or reference; nil when none is given.
    func warehouse(_ name: String?, _ trace: inout CallTrace) async throws(CallFailure) -> Int64? {
        guard let name = name ?? options.warehouse else { return nil }
        if let number = Int64(name) { return number }
        guard DolibarrOptions.isFilterable(name) else {
            let detail = "The warehouse “\(name)” cannot be searched for in Dolibarr: give its number instead."
            throw CallFailure(reason: "field-invalid", detail: detail)
        }
        let rows = try await matches(requests.filtered("/warehouses", "ref", name), ["ref", "label"], name, &trace)
        guard let id = rows.first.flatMap({ Self.number($0["id"]) }), (1...2_147_483_647).contains(id) else {
            throw CallFailure(reason: "no-warehouse", detail: "Dolibarr has no warehouse “\(name)”.")
        }
        return Int64(id)
    }

    /// What there is in a warehouse, or in all of them.
    private func onHand(
        _ product: Int64,
        _ warehouse: Int64?,
        _ trace: inout CallTrace
    ) async throws(CallFailure) -> Double {
        // A product that has never been in stock is answered with 404.
        guard let document = try await ask(requests.stock(product), &trace) else { return 0 }
        guard let warehouses = document["stock_warehouses"] else {
            throw CallFailure(reason: "not-a-list", detail: "The answer has no “stock_warehouses”.")
        }
        let members = warehouses.object?.members ?? []
        if let warehouse {
            return members.first { $0.name == String(warehouse) }.flatMap { Self.number($0.value["real"]) } ?? 0
        }
        return members.reduce(0) { $0 + (Self.number($1.value["real"]) ?? 0) }
    }

    func stock(of item: String, at location: String?) async throws(CallFailure) -> StockFigure {
        var trace = CallTrace()
        let product = try await product(item, &trace)
        let warehouse = try await warehouse(location, &trace)
        return StockFigure(onHand: try await onHand(product, warehouse, &trace))
    }

    func check(_ fields: OrderFields, _ trace: inout CallTrace) async throws(CallFailure) -> CallOutcome {
        let item = try fields.required("item")
        let wanted = try fields.number("quantity") ?? 1
        let product = try await product(item, &trace)
        let onHand = try await onHand(product, try await warehouse(fields.text("location"), &trace), &trace)
        let figure = "\(JSONValue.text(of: onHand)) of \(item) on hand"
        return .done(externalID: nil, note: onHand >= wanted ? figure : "Not enough: \(figure).")
    }

    func items(after cursor: String?) async throws(CallFailure) -> ERPPage<ItemRecord> {
        var trace = CallTrace()
        let page = max(0, cursor.flatMap { Int($0) } ?? 0)
        let request = requests.read(
            "/products",
            [
                (name: "mode", value: "1"), (name: "sortfield", value: "t.rowid"), (name: "limit", value: "100"),
                (name: "page", value: String(page)),
            ]
        )
        let rows = try await rows(request, &trace)
        let items = rows.compactMap { row -> ItemRecord? in
            guard let reference = row["ref"]?.string.nonEmpty else { return nil }
            return ItemRecord(reference: reference, name: row["label"]?.string.nonEmpty ?? reference)
        }
        return ERPPage(items, next: rows.count == 100 && page < 100_000 ? String(page + 1) : nil)
    }

    func choices(_ list: String) async throws(CallFailure) -> [Choice] {
        guard list == "warehouses" else { throw .unsupported("pick list “\(list)”") }
        var trace = CallTrace()
        return try await rows(requests.read("/warehouses", [(name: "limit", value: "500")]), &trace).compactMap { row in
            guard let id = JSONPath("id")?.identifier(in: row) else { return nil }
            return Choice(id, row["ref"]?.string.nonEmpty ?? row["label"]?.string.nonEmpty ?? id)
        }
    }
}
