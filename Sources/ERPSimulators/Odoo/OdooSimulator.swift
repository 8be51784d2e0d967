import Primitives
import Synchronization

/// Odoo with the apps Maintenance and Inventory: `/jsonrpc` in every version, `/json/2` and `/web/version` from 19 on.
///
/// It has Odoo's traps: errors and refusals of `load` with status 200, 500 for an unknown field, answers without
/// `result`, questions in place of bookings, equipment that must be active, `load` that overwrites, JSON-RPC that knows
/// users by number.
final class OdooSimulator: SimulatedERP {
    static let database = "plant"
    private static let user: Int64 = 2

    private let account: SimulatedAccount
    private let clock: @Sendable () -> Timestamp
    private let major: Int
    private let state: Mutex<OdooDatabase>

    init(
        plant: SimulatedPlant,
        account: SimulatedAccount,
        clock: @escaping @Sendable () -> Timestamp,
        major: Int,
        refusesFirstRepeat: Bool = false
    ) {
        self.account = account
        self.clock = clock
        self.major = major
        var database = OdooDatabase(major: major, plant: plant)
        database.refusesFirstRepeat = refusesFirstRepeat
        state = Mutex(database)
    }

    // MARK: What people see and do

    var orders: [SimulatedOrder] {
        state.withLock { database in
            let tables = database.tables
            return tables.all("maintenance.request").map { request in
                let id = request["id"] ?? .null
                let names = tables.all("ir.model.data")
                    .filter { $0["model"] == "maintenance.request" && $0["res_id"] == id }
                let equipment = request["equipment_id"]?.integer.flatMap { tables["maintenance.equipment", $0] }
                let stage = request["stage_id"]?.integer.flatMap { tables["maintenance.stage", $0]?["name"]?.string }
                return SimulatedOrder(
                    externalID: String(id.integer ?? 0),
                    reference: names.first?["name"]?.string ?? "",
                    title: request["name"]?.string ?? "",
                    equipment: equipment?["x_tag"]?.string,
                    status: request["archive"] == .bool(true) ? "cancelled" : stage ?? ""
                )
            }
        }
    }

    var stock: [String: Double] {
        state.withLock { database in
            var stock: [String: Double] = [:]
            for quant in database.tables.all("stock.quant") where quant["location_id"] == 1 {
                let product = quant["product_id"]?.integer.flatMap { database.tables["product.product", $0] }
                if let code = product?["default_code"]?.string { stock[code] = quant["quantity"]?.double ?? 0 }
            }
            return stock
        }
    }

    var files: [SimulatedFile] {
        state.withLock { database in
            database.tables.all("ir.attachment").compactMap { row in
                SimulatedFile(
                    order: String(row["res_id"]?.integer ?? 0),
                    name: row["name"]?.string ?? "",
                    base64: row["datas"]?.string
                )
            }
        }
    }

    func complete(_ externalID: String, outcome: String) -> Bool {
        let now = clock()
        return state.withLock { database in
            guard let id = Int64(externalID), database.tables["maintenance.request", id] != nil else { return false }
            let time = Self.text(now)
            database.tables.change(
                "maintenance.request",
                id,
                ["stage_id": 3, "close_date": .string(String(time.prefix(10))), "write_date": .string(time)]
            )
            _ = database.tables.add(
                "mail.message",
                [
                    "model": "maintenance.request", "res_id": .integer(id), "message_type": "comment",
                    "message_id": .string("<\(id).\(time)@odoo>"), "body": .string("<p>\(outcome)</p>"),
                ]
            )
            return true
        }
    }

    func endSessions() {}

    // MARK: HTTP

    func answer(_ request: SimulatedRequest) -> SimulatedResponse {
        switch (request.method, request.segments.first ?? "") {
        case ("GET", "web") where major >= 19 && request.path == "/web/version":
            .json(["version": .string("\(major).0"), "version_info": [.integer(Int64(major)), 0, 0, "final", 0, ""]])
        case ("POST", "jsonrpc"): remoteCall(request)
        case ("POST", "json") where major >= 19 && request.segments.count == 4: json2(request)
        default:
            SimulatedResponse(404, headers: [("Content-Type", "text/html")], body: Array("<h1>Not Found</h1>".utf8))
        }
    }

    private func perform(_ call: OdooDatabase.Call) -> Result<JSONValue, OdooException> {
        let now = Self.text(clock())
        return state.withLock { database in
            database.now = now
            let before = database
            do throws(OdooException) {
                return .success(try database.call(call))
            } catch {
                // An exception rolls the transaction back.
                database = before
                return .failure(error)
            }
        }
    }

    private static func text(_ time: Timestamp) -> String { String(time.rfc3339.prefix(19)).replacing("T", with: " ") }

    // MARK: /json/2

    private func json2(_ request: SimulatedRequest) -> SimulatedResponse {
        guard request.header("authorization") == "Bearer \(account.secret.reveal())" else {
            return .json(
                ["name": "werkzeug.exceptions.Unauthorized", "message": "Invalid apikey", "arguments": []],
                status: 401,
                headers: [("WWW-Authenticate", "Bearer")]
            )
        }
        guard let body = request.json?.object else {
            return .json(
                ["name": "werkzeug.exceptions.BadRequest", "message": "not JSON", "arguments": []],
                status: 400
            )
        }
        var arguments = body
        for name in ["ids", "context"] { arguments[name] = nil }
        // Several records at once here.
        if let first = arguments["vals_list"]?.array?.first { arguments["vals_list"] = first }
        let call = OdooDatabase.Call(
            model: request.segments[2],
            method: request.segments[3],
            ids: body["ids"]?.array?.compactMap(\.integer) ?? [],
            arguments: arguments,
            context: body["context"]?.object ?? [:]
        )
        switch perform(call) {
        case .success(let value): return .json(call.method == "create" ? [value] : value)
        case .failure(let error):
            return .json(
                [
                    "name": .string(error.name), "message": .string(error.message),
                    "arguments": [.string(error.message)], "context": [:], "debug": "Traceback (most recent call last)",
                ],
                status: error.status
            )
        }
    }

    // MARK: /jsonrpc

    private func remoteCall(_ request: SimulatedRequest) -> SimulatedResponse {
        guard let params = request.json?["params"], let service = params["service"]?.string,
            let method = params["method"]?.string, let arguments = params["args"]?.array
        else { return failed(.value("not a call")) }
        switch (service, method) {
        case ("common", "version"):
            return succeeded([
                "server_version": .string("\(major).0"), "protocol_version": 1,
                "server_version_info": [.integer(Int64(major)), 0, 0, "final", 0, ""],
            ])
        case ("common", "authenticate"):
            guard arguments.count == 4 else { return failed(.value("authenticate takes four arguments")) }
            if let problem = problem(ofDatabase: arguments[0]) { return failed(problem) }
            let isKnown = arguments[1].string == account.name && arguments[2].string == account.secret.reveal()
            return succeeded(isKnown ? .integer(Self.user) : false)
        case ("object", "execute_kw"): return execute(arguments)
        default: return failed(.value("Method not found"))
        }
    }

    private func problem(ofDatabase name: JSONValue) -> OdooException? {
        if name.string == Self.database { return nil }
        let message = "FATAL:  database \"\(name.string ?? "")\" does not exist\n"
        return OdooException(name: "psycopg2.OperationalError", message: message, status: 500)
    }

    private func execute(_ arguments: [JSONValue]) -> SimulatedResponse {
        guard arguments.count >= 6, let model = arguments[3].string, let method = arguments[4].string,
            var positional = arguments[5].array?[...]
        else { return failed(.value("execute_kw takes six arguments")) }
        if let problem = problem(ofDatabase: arguments[0]) { return failed(problem) }
        guard arguments[1].integer == Self.user, arguments[2].string == account.secret.reveal() else {
            return failed(OdooException(name: "odoo.exceptions.AccessDenied", message: "Access denied", status: 401))
        }
        var named = (arguments.count > 6 ? arguments[6].object : nil) ?? [:]
        let context = named["context"]?.object ?? [:]
        named["context"] = nil
        var ids: [Int64] = []
        if Self.recordMethods.contains(method) { ids = positional.popFirst()?.array?.compactMap(\.integer) ?? [] }
        for (name, value) in zip(Self.parameters[method] ?? [], positional) { named[name] = value }
        let call = OdooDatabase.Call(model: model, method: method, ids: ids, arguments: named, context: context)
        switch perform(call) {
        case .success(let value): return succeeded(value)
        case .failure(let error): return failed(error)
        }
    }

    private static let recordMethods: Set<String> = [
        "write", "message_post", "action_confirm", "action_assign", "button_validate", "change_product_qty",
        "action_apply_inventory", "has_access",
    ]
    private static let parameters = [
        "create": ["vals_list"], "write": ["vals"], "load": ["fields", "data"], "has_access": ["operation"],
        "check_access_rights": ["operation", "raise_exception"], "search_read": ["domain", "fields"],
    ]

    /// What a method returns; nothing at all where it returns nothing, up to 18.
    private func succeeded(_ value: JSONValue) -> SimulatedResponse {
        .json(value.isNull ? ["jsonrpc": "2.0", "id": 1] : ["jsonrpc": "2.0", "id": 1, "result": value])
    }

    /// Errors have status 200.
    private func failed(_ error: OdooException) -> SimulatedResponse {
        .json([
            "jsonrpc": "2.0", "id": 1,
            "error": [
                "code": major >= 19 ? 0 : 200, "message": "Odoo Server Error",
                "data": [
                    "name": .string(error.name), "message": .string(error.message),
                    "arguments": [.string(error.message)], "debug": "Traceback (most recent call last)",
                ],
            ],
        ])
    }
}

extension SimulatorDefinition {
    /// Odoo 19: an API key and `/json/2`.
    static let odoo = odoo(19)
    /// Odoo 11: a user's password and JSON-RPC.
    static let odoo11 = odoo(11)
    /// Odoo 14: stock figures as quants that are in force at once.
    static let odoo14 = odoo(14)
    /// Odoo 17.
    static let odoo17 = odoo(17)

    static func odoo(_ major: Int, refusesFirstRepeat: Bool = false) -> SimulatorDefinition {
        SimulatorDefinition(
            name: major == 19 ? "odoo" : "odoo-\(major)",
            setup: { account in
                SimulatorSetup(
                    kind: "odoo",
                    credentials: major >= 19
                        ? ["bearer": .string(account.secret.reveal())]
                        : ["username": .string(account.name), "password": .string(account.secret.reveal())],
                    options: ["database": .string(OdooSimulator.database)]
                )
            },
            isChange: { request in
                let method =
                    request.path == "/jsonrpc"
                    ? request.json?["params"]?["args"]?.array.flatMap { $0.count > 4 ? $0[4].string : nil }
                    : request.segments.last
                return changes.contains(method ?? "")
            },
            make: {
                OdooSimulator(
                    plant: $0,
                    account: $1,
                    clock: $2,
                    major: major,
                    refusesFirstRepeat: refusesFirstRepeat
                )
            }
        )
    }

    private static let changes: Set<String> = [
        "create", "write", "load", "message_post", "action_confirm", "action_assign", "button_validate",
        "change_product_qty", "action_apply_inventory",
    ]
}
