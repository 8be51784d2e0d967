import Primitives

/// States and what follows from them; a transition that a state does not allow is passed over without a word.
extension TrytonStore {
    mutating func transition(_ model: String, _ id: Int64, _ method: String) throws(Refusal) -> JSONValue {
        guard let record = record(model, id) else { return .null }
        let state = record["state"]?.string ?? ""
        let field = model == "production" ? "inputs" : "moves"
        let moves = record[field]?.array ?? []
        switch method {
        case "wait" where ["draft", "request", "waiting", "assigned"].contains(state):
            set(model, id, ["state": "waiting"])
        case "assign_try":
            guard state == "waiting", moves.allSatisfy(isThere) else { return state == "assigned" ? true : false }
            set(model, id, ["state": "assigned"])
            return true
        case "assign_force" where state == "waiting": set(model, id, ["state": "assigned"])
        case "run" where model == "production" && state == "assigned":
            book(moves)
            set(model, id, ["state": "running", "effective_start_date": today])
        case "done" where state == (model == "production" ? "running" : "assigned"):
            if model != "production" { book(moves) }
            set(model, id, ["state": "done", "effective_date": today])
        case "cancel" where ["draft", "request", "waiting", "assigned"].contains(state):
            set(model, id, ["state": "cancelled"])
        case "confirm" where model == "stock.inventory" && state == "draft":
            let place = record["location"]?.integer ?? 0
            for line in record["lines"]?.array ?? [] {
                onHand[line["product"]?.integer ?? 0, default: [:]][place] = line["quantity"]?.double ?? 0
            }
            set(model, id, ["state": "done"])
        case "wait", "assign_force", "run", "done", "cancel", "confirm", "draft": break
        default: throw .notOpen
        }
        return .null
    }

    private var today: JSONValue {
        let time = Self.datetime(clock())
        return ["__class__": "date", "year": time["year"] ?? 0, "month": time["month"] ?? 0, "day": time["day"] ?? 0]
    }

    private func isThere(_ move: JSONValue) -> Bool {
        guard let product = move["product"]?.integer, let place = move["from_location"]?.integer else { return false }
        if place != Known.storage { return true }
        return (onHand[product]?[place] ?? 0) - assigned(product) >= move["quantity"]?.double ?? 0
    }

    /// What is promised of a product and still on hand.
    func assigned(_ product: Int64) -> Double {
        var sum = 0.0
        for (model, field) in [("production", "inputs"), ("stock.shipment.internal", "moves")] {
            for record in tables[model] ?? [] where record["state"] == "assigned" {
                for move in record[field]?.array ?? [] where move["product"]?.integer == product {
                    if move["from_location"]?.integer == Known.storage { sum += move["quantity"]?.double ?? 0 }
                }
            }
        }
        return sum
    }

    private mutating func book(_ moves: [JSONValue]) {
        for move in moves {
            guard let product = move["product"]?.integer, let from = move["from_location"]?.integer,
                let to = move["to_location"]?.integer, let quantity = move["quantity"]?.double
            else { continue }
            onHand[product, default: [:]][from, default: 0] -= quantity
            onHand[product, default: [:]][to, default: 0] += quantity
        }
    }

    // MARK: What people do and see

    var stockByCode: [String: Double] {
        var result: [String: Double] = [:]
        for record in tables["product.product"] ?? [] where record["type"] == "goods" {
            guard let code = record["code"]?.string, let id = record["id"]?.integer else { continue }
            result[code] = onHand[id]?[Known.storage] ?? 0
        }
        return result
    }

    var orders: [SimulatedOrder] {
        let productions = (tables["production"] ?? []).map { record in
            order("production", record, status: record["state"]?.string ?? "")
        }
        let tasks = (tables["project.work"] ?? []).filter { $0["type"] == "task" }.map { record in
            let status = record["status"]?.integer.flatMap { self.record("project.work.status", $0) }
            return order("project.work", record, status: status?["name"]?.string ?? "")
        }
        return productions + tasks
    }

    private func order(_ model: String, _ record: JSONObject, status: String) -> SimulatedOrder {
        let name = "\(model),\(record["id"]?.integer ?? 0)"
        let notes = (tables["ir.note"] ?? []).filter { $0["resource"]?.string == name }.compactMap {
            $0["message"]?.string
        }
        let text = record["comment"]?.string ?? notes.first ?? ""
        let lines = text.split(separator: "\n").map(String.init)
        // All notes, so that one that is there twice is seen.
        let titles =
            [record["name"]?.string].compactMap { $0 }
            + notes.compactMap { $0.split(separator: "\n").first }.map(String.init)
        return SimulatedOrder(
            externalID: name,
            reference: record["reference"]?.string ?? lines.last ?? "",
            title: titles.joined(separator: " | "),
            equipment: lines.first { $0.hasPrefix("Equipment: ") }.map { String($0.dropFirst("Equipment: ".count)) },
            status: status
        )
    }

    mutating func complete(_ externalID: String, _ outcome: String) -> Bool {
        let parts = externalID.split(separator: ",").map(String.init)
        guard parts.count == 2, let id = Int64(parts[1]), record(parts[0], id) != nil else { return false }
        if parts[0] == "project.work" {
            set("project.work", id, ["status": 2, "progress": 1])
        } else {
            guard parts[0] == "production", record("production", id)?["state"] != "cancelled" else { return false }
            if record("production", id)?["state"] != "running" {
                book(record("production", id)?["inputs"]?.array ?? [])
            }
            set("production", id, ["state": "done", "effective_start_date": today, "effective_date": today])
        }
        add("ir.note", ["resource": .string(externalID), "message": .string(outcome)])
        return true
    }
}
