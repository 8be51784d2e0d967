import Accounts
import Assets
import Decoders
import HTTPServer
import HTTPTypes
import Observability
import Primitives
import Telemetry

/// Readings of one device as a file: `POST …/telemetry` with NDJSON or CSV.
struct UploadRoutes: Sendable {
    let plant: PlantStore
    let writer: IngestWriter
    let metrics: PlantwrightMetrics
    let clock: WallClock

    /// The most bytes of a file.
    static let maximumBody = 16 << 30

    /// The format that a request's content type names; nil when it is JSON.
    static func format(of request: Request) -> TelemetryUpload.Format? {
        let type = request.headers[.contentType].map { String($0.prefix { $0 != ";" }).lowercased() }
        switch type?.filter({ $0 != " " }) {
        case "application/x-ndjson", "application/ndjson", "application/jsonl": return .lines
        case "text/csv": return .csv
        default: return nil
        }
    }

    /// Answers with a line of progress for each committed portion, and a last one with everything.
    func upload(_ format: TelemetryUpload.Format, _ request: Request) async throws -> Response {
        let (device, profile) = try plant.snapshot.device(of: request)
        var upload = TelemetryUpload(
            format,
            device: device,
            profile: profile,
            evaluates: try evaluates(request) ?? (format == .lines),
            writer: writer,
            clock: clock
        )
        // What is wrong with the whole file is told before anything is answered.
        var pieces = request.body.makeAsyncIterator()
        do {
            while !upload.isBegun, let piece = try await pieces.next() { try upload.take(piece) }
            if !upload.isBegun { try upload.finish() }
        } catch let rejection as Rejection {
            throw InvalidInput(pointer: rejection.pointer, code: rejection.reason.rawValue, detail: rejection.detail)
        }
        let begun = upload
        let body = request.body
        return Response(
            headers: [.contentType: "application/x-ndjson", .cacheControl: "no-store"],
            body: .stream { output in
                var upload = begun
                do {
                    for try await piece in body {
                        try await Self.commit(&upload, to: output)
                        try upload.take(piece)
                    }
                    try upload.finish()
                    try await Self.commit(&upload, to: output)
                    while !upload.isDone { try await upload.commit() }
                    metrics.messagesReceived.increment(by: upload.progress.counts.received)
                    try await output.write(upload.progress.line(isDone: true))
                } catch {
                    guard let reason = Self.reason(error) else { throw error }
                    try await output.write(upload.progress.line(isDone: false, failure: reason))
                }
            }
        )
    }

    /// Commits full portions and tells how far it is.
    private static func commit(_ upload: inout TelemetryUpload, to output: ResponseWriter) async throws {
        while upload.isPortionFull {
            try await upload.commit()
            try await output.write(upload.progress.line(isDone: false))
        }
    }

    private func evaluates(_ request: Request) throws -> Bool? {
        switch request.query.first("evaluate") {
        case nil: return nil
        case "true": return true
        case "false": return false
        default: throw request.badParameter("evaluate", "must be true or false")
        }
    }

    /// What to tell when an upload cannot go on.
    private static func reason(_ error: any Error) -> JSONValue? {
        if let rejection = error as? Rejection {
            return ["code": .string(rejection.reason.rawValue), "detail": .string(rejection.detail)]
        }
        guard let problem = HTTPProblem(domain: error) else { return nil }
        return [
            "code": .string(problem.code),
            "detail": .string(problem.detail + " What was committed stays; send the same file again."),
        ]
    }
}

extension TelemetryUpload.Progress {
    /// One line of the answer.
    func line(isDone: Bool, failure: JSONValue? = nil) -> String {
        var object = JSONObject()
        if isDone { object["done"] = true }
        object["line"] = .integer(Int64(line))
        object["received"] = .integer(Int64(counts.received))
        object["stored"] = .integer(Int64(counts.stored))
        object["merged"] = .integer(Int64(counts.merged))
        object["duplicate"] = .integer(Int64(counts.duplicate))
        object["conflict"] = .integer(Int64(counts.conflict))
        object["late"] = .integer(Int64(counts.late))
        object["rejected"] = .integer(Int64(rejected))
        if let failure { object["failure"] = failure }
        if isDone || failure != nil {
            object["errors"] = .array(
                faults.sorted { $0.line < $1.line }.map { fault in
                    [
                        "line": .integer(Int64(fault.line)), "code": .string(fault.rejection.reason.rawValue),
                        "detail": .string(fault.rejection.detail),
                    ]
                }
            )
            object["ignoredColumns"] = .array(ignoredColumns.map(JSONValue.string))
        }
        return JSONValue.object(object).text + "\n"
    }
}
