import Accounts
import Alarms
import Assets
import HTTPServer
import Primitives
import Telemetry

/// The key figures and the map's contents.
struct OverviewRoutes: Sendable {
    let plant: PlantStore
    let latest: LatestReadings
    let alarms: AlarmStore
    let orderCounts: @Sendable () async throws -> OrderCounts
    let clock: WallClock

    /// A device without a reporting interval is silent after so many seconds.
    static let defaultSilence = 900.0

    func register(on routes: inout APIRouter) {
        routes.get("/api/v1/overview", role: .viewer, summary: "Key figures and everything on the map.") { _ in
            .json(try await overview())
        }
    }

    private func overview() async throws -> JSONValue {
        let snapshot = plant.snapshot
        let open = try await alarms.openAlarms()
        let counts = try await orderCounts()
        let now = clock.now
        var severities = JSONObject()
        for severity in Severity.allCases {
            severities[severity.rawValue] = .integer(Int64(open.all.open[severity] ?? 0))
        }
        let devicesOfAsset = Dictionary(grouping: snapshot.devices.values.filter { $0.assetID != nil }) {
            $0.assetID ?? 0
        }
        let reporting = snapshot.devices.values.count { isReporting($0, in: snapshot, now: now) }
        let assets = snapshot.assets.values.sorted { $0.key < $1.key }.map { asset -> JSONValue in
            var document = snapshot.json(asset).object ?? JSONObject()
            document["severity"] = .optional(open.byAsset[asset.id]?.worst?.rawValue)
            document["devices"] = .array(
                (devicesOfAsset[asset.id] ?? []).sorted { $0.key < $1.key }.map { device in
                    self.device(device, in: snapshot, open: open, now: now)
                }
            )
            return .object(document)
        }
        return [
            "devices": [
                "total": .integer(Int64(snapshot.devices.count)), "reporting": .integer(Int64(reporting)),
                "silent": .integer(Int64(snapshot.devices.count - reporting)),
            ],
            "alarms": .object(severities),
            "orders": [
                "open": .integer(Int64(counts.open)), "waiting": .integer(Int64(counts.waiting)),
                "dead": .integer(Int64(counts.dead)),
            ],
            "assets": .array(assets),
        ]
    }

    private func isReporting(_ device: Device, in plant: PlantSnapshot, now: Timestamp) -> Bool {
        guard let entry = latest.entry(device.id) else { return false }
        let interval = plant.profile(of: device)?.reportingInterval
        return now.seconds(since: entry.receivedAt) <= max(30, interval.map { $0 * 3 } ?? Self.defaultSilence)
    }

    private func device(_ device: Device, in plant: PlantSnapshot, open: OpenAlarms, now: Timestamp) -> JSONValue {
        var document: JSONObject = [
            "key": .string(device.key), "name": .string(device.name),
            "profile": .optional(plant.profile(of: device)?.key),
            "severity": .optional(open.byDevice[device.id]?.worst?.rawValue),
            "reporting": .bool(isReporting(device, in: plant, now: now)),
        ]
        if let entry = latest.entry(device.id), let profile = plant.profile(of: device) {
            let values = self.plant.states.json(of: profile, in: entry.values)
            document["values"] = .object(values)
            document["ts"] = .string(entry.timestamp.rfc3339)
            if let metric = profile.metrics.first(where: { $0.kind == .location }), let place = values[metric.key] {
                document["location"] = place
            }
        }
        return .object(document)
    }
}
