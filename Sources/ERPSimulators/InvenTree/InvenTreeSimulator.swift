import Primitives
import Synchronization

/// A pretended InvenTree 0.18: one location, one assembly to build, one stock item for every item of the plant.
///
/// Seen on a running server, and kept: a bad token is 401; a build order's reference must fit the site's pattern and is
/// unique (400, in a race also 500 `IntegrityError`); adjustments answer 201 and leave their notes in the tracking log.
/// From its source: more than there is can be removed and takes all there is; an empty stock item is deleted with its
/// log unless it says otherwise; lists are searched in any case; a limit puts rows into `results`.
final class InvenTreeSimulator: SimulatedERP {
    /// The location and the assembly.
    static let location = "Workshop"
    static let assembly = "MAINT-SET"

    struct State {
        var builds: [JSONObject] = []
        var stockItems: [JSONObject] = []
        var tracking: [JSONObject] = []
        var attachments: [(row: JSONObject, file: SimulatedFile)] = []
        var duplicates = 0
        var roles: [String: [String]] = [
            "build": ["view", "add", "change"], "stock": ["view", "change"], "part": ["view"],
        ]
        var pattern = "BO-{ref:04d}"
    }

    private let plant: SimulatedPlant
    private let account: SimulatedAccount
    let clock: @Sendable () -> Timestamp
    private let state: Mutex<State>

    init(plant: SimulatedPlant, account: SimulatedAccount, clock: @escaping @Sendable () -> Timestamp) {
        self.plant = plant
        self.account = account
        self.clock = clock
        var state = State()
        for (index, item) in plant.items.enumerated() {
            state.stockItems.append([
                "pk": .integer(Int64(index + 1)), "part": .integer(Int64(index + 1)), "quantity": .number(item.onHand),
                "location": 1, "serial": "", "allocated": 0, "delete_on_deplete": true,
            ])
        }
        self.state = Mutex(state)
    }

    /// Changes what the site has, as its people would.
    func edit(_ change: (inout State) -> Void) { state.withLock { change(&$0) } }

    /// The build orders as they stand.
    var builds: [JSONObject] { state.withLock(\.builds) }

    var orders: [SimulatedOrder] {
        state.withLock { state in
            state.builds.map { build in
                let title = build["title"]?.string ?? ""
                let parts = title.split(separator: "[")
                let isOurs = title.hasSuffix("]") && parts.count > 1
                return SimulatedOrder(
                    externalID: build["pk"].map(\.text) ?? "",
                    reference: isOurs ? String(parts[parts.count - 1].dropLast()) : "",
                    title: title,
                    equipment: nil,
                    status: build["status_text"]?.string ?? ""
                )
            }
        }
    }

    var stock: [String: Double] {
        state.withLock { state in
            var figures: [String: Double] = [:]
            for (index, item) in plant.items.enumerated() {
                let own = state.stockItems.filter { $0["part"]?.integer == Int64(index + 1) }
                figures[item.number] = own.reduce(0) { $0 + ($1["quantity"]?.double ?? 0) }
            }
            return figures
        }
    }

    var files: [SimulatedFile] { state.withLock { $0.attachments.map(\.file) } }

    func complete(_ externalID: String, outcome: String) -> Bool {
        state.withLock { state in
            guard let index = state.builds.firstIndex(where: { $0["pk"].map(\.text) == externalID }) else {
                return false
            }
            state.builds[index]["status"] = 40
            state.builds[index]["status_text"] = "Complete"
            state.builds[index]["completion_date"] = .string(String(clock().rfc3339.prefix(10)))
            return true
        }
    }

    /// Tokens are no sessions.
    func endSessions() {}

    // MARK: Requests

    func answer(_ request: SimulatedRequest) -> SimulatedResponse {
        if let authorization = request.header("authorization"),
            authorization != "Token \(account.secret.reveal())"
        {
            return Self.detail(401, "Invalid token.")
        }
        let segments = request.segments
        guard segments.first == "api", request.path.hasSuffix("/") else { return Self.page }
        if segments.count == 1 { return .json(["server": "InvenTree", "version": "0.18.0 dev", "apiVersion": 300]) }
        guard request.header("authorization") != nil else {
            return Self.detail(401, "Authentication credentials were not provided.")
        }
        return state.withLock { state in
            switch (request.method, segments[1], segments.dropFirst(2).joined(separator: "/")) {
            case ("GET", "user", "me"): .json(["pk": 1, "username": .string(account.name)])
            case ("GET", "user", "roles"):
                .json([
                    "is_superuser": false,
                    "roles": .object(
                        state.roles.reduce(into: JSONObject()) { roles, role in
                            roles[role.key] = .array(role.value.map { .string($0) })
                        }
                    ),
                ])
            case ("GET", "settings", "global/BUILDORDER_REFERENCE_PATTERN"):
                .json(["key": "BUILDORDER_REFERENCE_PATTERN", "value": .string(state.pattern)])
            case (_, "part", let rest): part(rest, request)
            case (_, "build", let rest): build(rest, request, &state)
            case (_, "stock", let rest): stock(rest, request, &state)
            case (_, "attachment", ""): attachment(request, &state)
            default: Self.page
            }
        }
    }

    private var parts: [JSONObject] {
        let items = plant.items.enumerated().map { index, item -> JSONObject in
            [
                "pk": .integer(Int64(index + 1)), "IPN": .string(item.number), "name": .string(item.name),
                "units": .string(item.unit), "assembly": false, "active": true,
            ]
        }
        return items + [
            [
                "pk": 100, "IPN": .string(Self.assembly), "name": "Maintenance set", "units": "", "assembly": true,
                "active": true,
            ]
        ]
    }

    func hasPart(_ pk: Int64?, assembly: Bool) -> Bool {
        parts.contains { $0["pk"]?.integer == pk && (!assembly || $0["assembly"]?.bool == true) }
    }

    private func part(_ rest: String, _ request: SimulatedRequest) -> SimulatedResponse {
        guard request.method == "GET" else { return Self.detail(405, "Method \"\(request.method)\" not allowed.") }
        if let pk = Int64(rest) {
            guard let part = parts.first(where: { $0["pk"]?.integer == pk }) else {
                return Self.detail(404, "No Part matches the given query.")
            }
            return .json(.object(part))
        }
        let wanted = request.parameter("IPN")?.lowercased()
        return Self.list(parts.filter { wanted == nil || $0["IPN"]?.string?.lowercased() == wanted }, request)
    }

    // MARK: Answers

    static func detail(_ status: Int, _ text: String) -> SimulatedResponse {
        .json(["detail": .string(text)], status: status)
    }

    static func fields(_ name: String, _ text: String) -> SimulatedResponse {
        let object: JSONObject = [name: [.string(text)]]
        return .json(.object(object), status: 400)
    }

    static var page: SimulatedResponse {
        SimulatedResponse(
            404,
            headers: [(name: "Content-Type", value: "text/html")],
            body: Array("<h1>Not Found</h1>".utf8)
        )
    }

    static func list(_ rows: [JSONObject], _ request: SimulatedRequest) -> SimulatedResponse {
        let all = rows.map { JSONValue.object($0) }
        guard let limit = request.parameter("limit").flatMap({ Int($0) }) else { return .json(.array(all)) }
        let offset = request.parameter("offset").flatMap { Int($0) } ?? 0
        let page = Array(all.dropFirst(max(0, offset)).prefix(max(0, limit)))
        return .json(["count": .integer(Int64(all.count)), "next": .null, "previous": .null, "results": .array(page)])
    }
}

extension SimulatorDefinition {
    /// InvenTree.
    static let inventree = SimulatorDefinition(
        name: "inventree",
        setup: { account in
            SimulatorSetup(
                kind: "inventree",
                credentials: ["bearer": .string(account.secret.reveal())],
                options: [
                    "part": .string(InvenTreeSimulator.assembly), "location": .string(InvenTreeSimulator.location),
                ]
            )
        },
        isChange: { $0.method != "GET" },
        make: { InvenTreeSimulator(plant: $0, account: $1, clock: $2) }
    )
}
