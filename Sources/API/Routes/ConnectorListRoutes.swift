import Accounts
import ERP
import ERPConnectors
import HTTPServer
import HTTPTypes
import Primitives

/// What kinds of connectors there are, and what their ERP systems know.
struct ConnectorListRoutes: Sendable {
    let registry: ConnectorRegistry
    let items: ItemCatalog

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
            summary: "Items of stock in the ERP as read last, by words in ?search=; an old list begins to be read anew."
        ) { request in
            let words = request.query.first("search") ?? ""
            guard words.count <= 200 else {
                throw request.badParameter("search", "at most 200 characters are expected")
            }
            let key = try request.resourceKey("connector")
            return .json(try await items.find(words, in: key, limit: try request.limit()).json)
        }
        routes.post(
            "/api/v1/connectors/{key}/items/read",
            role: .operator,
            summary: "Read the ERP's items of stock anew; “reading” in the list tells when it is done."
        ) { request in
            try items.startReading(try request.resourceKey("connector"))
            return Response(status: .accepted)
        }
        routes.get(
            "/api/v1/connectors/{key}/stock",
            role: .operator,
            summary: "How much of ?item= the ERP has now, at ?location= or its usual place."
        ) { request in
            let live = try registry.live(try request.resourceKey("connector"))
            guard let item = request.query.first("item"), !item.isEmpty else {
                throw request.badParameter("item", "the reference of an item is expected")
            }
            let location = request.query.first("location").flatMap { $0.isEmpty ? nil : $0 }
            let figure = try await asking { () async throws(CallFailure) in
                try await live.erp.stock(of: item, at: location)
            }
            return .json([
                "item": .string(item), "onHand": .number(figure.onHand), "available": .optional(figure.available),
            ])
        }
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
