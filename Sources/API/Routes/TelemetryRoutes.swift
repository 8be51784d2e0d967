import Accounts
import Assets
import Decoders
import HTTPServer
import HTTPTypes
import Observability
import Primitives
import Telemetry

/// Telemetry in over HTTP.
struct TelemetryRoutes: Sendable {
    let plant: PlantStore
    let writer: IngestWriter
    let metrics: PlantwrightMetrics
    let clock: WallClock

    func register(on routes: inout APIRouter) {
        routes.post(
            "/api/v1/devices/{key}/telemetry",
            role: .operator,
            summary: "Store readings; answers after COMMIT. JSON, or a file of NDJSON or CSV with progress.",
            bodyLimit: UploadRoutes.maximumBody,
            handler: store
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
}
