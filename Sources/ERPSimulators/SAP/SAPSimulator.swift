import Foundation
import Primitives
import Synchronization

/// SAP S/4HANA's OData 2.0 services for maintenance notifications and orders, goods movements, stock, equipment and
/// products, as far as connectors use them.
///
/// Keeps to their metadata (unknown, read-only and too long properties are 400) and to SAP Gateway's rules: Basic
/// authorization, `sap-client` 100, changes with a CSRF token that is bound to the session's cookie (else 403 with
/// `x-csrf-token: Required`), updates with the entity's ETag (428, 412), errors as `{"error": {"code", "message":
/// {"value"}, "innererror"}}`. Numbers come from ranges, external references are kept in capitals and are not unique,
/// a notification has one order at most, equipment and materials must be known. One plant, 1010, one storage
/// location, 101A. A file belongs to what its upload's header fields name, be that there or not.
final class SAPSimulator: SimulatedERP {
    /// One row, with the number of its version.
    struct Row {
        var values: JSONObject
        var version = 1
        /// Rows of navigations.
        var children: [String: [JSONObject]] = [:]
    }

    struct State {
        var rows: [String: [Row]] = [:]
        /// Session cookies and their tokens.
        var sessions: [String: String] = [:]
        var lastSession = 0
        /// What the storage location holds.
        var stock: [String: Double] = [:]
        /// What the attachments of notifications hold, with the notifications' numbers.
        var files: [SimulatedFile] = []
    }

    static let plantCode = "1010"
    static let storageLocation = "101A"
    static let base = "/sap/opu/odata/sap/"

    let plant: SimulatedPlant
    let clock: @Sendable () -> Timestamp
    let state: Mutex<State>
    private let authorization: String

    init(plant: SimulatedPlant, account: SimulatedAccount, clock: @escaping @Sendable () -> Timestamp) {
        self.plant = plant
        self.clock = clock
        authorization = "Basic " + Data("\(account.name):\(account.secret.reveal())".utf8).base64EncodedString()
        var state = State()
        for item in plant.items { state.stock[item.number] = item.onHand }
        state.rows["Equipment"] = plant.equipment.map { equipment in
            Row(values: [
                "Equipment": .string(equipment.tag), "ValidityEndDate": "/Date(253402214400000)/",
                "EquipmentName": .string(equipment.name), "ManufacturerSerialNumber": .string(equipment.serial),
                "TechnicalObjectSortCode": .string(equipment.tag), "EquipmentIsMarkedForDeletion": false,
                "EquipmentIsInactive": false,
            ])
        }
        state.rows["A_Product"] = plant.items.map { item in
            Row(
                values: ["Product": .string(item.number), "BaseUnit": .string(item.unit.uppercased())],
                children: ["to_Description": [["Language": "EN", "ProductDescription": .string(item.name)]]]
            )
        }
        self.state = Mutex(state)
    }

    var stock: [String: Double] { state.withLock(\.stock) }

    var files: [SimulatedFile] { state.withLock(\.files) }

    var orders: [SimulatedOrder] {
        state.withLock { state in
            state.rows["MaintenanceNotification", default: []].map { row in
                let number = row.values["MaintenanceNotification"]?.string ?? ""
                let orders = state.rows["MaintenanceOrder", default: []].map(\.values)
                    .filter { $0["MaintenanceNotification"]?.string == number }
                let statuses = orders.compactMap { $0["SystemStatusText"]?.string }
                let phase = row.values["NotifProcessingPhaseDesc"]?.string ?? ""
                return SimulatedOrder(
                    externalID: number,
                    reference: (row.values["MaintNotifExtReferenceNumber"]?.string ?? "").lowercased(),
                    title: row.values["NotificationText"]?.string ?? "",
                    equipment: row.values["TechnicalObject"]?.string,
                    status: ([phase] + statuses).joined(separator: ", ")
                )
            }
        }
    }

    func complete(_ externalID: String, outcome: String) -> Bool {
        state.withLock { state in
            guard let index = Self.index(of: externalID, in: "MaintenanceNotification", &state) else { return false }
            let time = Self.date(clock())
            let number = state.rows["MaintenanceNotification"]?[index].values["MaintenanceOrder"]?.string
            if let number, let order = Self.index(of: number, in: "MaintenanceOrder", &state) {
                change("MaintenanceOrder", order, &state) { row in
                    row.values["SystemStatusText"] = "REL CNF TECO"
                    row.values["MaintOrderReferenceDateTime"] = .string(time)
                }
            }
            change("MaintenanceNotification", index, &state) { row in
                Self.set(phase: 4, &row.values)
                row.children["to_Item"] = [
                    [
                        "MaintenanceNotification": .string(externalID), "MaintenanceNotificationItem": "0001",
                        "MaintNotifItemText": .string(String(outcome.prefix(40))),
                    ]
                ]
            }
            return true
        }
    }

    func endSessions() { state.withLock { $0.sessions = [:] } }

    func answer(_ request: SimulatedRequest) -> SimulatedResponse {
        guard request.header("authorization") == authorization else {
            return Self.problem(401, "", "Logon failed")
        }
        if let client = request.parameter("sap-client"), client != "100" {
            return Self.problem(400, "00/152", "Client \(client) is not available in this system")
        }
        guard request.path.hasPrefix(Self.base) else { return Self.problem(404, "", "Not found") }
        let rest = request.path.dropFirst(Self.base.count)
        let service = String(rest.prefix { $0 != "/" })
        let path = String(rest.dropFirst(service.count + 1))
        guard SAPEntitySet.all.values.contains(where: { $0.service == service }) else {
            return Self.problem(404, "/IWFND/MED/170", "No service found for namespace '', name '\(service)'")
        }
        return state.withLock { state in
            if request.method == "GET" { return read(request, service, path, &state) }
            guard hasToken(request, state) else {
                return Self.problem(
                    403,
                    "/IWFND/CM_CSRF",
                    "CSRF token validation failed",
                    headers: [("x-csrf-token", "Required")]
                )
            }
            return write(request, service, path, &state)
        }
    }

    private func hasToken(_ request: SimulatedRequest, _ state: State) -> Bool {
        guard let token = request.header("x-csrf-token") else { return false }
        let cookies = (request.header("cookie") ?? "").split(separator: ";").map { $0.filter { $0 != " " } }
        return cookies.contains { state.sessions[$0] == token } && cookies.contains("sap-usercontext=sap-client=100")
    }

    /// A session of two cookies, of which both must come back.
    private func session(_ state: inout State) -> [(name: String, value: String)] {
        state.lastSession += 1
        let cookie = "SAP_SESSIONID_S4H_100=session-\(state.lastSession)"
        let token = "token-\(state.lastSession)-of-this-session"
        state.sessions[cookie] = token
        return [
            ("x-csrf-token", token), ("Set-Cookie", "\(cookie); path=/; secure; HttpOnly"),
            ("Set-Cookie", "sap-usercontext=sap-client=100; path=/"),
        ]
    }

    private func read(
        _ request: SimulatedRequest,
        _ service: String,
        _ path: String,
        _ state: inout State
    ) -> SimulatedResponse {
        let fetches = request.header("x-csrf-token")?.lowercased() == "fetch"
        let headers = fetches ? session(&state) : []
        if path.isEmpty {
            let sets = SAPEntitySet.all.values.filter { $0.service == service }.map(\.name).sorted()
            return .json(["d": ["EntitySets": .array(sets.map(JSONValue.string))]], headers: headers)
        }
        if service == SAPEntitySet.file.service { return Self.attachments(request, path, state) }
        let name = String(path.prefix { $0 != "(" })
        guard let set = SAPEntitySet.all[name], set.service == service else {
            return Self.problem(404, "/IWBEP/CM_MGW_RT/020", "Resource not found for the segment '\(name)'")
        }
        if path.contains("(") { return entity(request, set, path, state) }
        return list(request, set, state)
    }
}

extension SimulatorDefinition {
    /// SAP S/4HANA: notifications with released orders.
    static let sapS4HANA = SimulatorDefinition(
        name: "sap-s4hana",
        setup: { account in
            SimulatorSetup(
                kind: "sap-s4hana",
                credentials: ["username": .string(account.name), "password": .string(account.secret.reveal())],
                options: [
                    "client": "100", "plant": "1010", "planningPlant": "1010", "workCenter": "MECH",
                    "storageLocation": "101A", "orderType": "PM01", "releaseOrder": true, "costCenter": "MAINT",
                    "movementTypes": ["increase": "561", "decrease": "562"],
                ]
            )
        },
        isChange: { $0.method != "GET" },
        make: { SAPSimulator(plant: $0, account: $1, clock: $2) }
    )
}
