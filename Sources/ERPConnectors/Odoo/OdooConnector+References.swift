import Primitives

extension OdooConnector {
    /// What the texts of an order's fields are in Odoo; with defaults also the options' company, and the options' or
    /// the equipment's team.
    func references(
        _ fields: OrderFields,
        withDefaults: Bool = true,
        _ trace: inout CallTrace
    ) async throws(OdooTrouble) -> OdooReferences {
        var references = OdooReferences()
        if let text = fields.text("equipment") {
            let equipment = try await equipment(text, &trace)
            references.equipment = equipment["id"]
            // As Odoo's own form does when a person picks the equipment.
            if withDefaults { references.team = equipment["maintenance_team_id"]?.odooReference.map(JSONValue.integer) }
        }
        if withDefaults {
            if let team = options.team {
                references.team = try await named(team, "maintenance.team", "maintenance team", &trace)
            }
            if let company = options.company {
                references.company = try await named(company, "res.company", "company", &trace)
            }
        }
        if let technician = fields.text("technician") {
            references.technician = try await named(technician, "res.users", "user", by: ["login", "name"], &trace)
        }
        return references
    }

    /// The one piece of equipment that a reference names.
    private func equipment(_ reference: String, _ trace: inout CallTrace) async throws(OdooTrouble) -> JSONValue {
        let fields = ["id", options.equipmentField, "name", "maintenance_team_id"]
        if let number = Self.number(reference) {
            let call = OdooCall.search("maintenance.equipment", [["id", "=", .integer(number)]], fields: fields)
            if let row = try Self.rows(try await client.ask(call, &trace)).first { return row }
        }
        let domain: [JSONValue] = [
            "|", [.string(options.equipmentField), "=", .string(reference)], ["name", "=", .string(reference)],
        ]
        let call = OdooCall.search("maintenance.equipment", domain, fields: fields, order: "id", limit: 10)
        let rows = try Self.rows(try await client.ask(call, &trace))
        let exact = rows.filter { $0[options.equipmentField]?.odooText == reference }
        return try Self.only(
            exact.isEmpty ? rows : exact,
            "equipment",
            reference,
            "a \(options.equipmentField) or name"
        )
    }

    /// A reference of the form `id:12`, for records without a text of their own.
    static func number(_ reference: String) -> Int64? {
        reference.hasPrefix("id:") ? Int64(reference.dropFirst(3)) : nil
    }

    /// The one record that a text names, also as `id:12`.
    func named(
        _ text: String,
        _ model: String,
        _ what: String,
        by fields: [String] = ["name"],
        _ trace: inout CallTrace
    ) async throws(OdooTrouble) -> JSONValue {
        try await found(text, model, what, by: fields, reading: [], &trace)["id"] ?? .null
    }

    /// The one record that a text names, also as `id:12`.
    func found(
        _ text: String,
        _ model: String,
        _ what: String,
        by names: [String],
        reading fields: [String],
        _ trace: inout CallTrace
    ) async throws(OdooTrouble) -> JSONValue {
        var domain: [JSONValue] = Array(repeating: "|", count: max(0, names.count - 1))
        domain += names.map { [.string($0), "=", .string(text)] }
        if let number = Self.number(text) { domain = ["|", ["id", "=", .integer(number)]] + domain }
        let call = OdooCall.search(model, domain, fields: ["id"] + names + fields, order: "id", limit: 10)
        let rows = try Self.rows(try await client.ask(call, &trace))
        for name in names {
            let exact = rows.filter { $0[name]?.odooText == text }
            if !exact.isEmpty { return try Self.only(exact, what, text, name) }
        }
        return try Self.only(rows, what, text, names.joined(separator: " or "))
    }

    private static func only(
        _ rows: [JSONValue],
        _ what: String,
        _ text: String,
        _ field: String
    ) throws(OdooTrouble) -> JSONValue {
        let reason = what.replacing(" ", with: "-")
        guard let first = rows.first else {
            throw .final("\(reason)-unknown", "Odoo has no active \(what) with \(field) “\(text.prefix(100))”.")
        }
        guard rows.count == 1 else {
            throw .final("\(reason)-ambiguous", "Odoo has more than one \(what) with \(field) “\(text.prefix(100))”.")
        }
        return first
    }

    /// The product that a mapping names.
    func product(_ fields: OrderFields, _ trace: inout CallTrace) async throws(OdooTrouble) -> OdooProduct {
        let reference = fields.text("item") ?? ""
        let row = try await found(
            reference,
            "product.product",
            "product",
            by: ["default_code"],
            reading: ["name", "uom_id", "tracking"],
            &trace
        )
        let product = OdooProduct(
            id: row["id"] ?? .null,
            name: row["name"]?.odooText ?? reference,
            unit: row["uom_id"]?.odooReference.map(JSONValue.integer) ?? .null,
            unitName: row["uom_id"]?.odooReferenceName,
            isTracked: (row["tracking"]?.odooText ?? "none") != "none"
        )
        if let unit = fields.text("unit"), let own = product.unitName, unit.lowercased() != own.lowercased() {
            throw .final("unit-differs", "Odoo counts “\(reference.prefix(100))” in “\(own)”, not in “\(unit)”.")
        }
        return product
    }
}
