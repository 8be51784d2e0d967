import Primitives

/// A maintenance order in the simulated ERP.
struct SimulatedOrder: Hashable, Sendable {
    var id: Int
    var reference: String
    var title: String
    var text: String
    var equipment: String
    var priority: String
    var link: String
    var status: String
    var createdAt: Timestamp
    var completedAt: Timestamp?

    var json: JSONValue {
        [
            "id": .integer(Int64(id)), "reference": .string(reference), "title": .string(title), "text": .string(text),
            "equipment": .string(equipment), "priority": .string(priority), "link": .string(link),
            "status": .string(status), "createdAt": .string(createdAt.rfc3339), "completedAt": .optional(completedAt),
        ]
    }
}

/// A stock figure in the simulated ERP.
struct SimulatedStock: Hashable, Sendable {
    var quantity: Double
    var unit: String
    var writes: Int
    var updatedAt: Timestamp

    func json(item: String) -> JSONValue {
        [
            "item": .string(item), "quantity": .number(quantity), "unit": .string(unit),
            "writes": .integer(Int64(writes)), "updatedAt": .string(updatedAt.rfc3339),
        ]
    }
}

/// How the simulated ERP misbehaves.
public enum SimulatedFault: String, CaseIterable, Sendable {
    /// It behaves.
    case none
    /// Answers take five seconds.
    case slow
    /// It answers 503 and does nothing.
    case failing
    /// It does the work and closes the connection without an answer.
    case dropping
}

/// What the simulated ERP holds: pure, so that a test needs no socket.
struct ERPSimulatorState: Hashable, Sendable {
    var orders: [SimulatedOrder] = []
    var stock: [String: SimulatedStock] = [:]
    var equipment: [String: String] = [:]
    var fault = SimulatedFault.none

    /// Makes an order.
    ///
    /// Like many ERPs it does not mind a reference that it knows: then there are two.
    mutating func createOrder(_ document: JSONValue, at time: Timestamp) throws(InvalidInput) -> SimulatedOrder {
        var reader = try InputReader(document)
        let order = SimulatedOrder(
            id: 4_000_001 + orders.count,
            reference: reader.requiredString("reference", maximumLength: 40),
            title: reader.requiredString("title", maximumLength: 80),
            text: reader.string("text", maximumLength: 4_000) ?? "",
            equipment: reader.string("equipment") ?? "",
            priority: reader.string("priority") ?? "medium",
            link: reader.string("link", maximumLength: 2_000) ?? "",
            status: "open",
            createdAt: time,
            completedAt: nil
        )
        try reader.finish()
        guard order.equipment.isEmpty || equipment.isEmpty || equipment[order.equipment] != nil else {
            throw InvalidInput(
                pointer: "/equipment",
                code: "unknown-equipment",
                detail: "There is no equipment “\(order.equipment)”."
            )
        }
        orders.append(order)
        return order
    }

    /// Ends an order.
    ///
    /// - Returns: the order; nil when there is none.
    mutating func complete(_ id: Int, at time: Timestamp) -> SimulatedOrder? {
        guard let index = orders.firstIndex(where: { $0.id == id }) else { return nil }
        if orders[index].completedAt == nil {
            orders[index].status = "completed"
            orders[index].completedAt = time
        }
        return orders[index]
    }

    /// Sets a stock figure.
    mutating func setStock(_ item: String, _ document: JSONValue, at time: Timestamp) throws(InvalidInput) {
        var reader = try InputReader(document)
        _ = reader.required("quantity")
        let quantity = reader.number("quantity", in: 0...1e12) ?? 0
        let unit = reader.string("unit") ?? stock[item]?.unit ?? ""
        try reader.finish()
        stock[item] = SimulatedStock(
            quantity: quantity,
            unit: unit,
            writes: (stock[item]?.writes ?? 0) + 1,
            updatedAt: time
        )
    }

    /// References that more than one order has: none, if the other side delivers exactly once.
    var doubledReferences: Int {
        Dictionary(grouping: orders, by: \.reference).values.count { $0.count > 1 }
    }
}
