import Primitives
import Synchronization

/// A pretended Dolibarr 17.0.2: one third party, one warehouse.
///
/// Seen on a running server, and kept: `DOLAPIKEY`; errors are `{"error": {"code", "message"}}`; `ref_ext` of a new
/// intervention is dropped without a word; interventions and movements with one reference are all made; a colon in the
/// value of a filter breaks it and the whole list comes back; a colon in the path is 200 with a sentence of the
/// injection protection; a filter on `ref_ext` of tickets is 503.
/// From its source: an empty list is 404; a missing right is 401 here; a movement of 0 or of an unknown product is 503;
/// validating twice is 304; track ids of tickets are unique.
final class DolibarrSimulator: SimulatedERP {
    struct State {
        var interventions: [JSONObject] = []
        var tickets: [JSONObject] = []
        var movements: [JSONObject] = []
        var stock: [String: Double] = [:]
        /// One for each name in the folder of an order.
        var files: [SimulatedFile] = []
        /// Rights that the user lacks, as `ficheinter.creer`.
        var denied: Set<String> = []
        /// Modules that are switched off, as `tickets`.
        var off: Set<String> = []
    }

    let plant: SimulatedPlant
    private let account: SimulatedAccount
    let clock: @Sendable () -> Timestamp
    private let state: Mutex<State>

    init(plant: SimulatedPlant, account: SimulatedAccount, clock: @escaping @Sendable () -> Timestamp) {
        self.plant = plant
        self.account = account
        self.clock = clock
        var state = State()
        for item in plant.items { state.stock[item.number] = item.onHand }
        self.state = Mutex(state)
    }

    /// Changes what the server has, as its people would.
    func edit(_ change: (inout State) -> Void) { state.withLock { change(&$0) } }

    /// What there is.
    var content: State { state.withLock { $0 } }

    var orders: [SimulatedOrder] {
        state.withLock { state in
            let interventions = state.interventions.map { row in
                SimulatedOrder(
                    externalID: row["id"]?.string ?? "",
                    reference: row["ref_client"]?.string ?? "",
                    title: row["description"]?.string ?? "",
                    equipment: nil,
                    status: row["statut"]?.string ?? ""
                )
            }
            let tickets = state.tickets.map { row in
                SimulatedOrder(
                    externalID: row["id"]?.string ?? "",
                    reference: row["track_id"]?.string ?? "",
                    title: row["subject"]?.string ?? "",
                    equipment: nil,
                    status: row["fk_statut"]?.string ?? ""
                )
            }
            return interventions + tickets
        }
    }

    var stock: [String: Double] { state.withLock(\.stock) }

    var files: [SimulatedFile] { state.withLock(\.files) }

    func complete(_ externalID: String, outcome: String) -> Bool {
        state.withLock { state in
            if let index = state.interventions.firstIndex(where: { $0["id"]?.string == externalID }) {
                state.interventions[index]["statut"] = "3"
                return true
            }
            guard let index = state.tickets.firstIndex(where: { $0["id"]?.string == externalID }) else { return false }
            state.tickets[index]["fk_statut"] = "8"
            state.tickets[index]["resolution"] = .string(outcome)
            state.tickets[index]["date_close"] = .integer(clock().milliseconds / 1_000)
            return true
        }
    }

    /// API keys are no sessions.
    func endSessions() {}

    // MARK: Requests

    func answer(_ request: SimulatedRequest) -> SimulatedResponse {
        if request.path.contains(":") {
            let text = "Access refused to 127.0.0.1 by SQL or Script injection protection in main.inc.php"
            return SimulatedResponse(200, headers: [(name: "Content-Type", value: "text/html")], body: Array(text.utf8))
        }
        let segments = request.segments
        guard segments.starts(with: ["api", "index.php"]), segments.count >= 3 else {
            return SimulatedResponse(404, body: Array("<h1>Not Found</h1>".utf8))
        }
        guard let key = request.header("dolapikey"), key == account.secret.reveal() else {
            return Self.error(401, "Unauthorized: Access not allowed")
        }
        let path = Array(segments.dropFirst(2))
        return state.withLock { state in
            if state.off.contains(path[0]) { return Self.error(404, "Not Found") }
            switch (request.method, path[0], path.dropFirst().first) {
            case ("GET", "status", nil):
                return .json(["success": ["code": 200, "dolibarr_version": "17.0.2", "access_locked": "0"]])
            case ("GET", "users", "info"): return .json(["login": .string(account.name), "rights": Self.rights(state)])
            case ("GET", "thirdparties", "1"): return .json(["id": "1", "name": "Plant One"])
            case (_, "interventions", _): return intervention(path, request, &state)
            case (_, "tickets", _): return ticket(path, request, &state)
            case ("GET", "products", _): return product(path, request, state)
            case ("GET", "warehouses", let id): return warehouse(id, request)
            case (_, "stockmovements", nil): return movement(request, &state)
            case ("POST", "documents", "upload"): return upload(request.json ?? .null, &state)
            default: return Self.error(404, "Not Found")
            }
        }
    }

    private static func rights(_ state: State) -> JSONValue {
        func right(_ name: String) -> JSONValue { state.denied.contains(name) ? .null : 1 }
        return [
            "ficheinter": ["lire": right("ficheinter.lire"), "creer": right("ficheinter.creer")],
            "ticket": ["read": right("ticket.read"), "write": right("ticket.write")],
            "stock": ["lire": 1, "creer": 1, "mouvement": ["lire": 1, "creer": right("stock.mouvement.creer")]],
        ]
    }

    // MARK: Answers

    static func error(_ status: Int, _ message: String) -> SimulatedResponse {
        .json(["error": ["code": .integer(Int64(status)), "message": .string(message)], "debug": [:]], status: status)
    }

    /// A list, filtered as Dolibarr 17 does it.
    static func list(
        _ rows: [JSONObject],
        _ request: SimulatedRequest,
        columns: Set<String>,
        empty: String
    ) -> SimulatedResponse {
        var rows = rows
        if let filter = request.parameter("sqlfilters"), !filter.isEmpty {
            let parts = filter.dropFirst().dropLast().split(separator: ":", omittingEmptySubsequences: false)
            guard filter.hasPrefix("(t."), filter.hasSuffix(")"), parts.count >= 3 else {
                return error(503, "Service Unavailable: Error when validating parameter sqlfilters \(filter)")
            }
            let field = String(parts[0].dropFirst(2))
            guard columns.contains(field) else {
                return error(503, "Service Unavailable: Error when retrieve list : Unknown column 't.\(field)'")
            }
            // A further colon: the criterion is not recognised and left out.
            if parts.count == 3, parts[1] == "=" {
                let value = parts[2].trimming("'")
                rows = rows.filter { $0[field]?.string == value }
            }
        }
        let limit = request.parameter("limit").flatMap { Int($0) } ?? 100
        let page = request.parameter("page").flatMap { Int($0) } ?? 0
        let shown = rows.dropFirst(max(0, page) * max(0, limit)).prefix(max(0, limit))
        if shown.isEmpty { return error(404, "Not Found: No \(empty) found") }
        return .json(.array(shown.map { .object($0) }))
    }
}

extension Substring {
    fileprivate func trimming(_ character: Character) -> String {
        var rest = self
        if rest.first == character { rest.removeFirst() }
        if rest.last == character { rest.removeLast() }
        return String(rest)
    }
}

extension SimulatorDefinition {
    /// Dolibarr with interventions.
    static let dolibarr = dolibarr("dolibarr", ["thirdparty": 1])
    /// Dolibarr with tickets.
    static let dolibarrTicket = dolibarr("dolibarr-ticket", ["document": "ticket"])

    private static func dolibarr(_ name: String, _ options: JSONObject) -> SimulatorDefinition {
        SimulatorDefinition(
            name: name,
            setup: { account in
                var options = options
                options["warehouse"] = "Workshop"
                return SimulatorSetup(
                    kind: "dolibarr",
                    credentials: ["bearer": .string(account.secret.reveal())],
                    options: .object(options)
                )
            },
            isChange: { $0.method != "GET" },
            make: { DolibarrSimulator(plant: $0, account: $1, clock: $2) }
        )
    }
}
