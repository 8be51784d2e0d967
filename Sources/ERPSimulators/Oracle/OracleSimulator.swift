import Foundation
import Primitives
import Synchronization

extension SimulatorDefinition {
    /// Oracle Fusion Cloud Maintenance.
    static let oracle = SimulatorDefinition(
        name: "oracle-maintenance",
        setup: { account in
            SimulatorSetup(
                kind: "oracle-maintenance",
                credentials: ["bearer": .string(account.secret.reveal())],
                options: ["organization": "M1", "subinventory": "MAIN"]
            )
        },
        isChange: SimulatedTokens.isChange,
        make: { OracleSimulator(plant: $0, account: $1, clock: $2) }
    )
}

/// Oracle Fusion Cloud Maintenance as connectors see it, over REST 11.13.18.05.
///
/// Made from Oracle's documentation, not from a running environment. Keeps: numbers of work orders are unique in an
/// organization and refused with 400, as unknown assets and texts that are too long are; lists with `q`, `limit`, `offset`
/// and `hasMore`; a staged inventory transaction answers 201 also when its processing failed, with `ErrorExplanation`;
/// inventory transactions cannot be asked for. Takes Basic, the secret as a bearer token, and tokens of its own.
final class OracleSimulator: SimulatedERP {
    struct State {
        /// Rows by resource, oldest first.
        var rows: [String: [JSONObject]] = [:]
        var count = 0
        /// The attachments of work orders.
        var files: [SimulatedFile] = []
    }

    private let tokens: SimulatedTokens
    private let basic: String
    private let clock: @Sendable () -> Timestamp
    let state: Mutex<State>

    init(plant: SimulatedPlant, account: SimulatedAccount, clock: @escaping @Sendable () -> Timestamp) {
        tokens = SimulatedTokens(account)
        basic = "Basic " + Data("\(account.name):\(account.secret.reveal())".utf8).base64EncodedString()
        self.clock = clock
        var state = State()
        state.rows["maintenanceWorkOrders"] = []
        state.rows["meterReadings"] = []
        state.rows["inventoryOrganizations"] = [["OrganizationCode": "M1", "OrganizationName": "Plant One"]]
        state.rows["installedBaseAssets"] = plant.equipment.map { equipment in
            [
                "AssetNumber": .string(equipment.tag), "Description": .string(equipment.name),
                "SerialNumber": .string(equipment.serial), "OperatingOrganizationCode": "M1",
            ]
        }
        state.rows["itemsV2"] = plant.items.map { item in
            [
                "ItemNumber": .string(item.number), "ItemDescription": .string(item.name),
                "PrimaryUOMValue": .string(item.unit), "OrganizationCode": "M1",
            ]
        }
        state.rows["inventoryOnhandBalances"] = plant.items.map { item in
            [
                "ItemNumber": .string(item.number), "OrganizationCode": "M1", "SubinventoryCode": "MAIN",
                "PrimaryQuantity": .number(item.onHand),
            ]
        }
        self.state = Mutex(state)
    }

    var orders: [SimulatedOrder] {
        state.withLock { state in
            (state.rows["maintenanceWorkOrders"] ?? []).map { row in
                SimulatedOrder(
                    externalID: row["WorkOrderNumber"]?.string ?? "",
                    reference: row["WorkOrderNumber"]?.string ?? "",
                    title: row["WorkOrderDescription"]?.string ?? "",
                    equipment: row["AssetNumber"]?.string,
                    status: row["WorkOrderStatusCode"]?.string ?? ""
                )
            }
        }
    }

    var stock: [String: Double] {
        state.withLock { state in
            (state.rows["inventoryOnhandBalances"] ?? []).reduce(into: [:]) { stock, row in
                stock[row["ItemNumber"]?.string ?? ""] = row["PrimaryQuantity"]?.double ?? 0
            }
        }
    }

    var files: [SimulatedFile] { state.withLock(\.files) }

    func complete(_ externalID: String, outcome: String) -> Bool {
        state.withLock { state in
            guard
                let index = state.rows["maintenanceWorkOrders"]?
                    .firstIndex(where: { $0["WorkOrderNumber"]?.string == externalID })
            else { return false }
            for (name, value) in [
                ("WorkOrderStatusCode", "ORA_COMPLETED"), ("ActualStartDate", time), ("ActualCompletionDate", time),
                ("LastUpdateDate", time),
            ] {
                state.rows["maintenanceWorkOrders"]?[index][name] = .string(value)
            }
            return true
        }
    }

    func endSessions() { tokens.revoke() }

    private var time: String { clock().rfc3339 }

    func answer(_ request: SimulatedRequest) -> SimulatedResponse {
        if let token = tokens.answer(request) { return token }
        guard tokens.admits(request) || request.header("authorization") == basic else { return SimulatedResponse(401) }
        let segments = request.segments
        guard segments.starts(with: ["fscmRestApi", "resources", "11.13.18.05"]) else { return SimulatedResponse(404) }
        switch (request.method, Array(segments.dropFirst(3))) {
        case ("GET", ["inventoryStagedTransactions"]): return Self.problem(405, "GET is not supported.")
        case ("GET", let path) where path.count == 1: return list(path[0], request)
        case (_, let path) where path.count == 4 && path[2...] == ["child", "attachments"]:
            return attachments(path[1], request)
        case ("POST", ["maintenanceWorkOrders"]): return createOrder(request)
        case ("POST", ["meterReadings"]): return read(request)
        case ("POST", ["inventoryStagedTransactions"]): return stage(request)
        case ("PATCH", let path) where path.count == 2 && path[0] == "maintenanceWorkOrders":
            return change(path[1], request)
        default: return SimulatedResponse(404)
        }
    }

    private func list(_ resource: String, _ request: SimulatedRequest) -> SimulatedResponse {
        state.withLock { state in
            guard let rows = state.rows[resource] else { return SimulatedResponse(404) }
            guard let filter = SimulatedFilter(request.parameter("q") ?? "", separator: ";") else {
                return Self.problem(400, "URL request parameter q cannot be used in this context.")
            }
            let matches = rows.filter(filter.matches)
            let offset = max(0, request.parameter("offset").flatMap(Int.init) ?? 0)
            // A small page, so that clients must turn it.
            let limit = min(2, request.parameter("limit").flatMap(Int.init) ?? 25)
            let page = matches.dropFirst(offset).prefix(limit)
            return .json([
                "items": .array(page.map(JSONValue.object)), "count": .integer(Int64(page.count)),
                "hasMore": .bool(offset + page.count < matches.count), "limit": .integer(Int64(limit)),
                "offset": .integer(Int64(offset)),
            ])
        }
    }

    private func createOrder(_ request: SimulatedRequest) -> SimulatedResponse {
        guard var row = request.json?.object, row["OrganizationCode"]?.string == "M1" else {
            return Self.problem(400, "The organization code is not valid.")
        }
        return state.withLock { state in
            if let problem = check(row, state) { return problem }
            state.count += 1
            let number = row["WorkOrderNumber"]?.string ?? String(1_000 + state.count)
            if state.rows["maintenanceWorkOrders"]?.contains(where: { $0["WorkOrderNumber"]?.string == number }) == true
            {
                return Self.problem(400, "The work order number \(number) is in use in this organization.")
            }
            row["WorkOrderNumber"] = .string(number)
            row["WorkOrderId"] = .integer(Int64(300_000_000_000 + state.count))
            row["LastUpdateDate"] = .string(time)
            state.rows["maintenanceWorkOrders", default: []].append(row)
            return .json(.object(row), status: 201)
        }
    }

    private func check(_ row: JSONObject, _ state: State) -> SimulatedResponse? {
        if (row["WorkOrderDescription"]?.string ?? "").count > 240 {
            return Self.problem(400, "The work order description has more than 240 characters.")
        }
        guard let asset = row["AssetNumber"]?.string else { return nil }
        let isKnown = state.rows["installedBaseAssets"]?.contains { $0["AssetNumber"]?.string == asset } == true
        return isKnown ? nil : Self.problem(400, "The asset number \(asset) is not valid.")
    }

    private func change(_ id: String, _ request: SimulatedRequest) -> SimulatedResponse {
        guard let body = request.json?.object else { return Self.problem(400, "The body is no object.") }
        return state.withLock { state in
            guard
                let index = state.rows["maintenanceWorkOrders"]?
                    .firstIndex(where: { $0["WorkOrderId"]?.integer.map(String.init) == id })
            else { return SimulatedResponse(404) }
            if let problem = check(body, state) { return problem }
            for member in body.members { state.rows["maintenanceWorkOrders"]?[index][member.name] = member.value }
            state.rows["maintenanceWorkOrders"]?[index]["LastUpdateDate"] = .string(time)
            return .json(.object(state.rows["maintenanceWorkOrders"]?[index] ?? [:]))
        }
    }

    private func read(_ request: SimulatedRequest) -> SimulatedResponse {
        guard var row = request.json?.object else { return Self.problem(400, "The body is no object.") }
        return state.withLock { state in
            if let problem = check(row, state) { return problem }
            state.count += 1
            row["MeterReadingId"] = .integer(Int64(state.count))
            state.rows["meterReadings", default: []].insert(row, at: 0)
            return .json(.object(row), status: 201)
        }
    }

    private func stage(_ request: SimulatedRequest) -> SimulatedResponse {
        guard var row = request.json?.object else { return Self.problem(400, "The body is no object.") }
        return state.withLock { state in
            state.count += 1
            row["TransactionInterfaceId"] = .integer(Int64(state.count))
            let index = state.rows["inventoryOnhandBalances"]?.firstIndex { balance in
                balance["ItemNumber"] == row["ItemNumber"] && balance["SubinventoryCode"] == row["SubinventoryCode"]
            }
            guard let index, let quantity = row["TransactionQuantity"]?.double,
                let balance = state.rows["inventoryOnhandBalances"]?[index]["PrimaryQuantity"]?.double,
                balance + quantity >= 0
            else {
                row["ErrorExplanation"] = "The quantity is not available in the subinventory."
                return .json(.object(row), status: 201)
            }
            state.rows["inventoryOnhandBalances"]?[index]["PrimaryQuantity"] = .number(balance + quantity)
            return .json(.object(row), status: 201)
        }
    }

    static func problem(_ status: Int, _ detail: String) -> SimulatedResponse {
        .json(
            [
                "title": "Bad Request", "status": .string(String(status)),
                "o:errorDetails": [["detail": .string(detail), "o:errorCode": "WIE-2730001"]],
            ],
            status: status
        )
    }
}
