import Accounts
import Assets
import HTTPServer
import HTTPTypes
import Observability
import Primitives
import Telemetry

/// Telemetry in over HTTP, and readings out.
struct TelemetryRoutes: Sendable {
    let plant: PlantStore
    let writer: IngestWriter
    let readings: ReadingStore
    let metrics: PlantwrightMetrics
    let clock: WallClock

    /// Most points of a chart query.
    static let maximumPoints = 20_000

    func register(on routes: inout APIRouter) {
        routes.post(
            "/api/v1/devices/{key}/telemetry",
            role: .operator,
            summary: "Store readings; answers after COMMIT. JSON, or a file of NDJSON or CSV with progress.",
            bodyLimit: UploadRoutes.maximumBody,
            handler: store
        )
        routes.get(
            "/api/v1/devices/{key}/readings",
            role: .viewer,
            summary: "A range for a chart, in columns.",
            handler: columns
        )
        routes.get(
            "/api/v1/devices/{key}/readings.csv",
            role: .viewer,
            summary: "All readings of a range as CSV.",
            handler: csv
        )
        routes.get(
            "/api/v1/devices/{key}/latest",
            role: .viewer,
            summary: "The newest value of every metric.",
            handler: latest
        )
    }

    private func store(_ request: Request) async throws -> Response {
        if let format = UploadRoutes.format(of: request) {
            return try await UploadRoutes(plant: plant, writer: writer, metrics: metrics, clock: clock)
                .upload(format, request)
        }
        let (device, _) = try plant.snapshot.device(of: request)
        let payload = try await request.body.collect(upTo: 1 << 20)
        metrics.messagesReceived.increment()
        let fates = try await writer.write([
            TelemetryMessage(
                sender: .device(device.id),
                topic: "http",
                payload: payload,
                receivedAt: clock.now,
                keepsRejected: false
            )
        ])
        if case .rejected(let rejection) = fates.first {
            throw Self.problem(rejection)
        }
        return .noContent
    }

    private static func problem(_ rejection: Rejection) -> any Error {
        switch rejection.reason {
        case .badJSON: HTTPProblem(.badRequest, code: rejection.reason.rawValue, detail: rejection.detail)
        case .tooLarge: HTTPProblem(.contentTooLarge, code: rejection.reason.rawValue, detail: rejection.detail)
        default: InvalidInput(pointer: rejection.pointer, code: rejection.reason.rawValue, detail: rejection.detail)
        }
    }

    private func columns(_ request: Request) async throws -> Response {
        let (device, profile) = try plant.snapshot.device(of: request)
        let to = try request.time("to") ?? clock.now
        let from = try request.time("from") ?? to.adding(seconds: -3_600)
        guard from < to else { throw request.badParameter("from", "must be earlier than “to”") }
        let points = try request.number("points", in: 1...Self.maximumPoints) ?? 1_000
        var metrics = profile.metrics
        if let names = request.query.first("metrics") {
            metrics = try names.split(separator: ",").map { name in
                guard let metric = profile.metric(String(name)) else {
                    let known = profile.metrics.map(\.key).joined(separator: ", ")
                    throw request.badParameter("metrics", "“\(name)” is not one of \(known)")
                }
                return metric
            }
        }
        let columns = try await readings.columns(device: device, metrics: metrics, from: from, to: to, points: points)
        return .json(columns.json(device: device.key, from: from, to: to))
    }

    private func csv(_ request: Request) async throws -> Response {
        let (device, profile) = try plant.snapshot.device(of: request)
        let from = try request.time("from") ?? .earliestAccepted
        let to = try request.time("to") ?? clock.now.adding(seconds: 7_200)
        let export = CSVExport(profile: profile, states: plant.states)
        let store = readings
        var headers: HTTPFields = [.contentType: "text/csv; charset=utf-8"]
        headers[.contentDisposition] = "attachment; filename=\"\(device.key).csv\""
        return Response(
            headers: headers,
            body: .stream { body in
                try await body.write(export.header)
                try await store.stream(device: device, from: from, to: to) { portion in
                    var bytes: [UInt8] = []
                    export.write(portion, to: &bytes)
                    try await body.write(bytes)
                }
            }
        )
    }

    private func latest(_ request: Request) async throws -> Response {
        let (device, profile) = try plant.snapshot.device(of: request)
        if writer.latest.entry(device.id) == nil {
            writer.latest.update(try await readings.latest(devices: [device.id]))
        }
        guard let entry = writer.latest.entry(device.id) else {
            return .json(["ts": nil, "receivedAt": nil, "values": [:]])
        }
        return .json([
            "ts": .string(entry.timestamp.rfc3339), "receivedAt": .string(entry.receivedAt.rfc3339),
            "values": .object(plant.states.json(of: profile, in: entry.values)),
        ])
    }
}

extension ReadingColumns {
    /// The API's form: times in Unix milliseconds and one column per metric.
    func json(device: String, from: Timestamp, to: Timestamp) -> JSONValue {
        var columns = JSONObject()
        for (metric, column) in series {
            switch column {
            case .values(let values): columns[metric.key] = ["values": .array(values)]
            case .buckets(let minimum, let maximum, let average):
                columns[metric.key] = [
                    "min": .array(minimum.map(JSONValue.optional)), "max": .array(maximum.map(JSONValue.optional)),
                    "avg": .array(average.map(JSONValue.optional)),
                ]
            }
        }
        return [
            "device": .string(device), "from": .string(from.rfc3339), "to": .string(to.rfc3339),
            "bucket": .number(bucket), "times": .array(times.map { .integer($0.milliseconds) }),
            "series": .object(columns),
        ]
    }
}
