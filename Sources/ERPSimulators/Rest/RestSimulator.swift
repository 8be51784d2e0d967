import Primitives
import Synchronization

/// A system with a plain JSON API, for connectors of kind `rest`: orders under `/orders`, stock under `/stock`, meters
/// under `/meters`, files of orders under `/orders/…/files`.
///
/// References of orders are not unique, equipment and items must be known, titles have 80 characters at most. A file that
/// is posted, in JSON or a form, is one more; one that is put replaces its namesake.
final class RestSimulator: SimulatedERP {
    private struct State {
        var orders: [SimulatedOrder] = []
        var stock: [String: Double] = [:]
        var meters: [String: Double] = [:]
        var files: [SimulatedFile] = []
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

    var files: [SimulatedFile] { state.withLock(\.files) }

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
        case (_, "orders", let id?) where segments.count > 2: return file(id, Array(segments.dropFirst(2)), request)
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

    private func file(_ id: String, _ path: [String], _ request: SimulatedRequest) -> SimulatedResponse {
        guard path.first == "files", path.count <= 2 else { return Self.problem(404, "There is nothing here.") }
        guard orders.contains(where: { $0.externalID == id }) else {
            return Self.problem(404, "There is no order \(id).")
        }
        switch (request.method, path.dropFirst().first) {
        case ("GET", nil):
            let names = files.filter { $0.order == id }.map(\.name)
                .filter { name in request.parameter("name").map { $0 == name } ?? true }
            return .json(["items": .array(names.map { ["name": .string($0)] })])
        case ("POST", nil):
            guard let file = Self.posted(to: id, request) else { return Self.problem(422, "A file is needed.") }
            state.withLock { $0.files.append(file) }
            return .json(["name": .string(file.name)], status: 201)
        case ("PUT", let name?):
            guard request.header("content-type") == "image/png" else { return Self.problem(415, "Pictures only.") }
            state.withLock { state in
                state.files.removeAll { $0.order == id && $0.name == name }
                state.files.append(SimulatedFile(order: id, name: name, bytes: request.body))
            }
            return SimulatedResponse(204)
        default: return Self.problem(405, "This cannot be done here.")
        }
    }

    private static func posted(to id: String, _ request: SimulatedRequest) -> SimulatedFile? {
        if let form = SimulatedForm(request) {
            guard let file = form.file("file"), form.text("note") != nil else { return nil }
            return SimulatedFile(order: id, name: file.name, bytes: file.bytes)
        }
        guard let document = request.json, let name = document["name"]?.string else { return nil }
        return SimulatedFile(order: id, name: name, base64: document["content"]?.string)
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
                    "attach": [
                        "path": "/orders/${id}/files", "body": ["name": "${fileName}", "content": "${picture}"],
                        "find": ["path": "/orders/${id}/files", "items": "items", "key": "name"],
                    ],
                    "stock": ["path": "/stock/${item}", "body": ["quantity": "${quantity}"]],
                    "meter": ["path": "/meters/${meter}", "body": ["value": "${value}"]],
                ]
            )
        },
        isChange: { $0.method != "GET" },
        make: { RestSimulator(plant: $0, account: $1, clock: $2) }
    )
}
