import Primitives

extension TrytonConnector {
    private static let listSize: Int64 = 200

    func equipment(after cursor: String?) async throws(CallFailure) -> ERPPage<EquipmentRecord> {
        var domain: [JSONValue] = []
        let model: String
        let fields: [String]
        switch options.equipment {
        case .product:
            model = "product.product"
            fields = ["id", "code", "name", "active"]
            domain = [["code", "!=", nil], ["active", "in", [true, false]]]
            domain.append(
                options.equipmentCategory.map { ["categories.name", "=", .string($0)] } ?? ["type", "=", "assets"]
            )
        case .lot:
            model = "stock.lot"
            fields = ["id", "number", "product.name", "product.code"]
            if let category = options.equipmentCategory {
                domain = [["product.categories.name", "=", .string(category)]]
            }
        case .workCenter:
            model = "production.work.center"
            fields = ["id", "name", "active", "parent.name"]
            domain = [["active", "in", [true, false]]]
        case .project:
            model = "project.work"
            fields = ["id", "name", "parent.name"]
            domain = [["type", "=", "project"]]
        }
        let page = try await list(model, domain, fields, cursor)
        return ERPPage(page.items.compactMap(equipment), next: page.next)
    }

    private func equipment(_ value: JSONValue) -> EquipmentRecord? {
        let name = value["name"]?.string ?? ""
        let isRetired = TrytonValue.bool(value["active"]) == false
        switch options.equipment {
        case .product:
            guard let code = value["code"]?.string, !code.isEmpty else { return nil }
            return EquipmentRecord(reference: code, name: name, tag: code, isRetired: isRetired)
        case .lot:
            guard let number = value["number"]?.string, !number.isEmpty else { return nil }
            let product = value["product."]
            return EquipmentRecord(
                reference: number,
                name: product?["name"]?.string ?? number,
                serial: number,
                tag: product?["code"]?.string
            )
        case .workCenter, .project:
            let place = value["parent."]?["name"]?.string
            if name.isEmpty { return nil }
            return EquipmentRecord(reference: name, name: name, tag: name, location: place, isRetired: isRetired)
        }
    }

    func items(after cursor: String?) async throws(CallFailure) -> ERPPage<ItemRecord> {
        let fields = ["id", "code", "name", "default_uom.symbol"]
        let page = try await list("product.product", [["type", "=", "goods"], ["code", "!=", nil]], fields, cursor)
        let items = page.items.compactMap { value -> ItemRecord? in
            guard let code = value["code"]?.string, !code.isEmpty else { return nil }
            return ItemRecord(
                reference: code,
                name: value["name"]?.string ?? code,
                unit: value["default_uom."]?["symbol"]?.string
            )
        }
        return ERPPage(items, next: page.next)
    }

    func stock(of item: String, at location: String?) async throws(CallFailure) -> StockFigure {
        var trace = CallTrace()
        do throws(TrytonFailure) {
            let place = try await place(&trace)
            let context = requests.context(company: place.company)
            let product = try await self.item(item, unit: nil, context, &trace)
            var storage = place.storage
            if let location { storage = try await self.location(location, context, &trace) }
            guard !storage.isNull else { throw .permanent("unknown-location", "There is no place of stock.") }
            return try await figure(product.id, storage, place, &trace)
        } catch {
            throw error.failure
        }
    }

    func choices(_ list: String) async throws(CallFailure) -> [Choice] {
        let search: TrytonSearch
        switch list {
        case "companies": search = TrytonSearch("company.company", [], ["id", "party.name"])
        case "warehouses":
            search = TrytonSearch("stock.location", [["type", "=", "warehouse"]], ["id", "name", "code"])
        case "locations": search = TrytonSearch("stock.location", [["type", "=", "storage"]], ["id", "name", "code"])
        case "categories": search = TrytonSearch("product.category", [], ["id", "name"])
        case "projects": search = TrytonSearch("project.work", [["type", "=", "project"]], ["id", "name"])
        case "statuses": search = TrytonSearch("project.work.status", [], ["id", "name"])
        default: throw .unsupported("list “\(list)”")
        }
        var trace = CallTrace()
        do throws(TrytonFailure) {
            let found = try await records(search, requests.context(company: nil), &trace)
            return found.compactMap { value in
                guard let name = value["name"]?.string ?? value["party."]?["name"]?.string else { return nil }
                guard let code = value["code"]?.string, !code.isEmpty else { return Choice(name, name) }
                return Choice(code, "\(name) (\(code))")
            }
        } catch {
            throw error.failure
        }
    }

    /// A page of records by number.
    private func list(
        _ model: String,
        _ domain: [JSONValue],
        _ fields: [String],
        _ cursor: String?
    ) async throws(CallFailure) -> (items: [JSONValue], next: String?) {
        var trace = CallTrace()
        do throws(TrytonFailure) {
            let place = try await place(&trace)
            var all = domain
            if let last = cursor.flatMap({ Int64($0) }) { all.append(["id", ">", .integer(last)]) }
            let search = TrytonSearch(model, all, fields, limit: Self.listSize)
            let found = try await records(search, requests.context(company: place.company), &trace)
            let last = found.last?["id"]?.integer
            return (found, found.count < Int(Self.listSize) ? nil : last.map { String($0) })
        } catch {
            throw error.failure
        }
    }
}
