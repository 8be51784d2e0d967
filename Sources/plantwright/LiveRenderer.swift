import API
import Alarms
import Foundation
import Outbox
import Primitives

/// Renders changed entities for the live page as the REST API shows them.
struct LiveRenderer: Sendable {
    let parts: ServerParts

    func render(_ kind: String, _ ids: [String]) async throws -> [String: JSONValue] {
        guard kind == "alarm" else { return try await parts.erp.outbox.entities(kind: kind, ids: ids) }
        let orders = parts.erp.ordersOfAlarms(parts.alarms)
        var found: [String: JSONValue] = [:]
        for id in ids {
            guard let uuid = UUID(uuidString: id) else { continue }
            do {
                found[id] = try await orders.render([try await parts.alarms.alarm(uuid)])[0]
            } catch ResourceFailure.notFound {
                continue
            }
        }
        return found
    }
}
