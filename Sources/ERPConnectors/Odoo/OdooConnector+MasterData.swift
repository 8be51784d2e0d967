import Primitives

extension OdooConnector {
    private static let listSize = 200

    func equipment(after cursor: String?) async throws(CallFailure) -> ERPPage<EquipmentRecord> {
        let fields = ["name", "serial_no", options.equipmentField, "location", "active", "category_id"]
        let rows = try await page("maintenance.equipment", [], fields, after: cursor)
        let items = rows.items.map { row in
            let serial = row["serial_no"]?.odooText
            let own = row[options.equipmentField]?.odooText
            return EquipmentRecord(
                reference: own ?? "id:\(row["id"]?.integer ?? 0)",
                name: row["name"]?.odooText ?? "",
                serial: serial,
                tag: options.equipmentField == "serial_no" ? nil : own,
                location: row["location"]?.odooText ?? row["category_id"]?.odooReferenceName,
                isRetired: row["active"]?.bool == false
            )
        }
        return ERPPage(items, next: rows.next)
    }

    func items(after cursor: String?) async throws(CallFailure) -> ERPPage<ItemRecord> {
        let domain: [JSONValue] = [["type", "!=", "service"], ["active", "=", true]]
        let rows = try await page("product.product", domain, ["name", "default_code", "uom_id"], after: cursor)
        let items = rows.items.map { row in
            ItemRecord(
                reference: row["default_code"]?.odooText ?? "id:\(row["id"]?.integer ?? 0)",
                name: row["name"]?.odooText ?? "",
                unit: row["uom_id"]?.odooReferenceName
            )
        }
        return ERPPage(items, next: rows.next)
    }

    func stock(of item: String, at location: String?) async throws(CallFailure) -> StockFigure {
        var trace = CallTrace()
        let order = DeliveryOrder(
            idempotencyKey: "",
            operation: .partsCheck,
            fields: ["item": .string(item), "quantity": 0]
        )
        do throws(OdooTrouble) {
            let product = try await product(try Self.fields(order), &trace)
            return try await figure(product, at: location, &trace)
        } catch {
            throw error.failure
        }
    }

    func choices(_ list: String) async throws(CallFailure) -> [Choice] {
        switch list {
        case "teams": try await choices("maintenance.team", ["name"])
        case "companies": try await choices("res.company", ["name"])
        case "stages": try await choices("maintenance.stage", ["name"])
        case "users": try await choices("res.users", ["login", "name"])
        case "warehouses": try await choices("stock.warehouse", ["code", "name"])
        case "locations": try await choices("stock.location", ["complete_name"], [["usage", "=", "internal"]])
        default: throw .unsupported("pick list “\(list)”")
        }
    }

    /// The first values of a list: value and label by the names of their fields.
    private func choices(
        _ model: String,
        _ fields: [String],
        _ domain: [JSONValue] = []
    ) async throws(CallFailure) -> [Choice] {
        var trace = CallTrace()
        do throws(OdooTrouble) {
            let call = OdooCall.search(model, domain, fields: fields, order: fields.first, limit: 500)
            return try Self.rows(try await client.ask(call, &trace)).compactMap { row in
                guard let value = row[fields[0]]?.odooText else { return nil }
                let label = row[fields[fields.count - 1]]?.odooText ?? value
                return Choice(value, label == value ? value : "\(value): \(label)")
            }
        } catch {
            throw error.failure
        }
    }

    /// Records by their number, archived ones too.
    private func page(
        _ model: String,
        _ domain: [JSONValue],
        _ fields: [String],
        after cursor: String?
    ) async throws(CallFailure) -> ERPPage<JSONValue> {
        var trace = CallTrace()
        let last = cursor.flatMap { Int64($0) } ?? 0
        do throws(OdooTrouble) {
            let call = OdooCall.search(
                model,
                [["id", ">", .integer(last)]] + domain,
                fields: ["id"] + fields,
                order: "id",
                limit: Self.listSize,
                archivedToo: true
            )
            let rows = try Self.rows(try await client.ask(call, &trace))
            let next = rows.count == Self.listSize ? rows.last?["id"]?.integer.map { String($0) } : nil
            return ERPPage(rows, next: next)
        } catch {
            throw error.failure
        }
    }
}
