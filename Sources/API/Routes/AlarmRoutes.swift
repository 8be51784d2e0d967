import Accounts
import Alarms
import Assets
import Foundation
import HTTPServer
import HTTPTypes
import Primitives

/// Alarms: listing and acknowledging.
struct AlarmRoutes: Sendable {
    let alarms: AlarmStore
    let plant: PlantStore
    let orders: OrdersOfAlarms
    let pictures: AlarmPictures

    init(_ services: APIServices) {
        alarms = services.alarms
        plant = services.plant
        orders = services.ordersOfAlarms
        pictures = AlarmPictures(alarms: services.alarms, readings: services.readings, plant: services.plant)
    }

    func register(on routes: inout APIRouter) {
        routes.get("/api/v1/alarms", role: .viewer, summary: "Alarms, newest first.", handler: list)
        routes.get("/api/v1/alarms/{id}", role: .viewer, summary: "One alarm.") { request in
            .json(try await orders.render([try await alarms.alarm(try request.identifier("alarm"))])[0])
        }
        routes.get(
            "/api/v1/alarms/{id}/chart.png",
            role: .viewer,
            summary: "A picture of the readings that raised an alarm (PNG)."
        ) { request in
            let picture = try await pictures.picture(ofAlarm: try request.identifier("alarm"))
            // Late readings may still change it.
            let headers: HTTPFields = [.contentType: "image/png", .cacheControl: "private, max-age=60"]
            return Response(headers: headers, body: .bytes(picture.png))
        }
        routes.put(
            "/api/v1/alarms/{id}/acknowledgement",
            role: .operator,
            summary: "Note that somebody has seen an alarm.",
            handler: acknowledge
        )
    }

    private func list(_ request: Request) async throws -> Response {
        let snapshot = plant.snapshot
        if let from = try request.time("from"), let key = request.query.first("device") {
            let device = try snapshot.required(device: key)
            let to = try request.time("to") ?? Timestamp(milliseconds: 1 << 45)
            let found = try await alarms.alarms(ofDevice: device.id, from: from, to: to, limit: try request.limit())
            return .page(try await orders.render(found), nextCursor: nil)
        }
        var filter = AlarmFilter()
        if let text = request.query.first("state") {
            guard let state = AlarmState(rawValue: text) else {
                throw request.badParameter("state", "open, cleared or all is expected")
            }
            filter.state = state
        }
        if let text = request.query.first("severity") {
            filter.severities = try text.split(separator: ",").map { part in
                guard let severity = Severity(rawValue: String(part)) else {
                    throw request.badParameter("severity", "low, medium, high or critical is expected")
                }
                return severity
            }
        }
        filter.deviceID = try request.query.first("device").map { try snapshot.required(device: $0).id }
        filter.assetIDs = try request.query.first("asset").map { key in
            Array(snapshot.descendants(of: try snapshot.required(asset: key).id))
        }
        var cursor: AlarmCursor?
        if let text = request.query.first("cursor") {
            cursor = AlarmCursor(text)
            if cursor == nil { throw request.badParameter("cursor", "take it from “nextCursor”") }
        }
        let page = try await alarms.alarms(filter, after: cursor, limit: try request.limit())
        return .page(try await orders.render(page.alarms), nextCursor: page.next?.text)
    }

    private func acknowledge(_ request: Request) async throws -> Response {
        let id = try request.identifier("alarm")
        var note: String?
        if !request.body.isEmpty {
            var reader = try InputReader(try await request.json())
            note = reader.string("note", maximumLength: 1_000)
            try reader.finish()
        }
        let name = request[CurrentPrincipal.self]?.principal.name ?? ""
        let alarm = try await alarms.acknowledge(id, by: name, note: note)
        return .json(try await orders.render([alarm])[0])
    }
}

extension Request {
    /// The UUID in the path.
    func identifier(_ name: String) throws -> UUID {
        guard let id = UUID(uuidString: parameters["id"]) else {
            throw ResourceFailure.notFound("\(name) “\(parameters["id"].prefix(60))”")
        }
        return id
    }
}

extension PlantSnapshot {
    /// The device with a key that a request names.
    func required(device key: String) throws -> Device {
        guard let device = device(key: key) else { throw ResourceFailure.notFound("device “\(key.prefix(60))”") }
        return device
    }

    /// The asset with a key that a request names.
    func required(asset key: String) throws -> Asset {
        guard let asset = asset(key: key) else { throw ResourceFailure.notFound("asset “\(key.prefix(60))”") }
        return asset
    }
}
