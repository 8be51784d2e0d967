import Foundation
import Primitives

extension ERPSimulatorState {
    /// Everything as one document.
    var json: JSONValue {
        var stockObject = JSONObject()
        for (item, figure) in stock.sorted(by: { $0.key < $1.key }) { stockObject[item] = figure.json(item: item) }
        var equipmentObject = JSONObject()
        for (number, name) in equipment.sorted(by: { $0.key < $1.key }) { equipmentObject[number] = .string(name) }
        return [
            "orders": .array(orders.map(\.json)), "stock": .object(stockObject), "equipment": .object(equipmentObject),
            "fault": .string(fault.rawValue),
        ]
    }

    /// Reads what ``json`` wrote; nil for anything else.
    init?(json: JSONValue) {
        guard let orderList = json["orders"]?.array, let stockObject = json["stock"]?.object else { return nil }
        orders = orderList.compactMap { SimulatedOrder(json: $0) }
        for member in stockObject.members {
            guard let quantity = member.value["quantity"]?.double, let writes = member.value["writes"]?.integer,
                let time = member.value["updatedAt"]?.string.flatMap(Timestamp.init(rfc3339:))
            else { continue }
            stock[member.name] = SimulatedStock(
                quantity: quantity,
                unit: member.value["unit"]?.string ?? "",
                writes: Int(writes),
                updatedAt: time
            )
        }
        for member in json["equipment"]?.object?.members ?? [] { equipment[member.name] = member.value.string }
    }
}

extension SimulatedOrder {
    init?(json: JSONValue) {
        guard let id = json["id"]?.integer, let reference = json["reference"]?.string,
            let createdAt = json["createdAt"]?.string.flatMap(Timestamp.init(rfc3339:))
        else { return nil }
        self.init(
            id: Int(id),
            reference: reference,
            title: json["title"]?.string ?? "",
            text: json["text"]?.string ?? "",
            equipment: json["equipment"]?.string ?? "",
            priority: json["priority"]?.string ?? "",
            link: json["link"]?.string ?? "",
            status: json["status"]?.string ?? "open",
            createdAt: createdAt,
            completedAt: json["completedAt"]?.string.flatMap(Timestamp.init(rfc3339:))
        )
    }
}
