import Primitives
import Synchronization

extension SimulatorDefinition {
    /// Dynamics 365 Field Service.
    static let fieldService = SimulatorDefinition(
        name: "dynamics-field-service",
        setup: { account in
            SimulatorSetup(
                kind: "dynamics-field-service",
                credentials: ["bearer": .string(account.secret.reveal())],
                options: [
                    "equipmentColumn": "msdyn_assettag", "warehouse": "Main",
                    "priorities": ["critical": "Emergency"], "serviceAccount": .string(FieldServiceSimulator.account),
                ]
            )
        },
        isChange: SimulatedTokens.isChange,
        make: { FieldServiceSimulator(plant: $0, account: $1, isPrepared: true, clock: $2) }
    )
}

/// Dynamics 365 Field Service as connectors see it, over the Dataverse Web API 9.2.
///
/// Made from Microsoft's documentation, not from a running environment. Keeps: alternate keys and chosen primary keys are
/// unique under races, `If-None-Match: *` answers 412 for a row that is there, `If-Match: *` 404 for one that is not;
/// creates answer 204 with `OData-EntityId`, or 201 with the row when asked; columns that are not there are refused
/// with 400 and `0x80060888`; a bind to a row that is not there with 404; lists come in pages with `@odata.nextLink`.
/// The alternate key of work orders is there from the start unless `isPrepared` is false.
final class FieldServiceSimulator: SimulatedERP {
    /// The column of the key.
    static let keyColumn = "pw_plantwrightkey"
    static let account = "0000acc0-0000-4000-8000-000000000001"

    struct State {
        /// Rows by entity set, oldest first.
        var rows: [String: [JSONObject]] = [:]
        var hasColumn: Bool
        var hasKey: Bool
        var count = 0
    }

    let tokens: SimulatedTokens
    let clock: @Sendable () -> Timestamp
    let state: Mutex<State>

    /// Makes one.
    ///
    /// `isPrepared` says whether the column of the key and its alternate key are there.
    init(
        plant: SimulatedPlant,
        account: SimulatedAccount,
        isPrepared: Bool,
        clock: @escaping @Sendable () -> Timestamp
    ) {
        tokens = SimulatedTokens(account)
        self.clock = clock
        var state = State(hasColumn: isPrepared, hasKey: isPrepared)
        Self.fill(&state, plant)
        self.state = Mutex(state)
    }

    var orders: [SimulatedOrder] {
        state.withLock { state in
            (state.rows["msdyn_workorders"] ?? []).map { row in
                let asset = row["_msdyn_customerasset_value"]?.string
                let tag = state.rows["msdyn_customerassets"]?.first { $0["msdyn_customerassetid"]?.string == asset }
                return SimulatedOrder(
                    externalID: row["msdyn_workorderid"]?.string ?? "",
                    reference: row[Self.keyColumn]?.string ?? "",
                    title: row["msdyn_workordersummary"]?.string ?? "",
                    equipment: tag?["msdyn_assettag"]?.string,
                    status: row["msdyn_systemstatus"]?.integer.map(String.init) ?? ""
                )
            }
        }
    }

    var stock: [String: Double] {
        state.withLock { state in
            var stock: [String: Double] = [:]
            for product in state.rows["products"] ?? [] {
                let figure = state.rows["msdyn_productinventories"]?
                    .first { $0["_msdyn_product_value"] == product["productid"] }
                stock[product["productnumber"]?.string ?? ""] = figure?["msdyn_qtyonhand"]?.double ?? 0
            }
            return stock
        }
    }

    var files: [SimulatedFile] {
        state.withLock { state in
            (state.rows["annotations"] ?? []).compactMap { row in
                SimulatedFile(
                    order: row["_objectid_msdyn_workorder_value"]?.string ?? "",
                    name: row["filename"]?.string ?? "",
                    base64: row["documentbody"]?.string
                )
            }
        }
    }

    func complete(_ externalID: String, outcome: String) -> Bool {
        state.withLock { state in
            Self.change("msdyn_workorders", "msdyn_workorderid", externalID, &state) { row in
                row["msdyn_systemstatus"] = 690_970_003
                row["msdyn_completedon"] = .string(clock().rfc3339)
                row["msdyn_followupnote"] = .string(outcome)
                row["modifiedon"] = .string(clock().rfc3339)
            }
        }
    }

    func endSessions() { tokens.revoke() }

    func answer(_ request: SimulatedRequest) -> SimulatedResponse {
        if let token = tokens.answer(request) { return token }
        guard tokens.admits(request) else { return SimulatedResponse(401) }
        let segments = request.segments
        guard segments.starts(with: ["api", "data", "v9.2"]), segments.count > 3 else {
            return Self.problem(404, "0x8006088a", "Resource not found for the segment.")
        }
        let rest = Array(segments.dropFirst(3))
        switch (request.method, rest[0]) {
        case ("GET", "WhoAmI"): return .json(["UserId": "0000a5e4-0000-4000-8000-000000000001"])
        case ("GET", let user) where user.hasPrefix("systemusers("):
            return .json(["RolePrivileges": [["PrivilegeName": "prvCreatemsdyn_workorder"]]])
        case (_, "EntityDefinitions(LogicalName='msdyn_workorder')"):
            return definitions(request, rest.dropFirst().first ?? "")
        case ("GET", let target): return get(target, request)
        case ("PATCH", let target): return patch(target, request)
        case ("POST", "msdyn_inventoryadjustments"): return adjust(request)
        default: return Self.problem(405, "0x8006088a", "This is not supported here.")
        }
    }

    // MARK: Definitions

    private func definitions(_ request: SimulatedRequest, _ part: String) -> SimulatedResponse {
        state.withLock { state in
            switch (request.method, part) {
            case ("GET", "Keys"):
                let key: JSONValue = [
                    "SchemaName": "pw_plantwrightkey_ak", "KeyAttributes": [.string(Self.keyColumn)],
                    "EntityKeyIndexStatus": "Active",
                ]
                return .json(["value": state.hasKey ? [key] : []])
            case ("GET", _) where part.hasPrefix("Attributes("):
                return state.hasColumn ? .json(["LogicalName": .string(Self.keyColumn)]) : SimulatedResponse(404)
            case ("POST", "Attributes"):
                state.hasColumn = true
                return SimulatedResponse(204)
            case ("POST", "Keys"):
                guard state.hasColumn else { return Self.problem(400, "0x80048403", "The column does not exist.") }
                state.hasKey = true
                return SimulatedResponse(204)
            default: return SimulatedResponse(404)
            }
        }
    }

    static func problem(_ status: Int, _ code: String, _ message: String) -> SimulatedResponse {
        .json(["error": ["code": .string(code), "message": .string(message)]], status: status)
    }
}
