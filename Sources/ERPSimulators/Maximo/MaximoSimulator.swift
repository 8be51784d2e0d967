import Foundation
import Primitives
import Synchronization

extension SimulatorDefinition {
    /// IBM Maximo.
    static let maximo = SimulatorDefinition(
        name: "maximo",
        setup: { account in
            SimulatorSetup(
                kind: "maximo",
                credentials: ["header": "apikey", "value": .string(account.secret.reveal())],
                options: ["site": "BEDFORD", "storeroom": "CENTRAL"]
            )
        },
        isChange: { $0.method != "GET" },
        make: { MaximoSimulator(plant: $0, account: $1, clock: $2) }
    )
}

/// IBM Maximo as connectors see it, over its JSON API with `lean=1`.
///
/// Made from IBM's documentation and published clients, not from a running Maximo. Keeps: `apikey` under `/api`, `maxauth`
/// under `/oslc`; a number that is taken is refused with 400 and BMXAA4129E, unknown assets, items and texts that are too
/// long with 400; creates answer 201 with `Location`, and a body only when `properties` asks; a POST to a member without
/// `x-method-override: PATCH` is refused; MERGE appends child rows; members' `href`s name a host of Maximo's own; lists
/// come in pages with `responseInfo.nextPage`; an inventory usage that is complete changes the balance at once; documents of
/// one name are several, and all but the first get a number behind it.
final class MaximoSimulator: SimulatedERP {
    struct State {
        /// Rows by object structure, oldest first.
        var rows: [String: [JSONObject]] = [:]
        /// Work log rows by work order number.
        var logs: [String: [JSONObject]] = [:]
        /// The attached documents of work orders.
        var files: [SimulatedFile] = []
    }

    /// What tells a row of a structure from others, beside the site.
    private static let keys = [
        "mxapiwodetail": "wonum", "mxapiasset": "assetnum", "mxapiitem": "itemnum", "mxapiinvbal": "itemnum",
        "mxapiinvuse": "invusenum",
    ]
    private static let lengths = ["wonum": 25, "description": 100, "worktype": 5, "failurecode": 8, "invusenum": 25]

    private let account: SimulatedAccount
    private let clock: @Sendable () -> Timestamp
    let state: Mutex<State>

    init(plant: SimulatedPlant, account: SimulatedAccount, clock: @escaping @Sendable () -> Timestamp) {
        self.account = account
        self.clock = clock
        var state = State()
        state.rows["mxapiasset"] = plant.equipment.map { equipment in
            [
                "assetnum": .string(equipment.tag), "description": .string(equipment.name), "siteid": "BEDFORD",
                "serialnum": .string(equipment.serial), "location": "BR430", "status": "OPERATING",
            ]
        }
        state.rows["mxapiitem"] = plant.items.map { item in
            [
                "itemnum": .string(item.number), "description": .string(item.name), "status": "ACTIVE",
                "issueunit": .string(item.unit),
            ]
        }
        state.rows["mxapiinvbal"] = plant.items.map { item in
            [
                "itemnum": .string(item.number), "location": "CENTRAL", "siteid": "BEDFORD", "binnum": "A-1",
                "curbal": .number(item.onHand), "physcnt": .number(item.onHand),
            ]
        }
        self.state = Mutex(state)
    }

    var orders: [SimulatedOrder] {
        state.withLock { state in
            (state.rows["mxapiwodetail"] ?? []).map { row in
                let text = row["description_longdescription"]?.string ?? ""
                let number = row["wonum"]?.string ?? ""
                let log = (state.logs[number] ?? []).map { $0["description"]?.string ?? "" }.joined(separator: "|")
                return SimulatedOrder(
                    externalID: number,
                    reference: text.split(separator: " ").last.map(String.init) ?? "",
                    title: (row["description"]?.string ?? "") + (log.isEmpty ? "" : " | " + log),
                    equipment: row["assetnum"]?.string,
                    status: row["status"]?.string ?? ""
                )
            }
        }
    }

    var stock: [String: Double] {
        state.withLock { state in
            (state.rows["mxapiinvbal"] ?? []).reduce(into: [:]) { stock, row in
                stock[row["itemnum"]?.string ?? ""] = row["curbal"]?.double ?? 0
            }
        }
    }

    var files: [SimulatedFile] { state.withLock(\.files) }

    func complete(_ externalID: String, outcome: String) -> Bool {
        state.withLock { state in
            guard let index = state.rows["mxapiwodetail"]?.firstIndex(where: { $0["wonum"]?.string == externalID })
            else {
                return false
            }
            state.rows["mxapiwodetail"]?[index]["status"] = "COMP"
            state.rows["mxapiwodetail"]?[index]["actfinish"] = .string(time)
            state.rows["mxapiwodetail"]?[index]["changedate"] = .string(time)
            state.logs[externalID, default: []].append(["logtype": "WORK", "description": .string(outcome)])
            return true
        }
    }

    func endSessions() {}

    private var time: String { String(clock().rfc3339.prefix(19)) + "+00:00" }

    func answer(_ request: SimulatedRequest) -> SimulatedResponse {
        let segments = request.segments
        let login = Data("\(account.name):\(account.secret.reveal())".utf8).base64EncodedString()
        let isKnown =
            segments.first == "api"
            ? request.header("apikey") == account.secret.reveal() : request.header("maxauth") == login
        guard isKnown else {
            return Self.problem(401, "BMXAA0021E", "User name and password combination are not valid.")
        }
        switch (request.method, Array(segments.dropFirst())) {
        case ("GET", ["whoami"]): return .json(["userName": .string(account.name), "defaultSite": "BEDFORD"])
        case ("GET", ["jsonschemas", "mxapiwodetail"]):
            return .json(["properties": ["wonum": ["subType": "UPPER", "maxLength": 25]]])
        case ("GET", let path) where path.count == 2 && path[0] == "os": return list(path[1], request)
        case ("GET", let path) where path.count == 4 && path[3] == "woworklog": return logs(path[2])
        case (_, let path) where path.count == 4 && path[1] == "mxapiwodetail" && path[3] == "doclinks":
            return documents(path[2], request)
        case ("POST", let path) where path.count == 2 && path[0] == "os": return create(path[1], request)
        case ("POST", let path) where path.count == 3 && path[0] == "os": return merge(path[1], path[2], request)
        default: return Self.problem(404, "BMXAA8727E", "The OSLC resource was not found.")
        }
    }

    // MARK: Reading

    private func list(_ structure: String, _ request: SimulatedRequest) -> SimulatedResponse {
        state.withLock { state in
            guard let rows = state.rows[structure] ?? (Self.keys[structure] == nil ? nil : []) else {
                return Self.problem(400, "BMXAA9301E", "The user is not authorized to \(structure).")
            }
            guard request.parameter("lean") == "1",
                let filter = SimulatedFilter(request.parameter("oslc.where") ?? "", separator: " and ")
            else { return Self.problem(400, "BMXAA8744E", "The where clause cannot be read.") }
            let matches = rows.filter(filter.matches)
            // A small page, so that clients must turn it.
            let size = min(2, request.parameter("oslc.pageSize").flatMap(Int.init) ?? 2)
            let number = max(1, request.parameter("pageno").flatMap(Int.init) ?? 1)
            let rest = matches.dropFirst((number - 1) * size)
            var info: JSONObject = ["pagenum": .integer(Int64(number))]
            if rest.count > size {
                info["nextPage"] = ["href": .string("http://maximo.internal/oslc/os/\(structure)?pageno=\(number + 1)")]
            }
            let members = rest.prefix(size).map { row -> JSONValue in
                var row = row
                row["href"] = .string("http://maximo.internal/oslc/os/\(structure)/\(Self.resource(structure, row))")
                return .object(row)
            }
            return .json(["member": .array(members), "responseInfo": .object(info)])
        }
    }

    private func logs(_ resource: String) -> SimulatedResponse {
        state.withLock { state in
            let order = state.rows["mxapiwodetail"]?.first { Self.resource("mxapiwodetail", $0) == resource }
            let logs = state.logs[order?["wonum"]?.string ?? ""] ?? []
            return .json(["member": .array(logs.map(JSONValue.object))])
        }
    }

    /// `_` and the base64 of key and site, with `-` for `=`.
    static func resource(_ structure: String, _ row: JSONObject) -> String {
        let key = keys[structure].flatMap { row[$0]?.string } ?? ""
        let text = Data("\(key)/\(row["siteid"]?.string ?? "")".utf8).base64EncodedString()
        return "_" + text.replacing("=", with: "-").replacing("/", with: "_").replacing("+", with: ".")
    }

    // MARK: Changing

    private func create(_ structure: String, _ request: SimulatedRequest) -> SimulatedResponse {
        guard ["mxapiwodetail", "mxapiinvuse"].contains(structure), let key = Self.keys[structure],
            var row = request.json?.object
        else { return Self.problem(400, "BMXAA8727E", "This cannot be created here.") }
        return state.withLock { state in
            if let problem = check(row, state) { return problem }
            let number = row[key]?.string ?? "\(1_000 + (state.rows[structure]?.count ?? 0))"
            row[key] = .string(number)
            guard number == number.uppercased() else {
                return Self.problem(400, "BMXAA4190E", "The number is not upper case.")
            }
            if state.rows[structure]?.contains(where: { $0[key]?.string == number }) == true {
                return Self.problem(400, "BMXAA4129E", "The record \(number) already exists.")
            }
            if structure == "mxapiinvuse" {
                if let problem = issue(row, &state) { return problem }
            } else {
                row["status"] = "WAPPR"
                row["wpmaterial"] = nil
            }
            row["changedate"] = .string(time)
            state.rows[structure, default: []].append(row)
            let location = "http://maximo.internal/oslc/os/\(structure)/\(Self.resource(structure, row))"
            let headers = [(name: "Location", value: location)]
            guard let properties = request.header("properties") else { return SimulatedResponse(201, headers: headers) }
            var answer = JSONObject()
            for name in properties.split(separator: ",") { answer[String(name)] = row[String(name)] }
            return .json(.object(answer), status: 201, headers: headers)
        }
    }

    /// What Maximo refuses in a row.
    private func check(_ row: JSONObject, _ state: State) -> SimulatedResponse? {
        for (name, length) in Self.lengths where (row[name]?.string ?? "").count > length {
            return Self.problem(
                400,
                "BMXAA4049E",
                "The value specified \(row[name]?.string ?? "") exceeds the maximum field length."
            )
        }
        if let asset = row["assetnum"]?.string,
            state.rows["mxapiasset"]?.contains(where: { $0["assetnum"]?.string == asset }) != true
        {
            return Self.problem(400, "BMXAA2661E", "Asset \(asset) is not a valid asset.")
        }
        return nil
    }

    private func issue(_ row: JSONObject, _ state: inout State) -> SimulatedResponse? {
        for line in row["invuseline"]?.array ?? [] {
            guard line["assetnum"] != nil || line["gldebitacct"] != nil || line["refwo"] != nil else {
                return Self.problem(400, "BMXAA1864E", "The issue has no account to charge.")
            }
            guard let index = state.rows["mxapiinvbal"]?.firstIndex(where: { $0["itemnum"] == line["itemnum"] }),
                let balance = state.rows["mxapiinvbal"]?[index]["curbal"]?.double,
                let quantity = line["quantity"]?.double
            else {
                return Self.problem(400, "BMXAA1939E", "Item \(line["itemnum"]?.string ?? "") is not in the storeroom.")
            }
            state.rows["mxapiinvbal"]?[index]["curbal"] = .number(balance - quantity)
        }
        return nil
    }

    private func merge(_ structure: String, _ resource: String, _ request: SimulatedRequest) -> SimulatedResponse {
        guard request.header("x-method-override") == "PATCH", request.header("patchtype") == "MERGE",
            let body = request.json?.object
        else { return Self.problem(400, "oslc#create_on_updateuri", "A member is changed by PATCH.") }
        return state.withLock { state in
            guard let index = state.rows[structure]?.firstIndex(where: { Self.resource(structure, $0) == resource })
            else {
                return Self.problem(404, "BMXAA8727E", "The OSLC resource was not found.")
            }
            if let problem = check(body, state) { return problem }
            for member in body.members {
                switch member.name {
                case "worklog":
                    let number = state.rows[structure]?[index]["wonum"]?.string ?? ""
                    state.logs[number, default: []] += (member.value.array ?? []).compactMap(\.object)
                case "assetmeter", "wpmaterial": continue
                default: state.rows[structure]?[index][member.name] = member.value
                }
            }
            state.rows[structure]?[index]["changedate"] = .string(time)
            return SimulatedResponse(204)
        }
    }

    static func problem(_ status: Int, _ code: String, _ message: String) -> SimulatedResponse {
        .json(
            [
                "Error": [
                    "reasonCode": .string(code), "message": .string("\(code) - \(message)"),
                    "statusCode": .string(String(status)),
                ]
            ],
            status: status
        )
    }
}
