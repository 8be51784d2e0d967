import Accounts
import ERP
import ERPConnectors
import HTTPServer
import HTTPTypes
import Primitives

/// What kinds of connectors there are, and what their ERP systems know.
struct ConnectorListRoutes: Sendable {
    let registry: ConnectorRegistry

    func register(on routes: inout APIRouter) {
        routes.get("/api/v1/connector-kinds", role: .viewer, summary: "The kinds of connectors with their forms.") {
            _ in
            .page(ConnectorDefinition.all.map(\.manifest.json), nextCursor: nil)
        }
        routes.get(
            "/api/v1/connectors/{key}/choices/{list}",
            role: .operator,
            summary: "The values of a pick list in the ERP."
        ) { request in
            let live = try registry.live(try request.resourceKey("connector"))
            let list = request.parameters["list"]
            let choices = try await asking { () async throws(CallFailure) in try await live.erp.choices(list) }
            return .page(choices.map(\.json), nextCursor: nil)
        }
        routes.get(
            "/api/v1/connectors/{key}/items",
            role: .operator,
            summary: "Stock items in the ERP."
        ) { request in
            let live = try registry.live(try request.resourceKey("connector"))
            let cursor = request.query.first("cursor")
            let page = try await asking { () async throws(CallFailure) in try await live.erp.items(after: cursor) }
            return .page(page.items.map(Self.json), nextCursor: page.next)
        }
    }

    private static func json(_ item: ItemRecord) -> JSONValue {
        ["reference": .string(item.reference), "name": .string(item.name), "unit": .optional(item.unit)]
    }

    /// Asks an ERP; that it cannot answer is no fault of ours.
    private func asking<Value>(_ body: () async throws(CallFailure) -> Value) async throws -> Value {
        do throws(CallFailure) {
            return try await body()
        } catch {
            if error.reason == "unsupported" {
                throw HTTPProblem(.notFound, code: "unsupported", detail: error.detail)
            }
            throw HTTPProblem(.badGateway, code: "erp-\(error.reason)", detail: error.detail)
        }
    }
}
