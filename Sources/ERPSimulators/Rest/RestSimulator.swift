import Primitives
import Synchronization

/// A system with a plain JSON API, for connectors of kind `rest`: orders under `/orders`, stock under `/stock`, meters
/// under `/meters`.
///
/// References of orders are not unique, equipment and items must be known, titles have 80 characters at most.
final class RestSimulator: SimulatedERP {
    private struct State {
        var orders: [SimulatedOrder] = []
        var stock: [String: Double] = [:]
        var meters: [String: Double] = [:]
    }

    private let plant: SimulatedPlant
    private let account: SimulatedAccount
    private let state: Mutex<State>

    init(plant: SimulatedPlant, account: SimulatedAccount, clock: @escaping @Sendable () -> Timestamp) {
        self.plant = plant
        self.account = account
        var state = State()
        for item in plant.items { state.stock[item.number] = item.onHand }
        self.state = Mutex(state)
    }

    var orders: [SimulatedOrder] { state.withLock(\.orders) }

    var stock: [String: Double] { state.withLock(\.stock) }

    func complete(_ externalID: String, outcome: String) -> Bool {
        state.withLock { state in
            guard let index = state.orders.firstIndex(where: { $0.externalID == externalID }) else { return false }
            state.orders[index].status = "completed"
            return true
        }
    }

    func endSessions() {}

    func answer(_ request: SimulatedRequest) -> SimulatedResponse {
        guard request.header("authorization") == "Bearer \(account.secret.reveal())" else {
            return Self.problem(401, "The token is not known.")
        }
        let segments = request.segments
        switch (request.method, segments.first, segments.dropFirst().first) {
        case ("POST", "orders", nil): return create(request)
        case ("GET", "orders", nil): return find(request.parameter("reference") ?? "")
        case ("GET", "orders", let id?): return order(id)
        case ("PUT", "stock", let item?): return set(item, request)
        case ("POST", "meters", let meter?): return record(meter, request)
        default: return Self.problem(404, "There is nothing here.")
        }
    }

    private func create(_ request: SimulatedRequest) -> SimulatedResponse {
        guard let document = request.json, let title = document["title"]?.string else {
            return Self.problem(422, "An order has a title.")
        }
        guard title.count <= 80 else { return Self.problem(422, "The title has more than 80 characters.") }
        let equipment = document["equipment"]?.string
        if let equipment, !plant.equipment.contains(where: { $0.tag == equipment }) {
            return Self.problem(422, "Equipment “\(equipment)” is not known.")
        }
        let order = state.withLock { state in
            let order = SimulatedOrder(
                externalID: String(4_000_001 + state.orders.count),
                reference: document["reference"]?.string ?? "",
                title: title,
                equipment: equipment,
                status: "open"
            )
            state.orders.append(order)
            return order
        }
        return .json(["id": .string(order.externalID)], status: 201)
    }

    private func find(_ reference: String) -> SimulatedResponse {
        let found = orders.filter { $0.reference == reference }
        return .json(["items": .array(found.map { ["id": .string($0.externalID), "status": .string($0.status)] })])
    }

    private func order(_ id: String) -> SimulatedResponse {
        guard let order = orders.first(where: { $0.externalID == id }) else {
            return Self.problem(404, "There is no order \(id).")
        }
        return .json(["id": .string(order.externalID), "status": .string(order.status)])
    }

    private func set(_ item: String, _ request: SimulatedRequest) -> SimulatedResponse {
        guard let quantity = request.json?["quantity"]?.double else {
            return Self.problem(422, "A quantity is needed.")
        }
        return state.withLock { state in
            guard state.stock[item] != nil else { return Self.problem(422, "Item “\(item)” is not known.") }
            state.stock[item] = quantity
            return SimulatedResponse(204)
        }
    }

    private func record(_ meter: String, _ request: SimulatedRequest) -> SimulatedResponse {
        guard let value = request.json?["value"]?.double else { return Self.problem(422, "A value is needed.") }
        state.withLock { $0.meters[meter] = value }
        return SimulatedResponse(204)
    }

    private static func problem(_ status: Int, _ detail: String) -> SimulatedResponse {
        .json(["detail": .string(detail)], status: status)
    }
}

extension SimulatorDefinition {
    /// A system with a plain JSON API.
    static let rest = SimulatorDefinition(
        name: "rest",
        setup: { account in
            SimulatorSetup(
                kind: "rest",
                credentials: ["bearer": .string(account.secret.reveal())],
                options: [
                    "create": [
                        "path": "/orders", "id": "id",
                        "body": ["title": "${title}", "equipment": "${equipment}", "reference": "${idempotencyKey}"],
                    ],
                    "find": ["path": "/orders?reference=${idempotencyKey}", "items": "items", "id": "id"],
                    "status": ["path": "/orders/${id}", "state": "status", "done": ["completed"]],
                    "stock": ["path": "/stock/${item}", "body": ["quantity": "${quantity}"]],
                    "meter": ["path": "/meters/${meter}", "body": ["value": "${value}"]],
                ]
            )
        },
        isChange: { $0.method != "GET" },
        make: { RestSimulator(plant: $0, account: $1, clock: $2) }
    )
}
