import Primitives
import Synchronization

/// What changes rows.
extension FieldServiceSimulator {
    func patch(_ target: String, _ request: SimulatedRequest) -> SimulatedResponse {
        guard let body = request.json?.object else { return Self.problem(400, "0x80048d19", "The body is no object.") }
        return state.withLock { state in
            let (set, selector) = Self.parts(target)
            guard let key = Self.keys[set], let selector else {
                return Self.problem(404, "0x8006088a", "Resource not found for the segment '\(target)'.")
            }
            if selector.hasPrefix(Self.keyColumn + "="), !state.hasKey {
                return Self.problem(400, "0x80060888", "The specified key attributes are not a defined key.")
            }
            let found = Self.row(set, selector, state)
            if found != nil, request.header("if-none-match") == "*" {
                return Self.problem(412, "0x80040237", "A record with matching key values already exists.")
            }
            if found == nil, request.header("if-match") == "*" { return Self.missing(set, selector) }
            var row = found ?? JSONObject()
            if let failure = bind(body, into: &row, state) { return failure }
            row["modifiedon"] = .string(clock().rfc3339)
            if let found {
                _ = Self.change(set, key, found[key]?.string ?? "", &state) { $0 = row }
                return SimulatedResponse(204)
            }
            if set == "msdyn_workorders", row["_msdyn_serviceaccount_value"] == nil {
                return Self.problem(400, "0x80040203", "Service Account is required.")
            }
            state.count += 1
            if let equals = selector.firstIndex(of: "=") {
                row[String(selector[..<equals])] = .string(
                    String(selector[selector.index(after: equals)...].filter { $0 != "'" })
                )
                row[key] = .string("000000aa-0000-4000-8000-" + String(100_000_000_000 + state.count))
                row["msdyn_name"] = .string(String(10_000 + state.count))
            } else {
                row[key] = .string(selector.lowercased())
            }
            state.rows[set, default: []].append(row)
            return Self.created(set, key, row, request)
        }
    }

    private static func created(
        _ set: String,
        _ key: String,
        _ row: JSONObject,
        _ request: SimulatedRequest
    ) -> SimulatedResponse {
        if request.header("prefer")?.contains("return=representation") == true {
            return .json(.object(SimulatedODataQuery(request).selected(row)), status: 201)
        }
        let link = "https://contoso.crm4.dynamics.com/api/data/v9.2/\(set)(\(row[key]?.string ?? ""))"
        return SimulatedResponse(204, headers: [("OData-EntityId", link)])
    }

    /// Takes a body's members over; names in `@odata.bind` must lead to rows.
    private func bind(_ body: JSONObject, into row: inout JSONObject, _ state: State) -> SimulatedResponse? {
        for member in body.members {
            guard member.name.hasSuffix("@odata.bind") else {
                if member.name == "msdyn_name", (member.value.string ?? "").count > 100 {
                    return Self.problem(
                        400,
                        "0x80044331",
                        "A validation error occurred. The length of msdyn_name exceeds 100."
                    )
                }
                row[member.name] = member.value
                continue
            }
            let (set, selector) = Self.parts(String((member.value.string ?? "").dropFirst()))
            guard let selector, let key = Self.keys[set], let target = Self.row(set, selector, state) else {
                return Self.missing(set, selector ?? "")
            }
            row["_\(member.name.dropLast("@odata.bind".count))_value"] = target[key]
        }
        return nil
    }

    func adjust(_ request: SimulatedRequest) -> SimulatedResponse {
        guard var body = request.json?.object else { return Self.problem(400, "0x80048d19", "The body is no object.") }
        let lines = "msdyn_msdyn_inventoryadjustment_msdyn_inventoryadjustmentproduct_InventoryAdjustment"
        let products = body[lines]?.array ?? []
        body[lines] = nil
        let set = "msdyn_inventoryadjustments"
        return state.withLock { state in
            let id = body["msdyn_inventoryadjustmentid"]?.string ?? ""
            if Self.row(set, id, state) != nil {
                return Self.problem(412, "0x80040237", "Cannot insert duplicate key.")
            }
            var row = JSONObject()
            if let failure = bind(body, into: &row, state) { return failure }
            for product in products {
                var line = JSONObject()
                if let failure = bind(product.object ?? [:], into: &line, state) { return failure }
                let amount = line["msdyn_quantity"]?.double ?? 0
                guard
                    let index = state.rows["msdyn_productinventories"]?.firstIndex(where: { figure in
                        figure["_msdyn_product_value"] == line["_msdyn_product_value"]
                            && figure["_msdyn_warehouse_value"] == row["_msdyn_warehouse_value"]
                    }), var figure = state.rows["msdyn_productinventories"]?[index]
                else { return Self.missing("msdyn_productinventories", "") }
                for column in ["msdyn_qtyonhand", "msdyn_qtyavailable"] {
                    figure[column] = .number((figure[column]?.double ?? 0) + amount)
                }
                state.rows["msdyn_productinventories"]?[index] = figure
            }
            state.rows[set, default: []].append(row)
            return Self.created(set, "msdyn_inventoryadjustmentid", row, request)
        }
    }
}
