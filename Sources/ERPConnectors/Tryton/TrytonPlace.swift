import Primitives
import Synchronization

/// What a connector's options name in Tryton, as its numbers there.
struct TrytonPlace: Hashable, Sendable {
    /// The company.
    var company: JSONValue
    /// Its currency.
    var currency: JSONValue
    /// ISO 4217; nil when nobody has asked.
    var currencyCode: String?
    /// The warehouse; null where there is none, which tasks do not need.
    var warehouse: JSONValue
    /// Where stock lies that nobody names a place for.
    var storage: JSONValue
    /// Where productions take place.
    var production: JSONValue
    /// Where consumed stock goes and received stock comes from.
    var lostFound: JSONValue
    /// The project of tasks; null for none.
    var project: JSONValue
    /// What moves call their unit of measure: `uom`, since 6.8 `unit`.
    var unitField: String

    /// What previews show before anybody has asked.
    static func unknown(_ options: TrytonOptions) -> TrytonPlace {
        func place(_ name: String, _ given: String?) -> JSONValue {
            .string("‹" + (given.map { "\(name) \($0)" } ?? name) + "›")
        }
        return TrytonPlace(
            company: place("company", options.company),
            currency: "‹currency›",
            warehouse: place("warehouse", options.warehouse),
            storage: place("location", options.location ?? "storage zone"),
            production: "‹location production›",
            lostFound: "‹location Lost and Found›",
            project: options.project.map { place("project", $0) } ?? .null,
            unitField: "uom"
        )
    }
}

extension TrytonConnector {
    /// The place, asked for once.
    func place(_ trace: inout CallTrace) async throws(TrytonFailure) -> TrytonPlace {
        if let known = knownPlace.withLock({ $0 }) { return known }
        let place = try await findPlace(&trace)
        knownPlace.withLock { $0 = place }
        return place
    }

    private func findPlace(_ trace: inout CallTrace) async throws(TrytonFailure) -> TrytonPlace {
        let company = try await findCompany(&trace)
        guard let companyID = company["id"] else { throw Self.unexpected }
        let context = requests.context(company: companyID)
        var place = TrytonPlace.unknown(options)
        place.company = companyID
        place.currency = company["currency."]?["id"] ?? .null
        place.currencyCode = company["currency."]?["code"]?.string
        // Tasks alone need no stock module.
        do throws(TrytonFailure) {
            try await addStock(to: &place, context, &trace)
        } catch {
            guard options.orderModel == .task, error.isPermanent, options.warehouse == nil else { throw error }
            place.warehouse = .null
        }
        if let name = options.project {
            let search = TrytonSearch(
                "project.work",
                [["name", "=", .string(name)], ["type", "=", "project"]],
                ["id"],
                limit: 1
            )
            guard let found = try await records(search, context, &trace).first, let id = found["id"] else {
                throw .permanent("unknown-project", "Tryton has no project “\(name)”.")
            }
            place.project = id
        }
        return place
    }

    private func findCompany(_ trace: inout CallTrace) async throws(TrytonFailure) -> JSONValue {
        let context = requests.context(company: nil)
        var domain: [JSONValue] = []
        if let name = options.company {
            domain = [Int64(name).map { ["id", "=", .integer($0)] } ?? ["party.name", "=", .string(name)]]
        } else {
            let call = requests.call("res.user.get_preferences", [true], context)
            let preferences = try await client.ask(call, &trace)
            if let own = preferences["company"], own.integer != nil { domain = [["id", "=", own]] }
        }
        let search = TrytonSearch("company.company", domain, ["id", "currency.code"], limit: 2)
        let found = try await records(search, context, &trace)
        guard found.count == 1 else {
            let named = options.company.map { "Tryton has no company “\($0)”." }
            throw .permanent(
                "unknown-company",
                named ?? "The account has no company of its own, and the option “company” names none."
            )
        }
        return found[0]
    }

    private func addStock(
        to place: inout TrytonPlace,
        _ context: JSONObject,
        _ trace: inout CallTrace
    ) async throws(TrytonFailure) {
        var domain: [JSONValue] = [["type", "=", "warehouse"]]
        if let name = options.warehouse { domain.append(Self.named(name)) }
        let fields = ["id", "storage_location", "production_location", "lost_found_location"]
        let wanted = options.orderModel == .production ? fields : fields.filter { $0 != "production_location" }
        let found = try await records(
            TrytonSearch("stock.location", domain, wanted, limit: 2),
            context,
            &trace
        )
        guard found.count == 1, let id = found[0]["id"] else {
            let detail =
                options.warehouse.map { "Tryton has no warehouse “\($0)”, or more than one." }
                ?? "Tryton has \(found.isEmpty ? "no warehouse" : "several warehouses"), and the option “warehouse” names none."
            throw .permanent("unknown-warehouse", detail)
        }
        place.warehouse = id
        place.storage = found[0]["storage_location"] ?? .null
        place.production = found[0]["production_location"] ?? .null
        place.lostFound = found[0]["lost_found_location"] ?? .null
        if let name = options.location { place.storage = try await location(name, context, &trace) }
        let call = requests.call("stock.move.fields_get", [["uom", "unit"]], context)
        if try await client.ask(call, &trace)["uom"] == nil { place.unitField = "unit" }
    }

    /// The number of a place of stock.
    func location(
        _ name: String,
        _ context: JSONObject,
        _ trace: inout CallTrace
    ) async throws(TrytonFailure) -> JSONValue {
        let domain: [JSONValue] = [["type", "=", "storage"], Self.named(name)]
        let found = try await records(TrytonSearch("stock.location", domain, ["id"], limit: 2), context, &trace)
        guard found.count == 1, let id = found[0]["id"] else {
            let problem = found.isEmpty ? "no storage place" : "several storage places"
            throw .permanent("unknown-location", "Tryton has \(problem) with the code or name “\(name)”.")
        }
        return id
    }

    /// Records that a search finds.
    func records(
        _ search: TrytonSearch,
        _ context: JSONObject,
        _ trace: inout CallTrace
    ) async throws(TrytonFailure) -> [JSONValue] {
        let call = requests.call(search.model + ".search_read", search.parameters, context)
        guard let found = try await client.ask(call, &trace).array else { throw Self.unexpected }
        return found
    }

    /// A clause: the code or the name is this.
    static func named(_ name: String) -> JSONValue {
        ["OR", ["code", "=", .string(name)], ["name", "=", .string(name)]]
    }

    static let unexpected = TrytonFailure.transient(
        CallFailure(reason: "unexpected-answer", detail: "Tryton's answer is not what this call answers.")
    )
}
