import Primitives

/// The records of a pretended Tryton, and the search over them.
struct TrytonStore {
    /// Why Tryton did nothing.
    enum Refusal: Error {
        /// A method that is not open to calls from outside.
        case notOpen
        /// `UserError`
        case user(String)
        /// Any other exception: only its text is told.
        case fault(String)
    }

    static let models: Set<String> = [
        "production", "project.work", "project.work.status", "stock.inventory", "stock.inventory.line",
        "stock.shipment.internal", "stock.move", "stock.lot", "stock.location", "product.product", "product.category",
        "product.uom", "company.company", "party.party", "currency.currency", "ir.note", "ir.attachment",
        "res.user",
        "ir.model.access", "production.work.center",
    ]

    /// What fields point to.
    static let targets: [String: String] = [
        "default_uom": "product.uom", "product": "product.product", "categories": "product.category",
        "currency": "currency.currency", "party": "party.party", "status": "project.work.status",
        "done_by": "company.employee", "run_by": "company.employee", "assigned_by": "company.employee",
        "work_center": "production.work.center",
    ]

    var tables: [String: [JSONObject]] = [:]
    /// What is on hand: product, then place.
    var onHand: [Int64: [Int64: Double]] = [:]
    let clock: @Sendable () -> Timestamp

    /// The numbers of what every plant has.
    enum Known {
        static let storage: Int64 = 3
        static let lostFound: Int64 = 4
        static let warehouse: Int64 = 5
        static let production: Int64 = 9
    }

    init(_ plant: SimulatedPlant, _ clock: @escaping @Sendable () -> Timestamp) {
        self.clock = clock
        add("currency.currency", ["code": "EUR"])
        add("party.party", ["name": "Plant One"])
        add("company.company", ["party": 1, "currency": 1])
        let places: [(id: Int64, name: String, code: JSONValue, type: String)] = [
            (1, "Input Zone", "IN", "storage"), (2, "Output Zone", "OUT", "storage"),
            (Known.storage, "Storage Zone", "STO", "storage"), (Known.lostFound, "Lost and Found", nil, "lost_found"),
            (Known.warehouse, "Warehouse", "WH", "warehouse"), (6, "Supplier", "SUP", "supplier"),
            (7, "Customer", "CUS", "customer"), (8, "Transit", nil, "storage"),
            (Known.production, "Production", "PROD", "production"),
        ]
        for place in places {
            var record: JSONObject = [
                "name": .string(place.name), "code": place.code, "type": .string(place.type),
                "storage_location": nil, "production_location": nil, "lost_found_location": nil,
            ]
            if place.type == "warehouse" {
                record["storage_location"] = .integer(Known.storage)
                record["production_location"] = .integer(Known.production)
                record["lost_found_location"] = .integer(Known.lostFound)
            }
            add("stock.location", record)
        }
        let piece = add("product.uom", ["name": "Unit", "symbol": "u", "digits": 0, "factor": 1, "category": 1])
        var units = ["pcs": piece, "u": piece]
        add("product.category", ["name": "Equipment"])
        add("project.work.status", ["name": "Open", "progress": nil])
        add("project.work.status", ["name": "Done", "progress": 1])
        add("project.work.status", ["name": "Cancelled", "progress": 1])
        for equipment in plant.equipment {
            let product = add("product.product", Self.product(equipment.tag, equipment.name, "assets", piece, [1]))
            add("stock.lot", ["number": .string(equipment.serial), "product": .integer(product)])
            add(
                "production.work.center",
                ["name": .string(equipment.tag), "active": 1, "parent": nil, "company": 1, "warehouse": 5]
            )
            let project = Self.project(equipment.tag)
            add("project.work", project)
        }
        for item in plant.items {
            let unit = units[item.unit] ?? add("product.uom", Self.unit(item.unit, tables["product.uom"]?.count ?? 0))
            units[item.unit] = unit
            let product = add("product.product", Self.product(item.number, item.name, "goods", unit, []))
            onHand[product, default: [:]][Known.storage] = item.onHand
        }
    }

    private static func product(
        _ code: String,
        _ name: String,
        _ type: String,
        _ unit: Int64,
        _ categories: [Int64]
    ) -> JSONObject {
        [
            "code": .string(code), "name": .string(name), "type": .string(type), "active": 1,
            "default_uom": .integer(unit), "categories": .array(categories.map(JSONValue.integer)),
        ]
    }

    private static func unit(_ symbol: String, _ count: Int) -> JSONObject {
        [
            "name": .string(symbol), "symbol": .string(symbol), "digits": 2, "factor": 1,
            "category": .integer(Int64(count + 1)),
        ]
    }

    private static func project(_ name: String) -> JSONObject {
        [
            "name": .string(name), "type": "project", "company": 1, "comment": nil, "parent": nil, "progress": nil,
            "status": 1,
        ]
    }

    // MARK: Records

    /// Adds a record and returns its number.
    @discardableResult
    mutating func add(_ model: String, _ values: JSONObject) -> Int64 {
        let id = Int64(tables[model]?.count ?? 0) + 1
        var record = values
        record["id"] = .integer(id)
        record["create_date"] = Self.datetime(clock())
        record["write_date"] = .null
        tables[model, default: []].append(record)
        return id
    }

    func record(_ model: String, _ id: Int64) -> JSONObject? {
        guard let table = tables[model], id > 0, id <= table.count else { return nil }
        return table[Int(id) - 1]
    }

    /// Changes fields; also when the record was changed.
    mutating func set(_ model: String, _ id: Int64, _ values: JSONObject) {
        guard var record = record(model, id) else { return }
        for member in values.members { record[member.name] = member.value }
        record["write_date"] = Self.datetime(clock())
        tables[model]?[Int(id) - 1] = record
    }

    static func datetime(_ time: Timestamp) -> JSONValue {
        let text = time.rfc3339
        func number(_ offset: Int, _ length: Int) -> JSONValue {
            .integer(Int64(text.dropFirst(offset).prefix(length)) ?? 0)
        }
        return [
            "__class__": "datetime", "year": number(0, 4), "month": number(5, 2), "day": number(8, 2),
            "hour": number(11, 2), "minute": number(14, 2), "second": number(17, 2),
            "microsecond": .integer(time.microseconds % 1_000_000),
        ]
    }
}
