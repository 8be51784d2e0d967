import Accounts
import Assets
import HTTPServer
import HTTPTypes
import Primitives
import Telemetry

/// Quarantine and rejected messages.
struct RefusedMessageRoutes: Sendable {
    let plant: PlantStore
    let refused: RefusedMessageStore

    func register(on routes: inout APIRouter) {
        routes.get("/api/v1/quarantine", role: .viewer, summary: "Unknown senders whose messages are kept.") {
            request in
            let limit = try request.limit()
            let senders = try await refused.quarantine(before: try Self.cursor(request), limit: limit)
            let next = senders.count == limit ? senders.last.map { String($0.newestID) } : nil
            return .page(senders.map(\.json), nextCursor: next)
        }
        routes.delete(
            "/api/v1/quarantine/{identifier}",
            role: .admin,
            summary: "Forget the kept messages of a sender."
        ) { request in
            _ = try await refused.dismiss(identifier: request.parameters["identifier"])
            return .noContent
        }
        routes.get("/api/v1/rejected-messages", role: .viewer, summary: "Messages that were refused, and why.") {
            request in
            let limit = try request.limit()
            let messages = try await refused.rejected(before: try Self.cursor(request), limit: limit)
            let snapshot = plant.snapshot
            let next = messages.count == limit ? messages.last.map { String($0.id) } : nil
            return .page(messages.map { $0.json(snapshot) }, nextCursor: next)
        }
    }

    private static func cursor(_ request: Request) throws -> Int64? {
        guard let text = request.query.first("cursor") else { return nil }
        guard let cursor = Int64(text) else { throw request.badParameter("cursor", "take it from “nextCursor”") }
        return cursor
    }
}
