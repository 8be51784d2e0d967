import Accounts
import Assets
import HTTPServer
import HTTPTypes
import Primitives

/// All configuration as one document, and the history of its changes.
struct ConfigurationRoutes: Sendable {
    let configuration: ConfigurationService

    /// Most bytes of a document.
    private static let bodyLimit = 64 * 1_024 * 1_024

    func register(on routes: inout APIRouter) {
        routes.get(
            "/api/v1/configuration",
            role: .admin,
            summary: "All configuration as one document, without secrets, always in the same order."
        ) { _ in
            Response.json(text: try await configuration.export().json.indentedText)
        }
        routes.add(
            .put,
            "/api/v1/configuration",
            role: .admin,
            summary: "Bring the configuration to what a document says, wholly or not at all; tell the differences.",
            bodyLimit: Self.bodyLimit,
            handler: apply
        )
        routes.get(
            "/api/v1/configuration/changes",
            role: .admin,
            summary: "Who changed what in the configuration, the newest first.",
            handler: changes
        )
        routes.post(
            "/api/v1/configuration/changes/{id}/undo",
            role: .admin,
            summary: "Bring an entry back to what it was before a change."
        ) { request in
            let outcome = try await configuration.undo(
                change: try Self.number(request),
                isDryRun: try request.flag("dryRun")
            )
            return .json(outcome.json)
        }
    }

    private func apply(_ request: Request) async throws -> Response {
        let isPruning = try request.flag("prune")
        let isDryRun = try request.flag("dryRun")
        let document = try ConfigurationDocument(try await request.json())
        return .json(try await configuration.apply(document, isPruning: isPruning, isDryRun: isDryRun).json)
    }

    private func changes(_ request: Request) async throws -> Response {
        let limit = try request.limit()
        var section: ConfigurationSection?
        if let text = request.query.first("section") {
            section = ConfigurationSection(rawValue: text)
            if section == nil {
                let known = ConfigurationSection.allCases.map(\.rawValue).joined(separator: ", ")
                throw request.badParameter("section", "one of \(known) is expected")
            }
        }
        let items = try await configuration.changes(
            of: section,
            key: request.query.first("key"),
            before: try request.number("cursor", in: 0...Int.max).map(Int64.init),
            limit: limit + 1
        )
        let page = items.prefix(limit)
        return .page(page.map(\.json), nextCursor: items.count > limit ? page.last.map { String($0.id) } : nil)
    }

    private static func number(_ request: Request) throws -> Int64 {
        let text = request.parameters["id"]
        guard let id = Int64(text), id > 0 else { throw ResourceFailure.notFound("change \(text)") }
        return id
    }
}

extension ConfigurationChange {
    /// The API's form, with what changed value by value.
    fileprivate var json: JSONValue {
        [
            "id": .integer(id), "at": .string(at.rfc3339), "author": .optional(author),
            "section": .string(section.rawValue), "key": .string(key),
            "change": .string(before == nil ? "created" : after == nil ? "deleted" : "changed"),
            "before": before ?? .null, "after": after ?? .null,
            "fields": .array(
                ConfigurationDifference.Field.all(from: before?.withoutKey, to: after?.withoutKey).map(\.json)
            ),
        ]
    }
}
