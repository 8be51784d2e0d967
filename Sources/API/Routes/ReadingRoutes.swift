import Accounts
import Assets
import HTTPServer
import HTTPTypes
import Primitives
import Telemetry

/// Readings out over HTTP: charts, files, tracks, the newest values.
struct ReadingRoutes: Sendable {
    let plant: PlantStore
    let latest: LatestReadings
    let readings: ReadingStore
    let clock: WallClock

    /// Most points of a chart query.
    static let maximumPoints = 20_000
    /// Most series of one query.
    static let maximumSeries = 50

    func register(on routes: inout APIRouter) {
        routes.get(
            "/api/v1/devices/{key}/readings",
            role: .viewer,
            summary: "A range for a chart, in columns.",
            handler: columns
        )
        routes.get(
            "/api/v1/readings",
            role: .viewer,
            summary: "Ranges of several devices for one chart.",
            handler: series
        )
        routes.get(
            "/api/v1/devices/{key}/readings.csv",
            role: .viewer,
            summary: "All readings of a range as CSV.",
            handler: csv
        )
        routes.get(
            "/api/v1/devices/{key}/readings.ndjson",
            role: .viewer,
            summary: "All readings of a range, one JSON object a line.",
            handler: ndjson
        )
        routes.get(
            "/api/v1/devices/{key}/track",
            role: .viewer,
            summary: "A vehicle's way, simplified.",
            handler: track
        )
        routes.get(
            "/api/v1/devices/{key}/latest",
            role: .viewer,
            summary: "The newest value of every metric.",
            handler: newest
        )
    }

    private func range(of request: Request) throws -> (from: Timestamp, to: Timestamp) {
        let to = try request.time("to") ?? clock.now
        let from = try request.time("from") ?? to.adding(seconds: -3_600)
        guard from < to else { throw request.badParameter("from", "must be earlier than “to”") }
        return (from, to)
    }

    private func points(of request: Request) throws -> Int {
        try request.number("points", in: 1...Self.maximumPoints) ?? 1_000
    }

    private func metric(
        _ name: Substring,
        of profile: Profile,
        _ parameter: String,
        _ request: Request
    ) throws -> Metric {
        guard let metric = profile.metric(String(name)) else {
            let known = profile.metrics.map(\.key).joined(separator: ", ")
            throw request.badParameter(parameter, "“\(name)” is not one of \(known)")
        }
        return metric
    }

    private func columns(_ request: Request) async throws -> Response {
        let (device, profile) = try plant.snapshot.device(of: request)
        let (from, to) = try range(of: request)
        var metrics = profile.metrics
        if let names = request.query.first("metrics") {
            metrics = try names.split(separator: ",").map { try metric($0, of: profile, "metrics", request) }
        }
        let columns = try await readings.columns(
            device: device,
            metrics: metrics,
            from: from,
            to: to,
            points: try points(of: request)
        )
        return .json(columns.json(device: device.key, from: from, to: to))
    }

    private func series(_ request: Request) async throws -> Response {
        let (from, to) = try range(of: request)
        let points = try points(of: request)
        let names = (request.query.first("series") ?? "").split(separator: ",")
        guard (1...Self.maximumSeries).contains(names.count) else {
            throw request.badParameter("series", "1 to \(Self.maximumSeries) of “device.metric” are expected")
        }
        let snapshot = plant.snapshot
        let wanted = try names.map { name -> ReadingStore.Series in
            let parts = name.split(separator: ".", maxSplits: 1)
            guard parts.count == 2, let device = snapshot.device(key: String(parts[0])),
                let profile = snapshot.profile(of: device)
            else { throw request.badParameter("series", "“\(name)” names no device and metric") }
            return ReadingStore.Series(device: device, metric: try metric(parts[1], of: profile, "series", request))
        }
        let found = try await readings.columns(of: wanted, from: from, to: to, points: points)
        let coarsest = found.max { $0.bucket < $1.bucket }
        return .json([
            "from": .string(from.rfc3339), "to": .string(to.rfc3339), "bucket": .number(coarsest?.bucket ?? 0),
            "resolution": .string(coarsest?.resolution ?? "raw"),
            "series": .array(zip(wanted, found).map { $1.json(of: $0) }),
        ])
    }

    private func csv(_ request: Request) async throws -> Response {
        let (device, profile) = try plant.snapshot.device(of: request)
        let export = CSVExport(profile: profile, states: plant.states)
        return try stream(request, device, type: "text/csv; charset=utf-8", extension: "csv", head: export.header) {
            export.write($0, to: &$1)
        }
    }

    private func ndjson(_ request: Request) async throws -> Response {
        let (device, profile) = try plant.snapshot.device(of: request)
        let export = NDJSONExport(profile: profile, states: plant.states)
        return try stream(request, device, type: "application/x-ndjson", extension: "ndjson", head: "") {
            export.write($0, to: &$1)
        }
    }

    private func stream(
        _ request: Request,
        _ device: Device,
        type: String,
        extension suffix: String,
        head: String,
        _ write: @escaping @Sendable ([Reading], inout [UInt8]) -> Void
    ) throws -> Response {
        let from = try request.time("from") ?? .earliestAccepted
        let to = try request.time("to") ?? clock.now.adding(seconds: 7_200)
        let store = readings
        var headers: HTTPFields = [.contentType: type]
        headers[.contentDisposition] = "attachment; filename=\"\(device.key).\(suffix)\""
        return Response(
            headers: headers,
            body: .stream { body in
                if !head.isEmpty { try await body.write(head) }
                try await store.stream(device: device, from: from, to: to) { portion in
                    var bytes: [UInt8] = []
                    write(portion, &bytes)
                    try await body.write(bytes)
                }
            }
        )
    }

    private func track(_ request: Request) async throws -> Response {
        let (device, profile) = try plant.snapshot.device(of: request)
        let (from, to) = try range(of: request)
        let places = profile.metrics.filter { $0.kind == .location }
        let name = request.query.first("metric")
        guard let metric = name.map({ name in places.first { $0.key == name } }) ?? places.first else {
            throw request.badParameter("metric", "the device has no such location")
        }
        let tolerance = request.query.first("tolerance").map { Double($0) } ?? 10
        guard let tolerance, (0...1_000_000).contains(tolerance) else {
            throw request.badParameter("tolerance", "metres from 0 to 1000000 are expected")
        }
        let track = try await readings.track(device: device, metric: metric, from: from, to: to, tolerance: tolerance)
        return .json(track.json(device: device.key, metric: metric.key))
    }

    private func newest(_ request: Request) async throws -> Response {
        let (device, profile) = try plant.snapshot.device(of: request)
        if latest.entry(device.id) == nil {
            latest.update(try await readings.latest(devices: [device.id]))
        }
        guard let entry = latest.entry(device.id) else {
            return .json(["ts": nil, "receivedAt": nil, "values": [:]])
        }
        return .json([
            "ts": .string(entry.timestamp.rfc3339), "receivedAt": .string(entry.receivedAt.rfc3339),
            "values": .object(plant.states.json(of: profile, in: entry.values)),
        ])
    }
}
