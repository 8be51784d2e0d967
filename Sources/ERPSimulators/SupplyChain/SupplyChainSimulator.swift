import Primitives
import Synchronization

extension SimulatorDefinition {
    /// Dynamics 365 Supply Chain Management.
    static let supplyChain = SimulatorDefinition(
        name: "dynamics-scm",
        setup: { account in
            SimulatorSetup(
                kind: "dynamics-scm",
                credentials: ["bearer": .string(account.secret.reveal())],
                options: ["company": "usmf", "requestType": "Corrective"]
            )
        },
        isChange: SimulatedTokens.isChange,
        make: { SupplyChainSimulator(plant: $0, account: $1, takesNumbers: true, clock: $2) }
    )
}

/// Dynamics 365 Supply Chain Management as connectors see it, over data entities.
///
/// Made from Microsoft's documentation and metadata, not from a running environment. Keeps: company and number are the key
/// of requests, a taken one is refused with 400; rows of other companies are hidden without `cross-company=true`; `PATCH`
/// with a stale etag answers 412; unknown assets and texts that are too long answer 400; empty dates are 1900-01-01; the
/// number sequence replaces numbers unless `takesNumbers`. The user's default company is another one.
final class SupplyChainSimulator: SimulatedERP {
    private struct State {
        /// Rows by entity set, oldest first.
        var rows: [String: [JSONObject]] = [:]
        var count = 0
        /// The document attachments of requests.
        var files: [SimulatedFile] = []
    }

    private static let requests = "AssetMaintenanceRequestsV2"
    private static let attachments = "MaintenanceRequestDocumentAttachments"

    private let tokens: SimulatedTokens
    private let takesNumbers: Bool
    private let clock: @Sendable () -> Timestamp
    private let state: Mutex<State>

    init(
        plant: SimulatedPlant,
        account: SimulatedAccount,
        takesNumbers: Bool,
        clock: @escaping @Sendable () -> Timestamp
    ) {
        tokens = SimulatedTokens(account)
        self.takesNumbers = takesNumbers
        self.clock = clock
        var state = State()
        state.rows[Self.requests] = []
        state.rows[Self.attachments] = []
        state.rows["LegalEntities"] = [["LegalEntityId": "usmf", "dataAreaId": "dat"]]
        state.rows["AssetMaintenanceAssetsV3"] = plant.equipment.map { equipment in
            [
                "dataAreaId": "usmf", "MaintenanceAssetId": .string(equipment.tag), "Name": .string(equipment.name),
                "SerialId": .string(equipment.serial), "FunctionalLocationId": "PP-01",
                "MaintenanceAssetLifecycleStateId": "Active",
            ]
        }
        state.rows["ReleasedProductsV2"] = plant.items.map { item in
            [
                "dataAreaId": "usmf", "ItemNumber": .string(item.number), "ProductName": .string(item.name),
                "InventoryUnitSymbol": .string(item.unit),
            ]
        }
        state.rows["WarehousesOnHandV2"] = plant.items.map { item in
            [
                "dataAreaId": "usmf", "ItemNumber": .string(item.number), "InventoryWarehouseId": "13",
                "OnHandQuantity": .number(item.onHand), "AvailableOnHandQuantity": .number(item.onHand),
            ]
        }
        self.state = Mutex(state)
    }

    var orders: [SimulatedOrder] {
        state.withLock { state in
            (state.rows[Self.requests] ?? []).map { row in
                SimulatedOrder(
                    externalID: row["RequestId"]?.string ?? "",
                    reference: row["RequestId"]?.string ?? "",
                    title: (row["Description"]?.string ?? "") + " " + (row["Notes"]?.string ?? ""),
                    equipment: row["MaintenanceAssetId"]?.string,
                    status: row["RequestLifecycleStateId"]?.string ?? ""
                )
            }
        }
    }

    var stock: [String: Double] {
        state.withLock { state in
            (state.rows["WarehousesOnHandV2"] ?? []).reduce(into: [:]) { stock, row in
                stock[row["ItemNumber"]?.string ?? ""] = row["OnHandQuantity"]?.double ?? 0
            }
        }
    }

    var files: [SimulatedFile] { state.withLock(\.files) }

    /// Converts the request to a work order and finishes that.
    func complete(_ externalID: String, outcome: String) -> Bool {
        state.withLock { state in
            guard let index = state.rows[Self.requests]?.firstIndex(where: { $0["RequestId"]?.string == externalID })
            else { return false }
            let number = "WO-" + externalID
            state.rows[Self.requests]?[index]["WorkOrderId"] = .string(number)
            state.rows["AssetMaintenanceWorkOrderTablesV2", default: []].append([
                "dataAreaId": "usmf", "WorkOrderId": .string(number), "WorkOrderLifecycleStateId": "Finished",
                "ActualStart": .string(clock().rfc3339), "ActualEnd": .string(clock().rfc3339),
                "ExpectedEnd": "1900-01-01T00:00:00Z", "ResponsibleWorkerPersonnelNumber": "000123",
            ])
            return true
        }
    }

    func endSessions() { tokens.revoke() }

    func answer(_ request: SimulatedRequest) -> SimulatedResponse {
        if let token = tokens.answer(request) { return token }
        guard tokens.admits(request) else { return SimulatedResponse(401) }
        let segments = request.segments
        guard segments.count == 2, segments[0] == "data" else { return SimulatedResponse(404) }
        let (set, selector) = FieldServiceSimulator.parts(segments[1])
        return state.withLock { state in
            let all = state.rows[set] ?? []
            guard state.rows[set] != nil || selector != nil else {
                return Self.problem(404, "No HTTP resource was found that matches the request.")
            }
            let isEverywhere = request.parameter("cross-company") == "true" || set == "LegalEntities"
            let visible = isEverywhere ? all : all.filter { $0["dataAreaId"]?.string == "dat" }
            switch (request.method, selector) {
            case ("GET", nil): return Self.list(visible, set, request)
            case ("GET", let selector?):
                guard let index = Self.index(selector, visible) else { return Self.problem(404, "No row was found.") }
                return .json(.object(visible[index]))
            case ("POST", nil) where set == Self.requests: return create(request, &state)
            case ("POST", nil) where set == Self.attachments: return attach(request, &state)
            case ("PATCH", let selector?) where set == Self.requests:
                guard isEverywhere, let index = Self.index(selector, all) else {
                    return Self.problem(404, "No row was found.")
                }
                return change(index, request, &state)
            default: return Self.problem(405, "The requested resource does not support this method.")
            }
        }
    }

    private static func list(_ rows: [JSONObject], _ set: String, _ request: SimulatedRequest) -> SimulatedResponse {
        let known = Set(
            rows.flatMap(\.names) + [
                "dataAreaId", "RequestId", "ItemNumber", "InventoryWarehouseId", "AttachmentDescription",
            ]
        )
        switch SimulatedODataQuery(request).apply(to: rows, known: known, pageSize: 1) {
        case .refused(let message): return problem(400, message)
        case .page(let page, let next):
            var document: JSONObject = ["value": .array(page.map(JSONValue.object))]
            if let next {
                let kept =
                    request.query.filter { $0.name != "$skiptoken" }
                    .map { "\($0.name)=\(PercentEncoding.encode($0.value))" } + ["$skiptoken=\(next)"]
                let host = request.header("host") ?? "erp.test"
                document["@odata.nextLink"] = .string("http://\(host)/data/\(set)?\(kept.joined(separator: "&"))")
            }
            return .json(.object(document))
        }
    }

    /// The row that `dataAreaId='usmf',RequestId='…'` names.
    private static func index(_ selector: String, _ rows: [JSONObject]) -> Int? {
        let filter = SimulatedFilter(selector, separator: ",")
        return rows.firstIndex { filter?.matches($0) == true }
    }

    private func create(_ request: SimulatedRequest, _ state: inout State) -> SimulatedResponse {
        guard var row = request.json?.object else { return Self.problem(400, "The body is no object.") }
        if let problem = Self.check(row, state) { return problem }
        state.count += 1
        let number = takesNumbers ? row["RequestId"]?.string ?? "" : "MR-00000\(state.count)"
        if state.rows[Self.requests]?.contains(where: { $0["RequestId"]?.string == number }) == true {
            return Self.problem(400, "Cannot create a record in Maintenance requests. The record already exists.")
        }
        row["RequestId"] = .string(number)
        row["RequestLifecycleStateId"] = "New"
        row["ActualStart"] = "1900-01-01T00:00:00Z"
        row["ActualEnd"] = "1900-01-01T00:00:00Z"
        row["@odata.etag"] = "W/\"1\""
        state.rows[Self.requests]?.append(row)
        return .json(.object(row), status: 201)
    }

    private func attach(_ request: SimulatedRequest, _ state: inout State) -> SimulatedResponse {
        guard var row = request.json?.object, let number = row["RequestId"]?.string,
            state.rows[Self.requests]?.contains(where: { $0["RequestId"]?.string == number }) == true
        else { return Self.problem(400, "The value in field 'Request' is not found in the related table.") }
        guard row["DocumentAttachmentTypeCode"] == "Image", (row["AttachmentDescription"]?.string ?? "").count <= 60
        else {
            return Self.problem(400, "The document type or the description is not valid.")
        }
        guard let name = row["OriginalFileName"]?.string,
            let file = SimulatedFile(order: number, name: name, base64: row["Attachment"]?.string)
        else { return Self.problem(400, "Cannot convert the literal to the expected type 'Edm.Binary'.") }
        state.files.append(file)
        row["Attachment"] = nil
        row["AttachedDateTime"] = .string(clock().rfc3339)
        state.rows[Self.attachments]?.append(row)
        return .json(.object(row), status: 201)
    }

    private func change(_ index: Int, _ request: SimulatedRequest, _ state: inout State) -> SimulatedResponse {
        guard let body = request.json?.object, var row = state.rows[Self.requests]?[index] else {
            return Self.problem(400, "The body is no object.")
        }
        let condition = request.header("if-match") ?? "*"
        guard condition == "*" || condition == row["@odata.etag"]?.string else {
            return Self.problem(412, "The record was changed by another user.")
        }
        if let problem = Self.check(body, state) { return problem }
        for member in body.members { row[member.name] = member.value }
        state.count += 1
        row["@odata.etag"] = .string("W/\"\(state.count + 1)\"")
        state.rows[Self.requests]?[index] = row
        return SimulatedResponse(204)
    }

    private static func check(_ row: JSONObject, _ state: State) -> SimulatedResponse? {
        if (row["Description"]?.string ?? "").count > 60 {
            return problem(400, "The value of the field Description has more than 60 characters.")
        }
        guard let asset = row["MaintenanceAssetId"]?.string else { return nil }
        let isKnown =
            state.rows["AssetMaintenanceAssetsV3"]?
            .contains { $0["MaintenanceAssetId"]?.string == asset } == true
        return isKnown ? nil : problem(400, "The value '\(asset)' in field 'Asset' is not found in the related table.")
    }

    private static func problem(_ status: Int, _ message: String) -> SimulatedResponse {
        .json(["error": ["code": "", "message": .string(message)]], status: status)
    }
}
