import Accounts
import Assets
import Foundation
import HTTPServer
import HTTPTypes
import Outbox
import Primitives

/// Work orders and inventory.
struct WorkOrderRoutes: Sendable {
    let outbox: OutboxStore
    let plant: PlantStore

    func register(on routes: inout APIRouter) {
        routes.get(
            "/api/v1/work-orders",
            role: .viewer,
            summary: "Our mirror of the ERP's orders.",
            handler: workOrders
        )
        routes.get("/api/v1/inventory", role: .viewer, summary: "Stock figures in the ERP.") { request in
            let cursor = try request.cursor(InventoryCursor.init)
            let page = try await outbox.inventory(
                connector: request.query.first("connector"),
                device: request.query.first("device"),
                after: cursor,
                limit: try request.limit()
            )
            return .page(page.items.map(\.json), nextCursor: page.nextCursor)
        }
    }

    private func workOrders(_ request: Request) async throws -> Response {
        var filter = WorkOrderFilter(device: request.query.first("device"), alarmID: try request.alarmFilter())
        filter.assetIDs = try request.query.first("asset").map { key in
            let snapshot = plant.snapshot
            return Array(snapshot.descendants(of: try snapshot.required(asset: key).id))
        }
        filter.from = try request.time("from")
        filter.to = try request.time("to")
        switch request.query.first("state") {
        case nil: break
        case "open": filter.isOpen = true
        case "done": filter.isOpen = false
        default: throw request.badParameter("state", "open or done is expected")
        }
        let page = try await outbox.workOrders(
            filter,
            after: try request.cursor(OutboxCursor.init),
            limit: try request.limit()
        )
        return .page(page.items.map(\.json), nextCursor: page.nextCursor)
    }
}
