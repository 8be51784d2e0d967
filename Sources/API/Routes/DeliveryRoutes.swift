import Accounts
import ERP
import ERPConnectors
import Expressions
import Foundation
import HTTPServer
import HTTPTypes
import Outbox
import Primitives

/// Deliveries.
struct DeliveryRoutes: Sendable {
    let outbox: OutboxStore
    let registry: ConnectorRegistry
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
                    throw request.badParameter(
                        "state",
                        "pending, held, delivered, dead, superseded or dismissed is expected"
                    )
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
        registerActs(on: &routes)
    }

    private func registerActs(on routes: inout APIRouter) {
        routes.post(
            "/api/v1/deliveries/{id}/retry",
            role: .operator,
            summary: "Make a dead delivery due again.",
            handler: retry
        )
        routes.post(
            "/api/v1/deliveries/retry",
            role: .operator,
            summary: "Make the dead deliveries of a connector, reason or operation due again."
        ) { request in
            var reader = try InputReader(request.body.isEmpty ? [:] : try await request.json())
            let filter = RetryFilter(
                connector: reader.string("connector"),
                reason: reader.string("reason"),
                operation: reader.string("operation")
            )
            try reader.finish()
            let count = try await outbox.retry(filter, by: request.callerName)
            hint()
            return .json(["retried": .integer(Int64(count))])
        }
        routes.post(
            "/api/v1/deliveries/{id}/approval",
            role: .operator,
            summary: "Release or reject a delivery that waits for approval."
        ) { request in
            let id = try request.identifier("delivery")
            var reader = try InputReader(try await request.json())
            if reader.required("approved") == nil { try reader.finish() }
            let isApproved = reader.bool("approved") ?? false
            let note = reader.string("note", maximumLength: 1_000)
            try reader.finish()
            let name = request.callerName
            let delivery = try await outbox.decide(id, isApproved: isApproved, by: name, note: note)
            hint()
            return .json(delivery.json)
        }
        routes.put(
            "/api/v1/deliveries/{id}/fields",
            role: .operator,
            summary: "Change the fields of a dead delivery, to be retried with them.",
            handler: edit
        )
        routes.post(
            "/api/v1/deliveries/{id}/step-aside",
            role: .operator,
            summary: "Let the later orders of the same asset go before one that keeps failing.",
            handler: stepAside
        )
        routes.post(
            "/api/v1/deliveries/{id}/dismiss",
            role: .operator,
            summary: "Note that nothing is to be done about a dead delivery."
        ) { request in
            .json(try await outbox.dismiss(try request.identifier("delivery"), by: request.callerName).json)
        }
    }

    private func stepAside(_ request: Request) async throws -> Response {
        let delivery = try await outbox.stepAside(try request.identifier("delivery"), by: request.callerName)
        hint()
        return .json(delivery.json)
    }

    private func retry(_ request: Request) async throws -> Response {
        let id = try request.identifier("delivery")
        var isAbsent = false
        if !request.body.isEmpty {
            var reader = try InputReader(try await request.json())
            isAbsent = reader.bool("knownAbsent") ?? false
            try reader.finish()
        }
        let delivery = try await outbox.retry(id, isKnownAbsent: isAbsent, by: request.callerName)
        hint()
        return .json(delivery.json)
    }

    /// Checks the fields as those of a mapping are checked.
    private func edit(_ request: Request) async throws -> Response {
        let id = try request.identifier("delivery")
        var reader = try InputReader(try await request.json())
        let value = reader.required("fields")
        if let value, value.object == nil { reader.note("fields", "type", "Expected a JSON object.") }
        try reader.finish()
        let fields = value?.object ?? JSONObject()
        let delivery = try await outbox.delivery(id).delivery
        if let operation = ERPOperation(rawValue: delivery.operation), let key = ResourceKey(delivery.connector.key),
            let erp = registry.connector(key: key)?.erp
        {
            let types = fields.members.filter { !$0.value.isNull }.map { member in
                MappingFieldType(name: member.name, type: Self.type(of: member.value))
            }
            let issues = erp.issues(operation: operation, fields: types)
            if !issues.isEmpty { throw InvalidInput(issues) }
        }
        return .json(try await outbox.edit(id, fields: fields, by: request.callerName).json)
    }

    private static func type(of value: JSONValue) -> ValueType {
        if value.bool != nil { return .boolean }
        return value.double == nil ? .text : .number
    }
}

extension Request {
    /// Who calls, as acts are noted.
    var callerName: String { self[CurrentPrincipal.self]?.principal.name ?? "" }

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
