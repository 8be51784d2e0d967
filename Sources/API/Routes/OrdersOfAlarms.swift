import Alarms
import Foundation
import Primitives

/// Renders alarms together with the ERP orders that they caused.
public struct OrdersOfAlarms: Sendable {
    /// The orders of some alarms: `{deliveryId, state, externalId}` by alarm.
    public typealias Finder = @Sendable ([UUID]) async throws -> [UUID: [JSONValue]]

    let alarms: AlarmStore
    let find: Finder

    /// Makes a renderer.
    public init(alarms: AlarmStore, find: @escaping Finder) {
        self.alarms = alarms
        self.find = find
    }

    /// The API's form of alarms, in their order.
    public func render(_ list: [Alarm]) async throws -> [JSONValue] {
        if list.isEmpty { return [] }
        let orders = try await find(list.map(\.id))
        return list.map { alarm in
            var document = alarms.json(alarm).object ?? JSONObject()
            document["orders"] = .array(orders[alarm.id] ?? [])
            return .object(document)
        }
    }
}

/// How much ERP work there is.
public struct OrderCounts: Sendable {
    /// Work orders that are not done.
    public var open: Int
    /// Deliveries that are neither delivered nor dead.
    public var waiting: Int
    /// Deliveries that need a person.
    public var dead: Int

    /// Makes counts.
    public init(open: Int, waiting: Int, dead: Int) {
        self.open = open
        self.waiting = waiting
        self.dead = dead
    }
}
