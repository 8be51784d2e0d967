import Accounts
import ERP
import Foundation
import HTTPServer
import HTTPTypes
import Primitives

/// What mappings would have sent in the last days.
struct DryRunRoutes: Sendable {
    let dryRuns: DryRuns

    func register(on routes: inout APIRouter) {
        routes.post(
            "/api/v1/mappings/{key}/dry-run",
            role: .operator,
            summary: "Start to find out what the mapping, or the draft in “mapping”, would have sent in the last days.",
            handler: start
        )
        routes.get("/api/v1/dry-runs/{id}", role: .operator, summary: "A dry run: where it stands, what it found.") {
            request in
            .json(try dryRuns.get(try request.identifier("dry run")).json)
        }
        routes.delete("/api/v1/dry-runs/{id}", role: .operator, summary: "Cancel a dry run, or forget its result.") {
            request in
            try dryRuns.cancel(try request.identifier("dry run"))
            return .noContent
        }
    }

    private func start(_ request: Request) async throws -> Response {
        let key = try request.resourceKey("mapping")
        var reader = try InputReader(request.body.isEmpty ? [:] : try await request.json())
        let draft = reader.value("mapping")
        let days = reader.number("days", in: 1...Double(DryRuns.longest)) ?? 30
        if Int(exactly: days) == nil { reader.note("days", "type", "Expected a whole number.") }
        try reader.finish()
        let id = try await dryRuns.start(key: key, draft: draft, days: Int(exactly: days) ?? 30)
        let text = id.uuidString.lowercased()
        return .json(["id": .string(text)], status: .accepted)
    }
}
