import Accounts
import Assets
import HTTPServer
import HTTPTypes
import Primitives
import Telemetry

/// What became of everything that a device sent.
struct LedgerRoutes: Sendable {
    let plant: PlantStore
    let ledger: LedgerStore
    let clock: WallClock

    func register(on routes: inout APIRouter) {
        routes.get(
            "/api/v1/devices/{key}/ledger",
            role: .viewer,
            summary: "What became of a device's readings, in all and per day.",
            handler: read
        )
        routes.get(
            "/api/v1/devices/{key}/conflicts",
            role: .viewer,
            summary: "Readings that contradict stored ones, the newest first.",
            handler: conflicts
        )
    }

    private func read(_ request: Request) async throws -> Response {
        let snapshot = plant.snapshot
        let (device, profile) = try snapshot.device(of: request)
        let days = try request.number("days", in: 1...3_660) ?? 30
        let since = clock.now.adding(seconds: -86_400 * Double(days - 1))
        let ledger = try await ledger.ledger(of: device, since: since)
        return .json([
            "device": .string(device.key), "since": .string(since.rfc3339), "total": .object(ledger.total.json),
            "days": .array(ledger.days.map(\.json)),
            "clock": [
                "offsetSeconds": .optional(ledger.clockOffset),
                "suspicious": .bool(ledger.isClockSuspicious(interval: profile.reportingInterval)),
            ],
            "expectedInterval": .optional(profile.reportingInterval),
        ])
    }

    private func conflicts(_ request: Request) async throws -> Response {
        let (device, profile) = try plant.snapshot.device(of: request)
        let limit = try request.limit()
        var before: Int64?
        if let text = request.query.first("cursor") {
            guard let cursor = Int64(text) else { throw request.badParameter("cursor", "take it from “nextCursor”") }
            before = cursor
        }
        let found = try await ledger.conflicts(of: device, before: before, limit: limit)
        try await plant.learnStates(in: found.flatMap { [$0.values, $0.stored] }, of: profile)
        let items = found.map { conflict -> JSONValue in
            [
                "ts": .string(conflict.timestamp.rfc3339), "receivedAt": .string(conflict.receivedAt.rfc3339),
                "values": .object(plant.states.json(of: profile, in: conflict.values)),
                "stored": .object(plant.states.json(of: profile, in: conflict.stored)),
            ]
        }
        return .page(items, nextCursor: found.count == limit ? found.last.map { String($0.id) } : nil)
    }
}

extension PlantSnapshot {
    /// The device that a request is about, and its profile.
    func device(of request: Request) throws -> (device: Device, profile: Profile) {
        let key = try request.resourceKey("device")
        guard let device = device(key: key.text), let profile = profile(of: device) else {
            throw ResourceFailure.notFound("device “\(key)”")
        }
        return (device, profile)
    }
}

extension DeviceLedger.Day {
    /// The API's form.
    var json: JSONValue {
        var object = line.json
        object["day"] = .string(String(day.rfc3339.prefix(10)))
        return .object(object)
    }
}

extension LedgerLine {
    /// The API's form.
    var json: JSONObject {
        var object = JSONObject()
        object["received"] = .integer(received)
        object["stored"] = .integer(stored)
        object["merged"] = .integer(merged)
        object["duplicate"] = .integer(duplicate)
        object["conflict"] = .integer(conflict)
        object["late"] = .integer(late)
        object["rejected"] = .integer(rejected)
        object["gaps"] = .integer(gaps)
        object["gapSeconds"] = .number((gapSeconds * 10).rounded() / 10)
        object["sequenceGaps"] = .integer(sequenceGaps)
        return object
    }
}
