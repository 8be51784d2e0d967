import Primitives
import Synchronization

/// The tables, and what reads and changes them.
extension FieldServiceSimulator {
    /// The column of a set's primary key.
    static let keys = [
        "msdyn_workorders": "msdyn_workorderid", "msdyn_customerassets": "msdyn_customerassetid",
        "products": "productid", "msdyn_warehouses": "msdyn_warehouseid", "annotations": "annotationid",
        "msdyn_productinventories": "msdyn_productinventoryid", "msdyn_priorities": "msdyn_priorityid",
        "msdyn_workordertypes": "msdyn_workordertypeid", "msdyn_incidenttypes": "msdyn_incidenttypeid",
        "msdyn_inventoryadjustments": "msdyn_inventoryadjustmentid",
        "msdyn_workorderproducts": "msdyn_workorderproductid", "accounts": "accountid", "uoms": "uomid",
        "pricelevels": "pricelevelid",
    ]

    /// The columns that a set has beside those of its rows.
    private static let columns: [String: Set<String>] = [
        "msdyn_workorders": [
            "msdyn_workorderid", "msdyn_name", "msdyn_systemstatus", "msdyn_workordersummary", "msdyn_followupnote",
            "msdyn_firstarrivedon", "msdyn_completedon", "msdyn_timetopromised", "msdyn_totalamount", "modifiedon",
            "_msdyn_primaryincidenttype_value", "msdyn_instructions",
        ],
        "msdyn_customerassets": [
            "msdyn_customerassetid", "msdyn_name", "msdyn_assettag", "statecode", "_msdyn_functionallocation_value",
            "_msdyn_account_value",
        ],
        "products": [
            "productid", "productnumber", "name", "_defaultuomid_value", "statecode", "msdyn_fieldserviceproducttype",
        ],
        "msdyn_productinventories": [
            "msdyn_qtyonhand", "msdyn_qtyavailable", "_msdyn_product_value", "_msdyn_warehouse_value",
        ],
    ]

    static func fill(_ state: inout State, _ plant: SimulatedPlant) {
        func id(_ table: Int, _ index: Int) -> JSONValue {
            .string("0000000\(table)-0000-4000-8000-" + String(repeating: "0", count: 10) + String(10 + index % 90))
        }
        state.rows["accounts"] = [["accountid": .string(account)]]
        state.rows["uoms"] = [["uomid": id(9, 0)]]
        state.rows["msdyn_warehouses"] = [["msdyn_warehouseid": id(1, 0), "msdyn_name": "Main"]]
        state.rows["msdyn_priorities"] = [["msdyn_priorityid": id(2, 0), "msdyn_name": "Emergency"]]
        state.rows["msdyn_workordertypes"] = [["msdyn_workordertypeid": id(3, 0), "msdyn_name": "Repair"]]
        state.rows["msdyn_incidenttypes"] = [["msdyn_incidenttypeid": id(4, 0), "msdyn_name": "Overheating"]]
        state.rows["msdyn_customerassets"] = plant.equipment.enumerated().map { index, equipment in
            [
                "msdyn_customerassetid": id(5, index), "msdyn_name": .string(equipment.name),
                "msdyn_assettag": .string(equipment.tag), "statecode": 0, "_msdyn_account_value": .string(account),
            ]
        }
        state.rows["products"] = plant.items.enumerated().map { index, item in
            [
                "productid": id(6, index), "productnumber": .string(item.number), "name": .string(item.name),
                "statecode": 0, "msdyn_fieldserviceproducttype": 690_970_000, "_defaultuomid_value": id(9, 0),
                "_defaultuomid_value@OData.Community.Display.V1.FormattedValue": .string(item.unit),
            ]
        }
        state.rows["msdyn_productinventories"] = plant.items.enumerated().map { index, item in
            [
                "msdyn_productinventoryid": id(7, index), "_msdyn_product_value": id(6, index),
                "_msdyn_warehouse_value": id(1, 0), "msdyn_qtyonhand": .number(item.onHand),
                "msdyn_qtyavailable": .number(item.onHand),
            ]
        }
    }

    /// Changes the row of that identifier; false when there is none.
    static func change(
        _ set: String,
        _ key: String,
        _ id: String,
        _ state: inout State,
        _ body: (inout JSONObject) -> Void
    ) -> Bool {
        guard let index = state.rows[set]?.firstIndex(where: { $0[key]?.string == id.lowercased() }),
            var row = state.rows[set]?[index]
        else { return false }
        body(&row)
        state.rows[set]?[index] = row
        return true
    }

    // MARK: Reading

    func get(_ target: String, _ request: SimulatedRequest) -> SimulatedResponse {
        state.withLock { state in
            let (set, selector) = Self.parts(target)
            guard let key = Self.keys[set] else {
                return Self.problem(404, "0x8006088a", "Resource not found for the segment '\(set)'.")
            }
            var known = Self.columns[set, default: [key, "msdyn_name"]]
            if state.hasColumn { known.insert(Self.keyColumn) }
            let query = SimulatedODataQuery(request)
            if let selector {
                guard let row = Self.row(set, selector, state) else { return Self.missing(set, selector) }
                if let name = query.names?.first(where: { !known.contains($0) }) { return Self.unknown(name) }
                return .json(.object(query.selected(expanded(row, set, state))))
            }
            let rows = (state.rows[set] ?? []).map { expanded($0, set, state) }
            switch query.apply(to: rows, known: known, pageSize: 1) {
            case .refused(let message): return Self.problem(400, "0x80060888", message)
            case .page(let rows, let next):
                var document: JSONObject = ["value": .array(rows.map(JSONValue.object))]
                if let next { document["@odata.nextLink"] = .string(Self.link(request, set, next)) }
                return .json(.object(document))
            }
        }
    }

    /// A row with what `$expand` may ask for.
    private func expanded(_ row: JSONObject, _ set: String, _ state: State) -> JSONObject {
        guard set == "msdyn_workorders" else { return row }
        var row = row
        row["transactioncurrencyid"] = ["isocurrencycode": "EUR"]
        let asset = state.rows["msdyn_customerassets"]?
            .first { $0["msdyn_customerassetid"] == row["_msdyn_customerasset_value"] }
        row["msdyn_customerasset"] = asset.map(JSONValue.object) ?? .null
        row["msdyn_msdyn_workorder_bookableresourcebooking_WorkOrder"] = [
            [
                "starttime": "2026-11-23T08:00:00Z",
                "_resource_value@OData.Community.Display.V1.FormattedValue": "Ada Fitter",
            ]
        ]
        return row
    }

    private static func link(_ request: SimulatedRequest, _ set: String, _ next: Int) -> String {
        let kept = request.query.filter { $0.name != "$skiptoken" }.map {
            "\($0.name)=\(PercentEncoding.encode($0.value))"
        }
        let host = request.header("host") ?? "erp.test"
        return "http://\(host)/api/data/v9.2/\(set)?" + (kept + ["$skiptoken=\(next)"]).joined(separator: "&")
    }

    static func missing(_ set: String, _ selector: String) -> SimulatedResponse {
        problem(404, "0x80040217", "\(set) with \(selector) does not exist.")
    }

    static func unknown(_ name: String) -> SimulatedResponse {
        problem(400, "0x80060888", "Could not find a property named '\(name)'.")
    }

    /// `set(selector)` in two.
    static func parts(_ target: String) -> (set: String, selector: String?) {
        guard let open = target.firstIndex(of: "("), target.last == ")" else { return (target, nil) }
        return (String(target[..<open]), String(target[target.index(after: open)...].dropLast()))
    }

    /// The row of a primary key, or of the alternate key as `column='value'`.
    static func row(_ set: String, _ selector: String, _ state: State) -> JSONObject? {
        if let equals = selector.firstIndex(of: "=") {
            let column = String(selector[..<equals])
            let value = selector[selector.index(after: equals)...].filter { $0 != "'" }
            return state.rows[set]?.first { $0[column]?.string == value }
        }
        return keys[set].flatMap { key in state.rows[set]?.first { $0[key]?.string == selector.lowercased() } }
    }
}
