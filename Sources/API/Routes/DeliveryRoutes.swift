import Accounts
import Foundation
import HTTPServer
import HTTPTypes
import Outbox
import Primitives

/// Deliveries.
struct DeliveryRoutes: Sendable {
    let outbox: OutboxStore
    let hint: @Sendable () -> Void

    func register(on routes: inout APIRouter) {
        routes.get("/api/v1/deliveries", role: .viewer, summary: "ERP calls, newest first.") { request in
            var filter = DeliveryFilter(
                connector: request.query.first("connector"),
                device: request.query.first("device"),
                operation: request.query.first("operation")
            )
            if let text = request.query.first("state") {
                filter.state = DeliveryFilterState(rawValue: text)
                if filter.state == nil {
                    throw request.badParameter("state", "pending, delivered, dead or superseded is expected")
                }
            }
            filter.alarmID = try request.alarmFilter()
            let page = try await outbox.deliveries(
                filter,
                after: try request.cursor(OutboxCursor.init),
                limit: try request.limit()
            )
            return .page(page.items.map(\.json), nextCursor: page.nextCursor)
        }
        routes.get("/api/v1/deliveries/{id}", role: .viewer, summary: "An ERP call with its time line.") { request in
            .json(try await outbox.delivery(try request.identifier("delivery")).json)
        }
        routes.post("/api/v1/deliveries/{id}/retry", role: .operator, summary: "Make a dead delivery due again.") {
            request in
            let id = try request.identifier("delivery")
            var isAbsent = false
            if !request.body.isEmpty {
                var reader = try InputReader(try await request.json())
                isAbsent = reader.bool("knownAbsent") ?? false
                try reader.finish()
            }
            let delivery = try await outbox.retry(id, isKnownAbsent: isAbsent)
            hint()
            return .json(delivery.json)
        }
    }
}

extension Request {
    /// The cursor of a list.
    func cursor<Cursor>(_ read: (String) -> Cursor?) throws -> Cursor? {
        guard let text = query.first("cursor") else { return nil }
        guard let cursor = read(text) else { throw badParameter("cursor", "take it from “nextCursor”") }
        return cursor
    }

    /// The alarm that a list is about.
    func alarmFilter() throws -> UUID? {
        guard let text = query.first("alarm") else { return nil }
        guard let id = UUID(uuidString: text) else { throw badParameter("alarm", "an alarm's id is expected") }
        return id
    }
}
