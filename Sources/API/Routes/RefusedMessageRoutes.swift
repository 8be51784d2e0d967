import Accounts
import Assets
import Decoders
import HTTPServer
import HTTPTypes
import Primitives
import Telemetry

/// Quarantine and rejected messages.
struct RefusedMessageRoutes: Sendable {
    let plant: PlantStore
    let refused: RefusedMessageStore
    let sources: SourceStore

    func register(on routes: inout APIRouter) {
        routes.get("/api/v1/quarantine", role: .viewer, summary: "Unknown senders whose messages are kept.") {
            request in
            let limit = try request.limit()
            let senders = try await refused.quarantine(before: try Self.cursor(request), limit: limit)
            let next = senders.count == limit ? senders.last.map { String($0.newestID) } : nil
            return .page(
                senders.map { $0.json(source: $0.sourceID.flatMap(sources.key(ofSource:))) },
                nextCursor: next
            )
        }
        routes.delete(
            "/api/v1/quarantine/{identifier}",
            role: .admin,
            summary: "Forget the kept messages of a sender."
        ) { request in
            _ = try await refused.dismiss(identifier: request.parameters["identifier"])
            return .noContent
        }
        routes.delete(
            "/api/v1/quarantine",
            role: .admin,
            summary: "Forget the kept messages of a sender, named in the query: names such as a/b do not fit a path."
        ) { request in
            guard let identifier = request.query.first("identifier") else {
                throw InvalidInput(pointer: "/identifier", code: "required", detail: "“identifier” is required.")
            }
            _ = try await refused.dismiss(identifier: identifier)
            return .noContent
        }
        routes.get("/api/v1/rejected-messages", role: .viewer, summary: "Messages that were refused, and why.") {
            request in
            let limit = try request.limit()
            let messages = try await refused.rejected(before: try Self.cursor(request), limit: limit)
            let snapshot = plant.snapshot
            let next = messages.count == limit ? messages.last.map { String($0.id) } : nil
            return .page(
                messages.map { $0.json(snapshot, source: $0.sourceID.flatMap(sources.key(ofSource:))) },
                nextCursor: next
            )
        }
        registerRetries(on: &routes)
    }

    private func registerRetries(on routes: inout APIRouter) {
        routes.post(
            "/api/v1/rejected-messages/{id}/retry",
            role: .admin,
            summary: "Try a refused message again."
        ) { request in
            let fate = try await refused.retry(id: try Self.id(request))
            return .json([
                "fate": .string(TrafficFate(fate).rawValue), "reason": .optional(fate.rejection?.reason.rawValue),
                "detail": .optional(fate.rejection?.detail),
            ])
        }
        routes.post(
            "/api/v1/rejected-messages/retry",
            role: .admin,
            summary: "Try all refused messages again, of a source or a device if one is given."
        ) { request in
            var reader = try InputReader(try await request.json())
            let source = sourceID(&reader)
            let device = deviceID(&reader)
            try reader.finish()
            let summary = try await refused.retryAll(source: source, device: device)
            return .json([
                "retried": .integer(Int64(summary.retried)), "accepted": .integer(Int64(summary.accepted)),
                "rejected": .integer(Int64(summary.rejected)),
            ])
        }
        routes.delete(
            "/api/v1/rejected-messages/{id}",
            role: .admin,
            summary: "Forget a refused message."
        ) { request in
            try await refused.dismissRejected(id: try Self.id(request))
            return .noContent
        }
    }

    private func sourceID(_ reader: inout InputReader) -> Int32? {
        guard let key = reader.key("source") else { return nil }
        guard let source = try? sources.source(key: key) else {
            reader.note("source", "unknown-reference", "There is no source “\(key)”.")
            return nil
        }
        return source.id
    }

    private func deviceID(_ reader: inout InputReader) -> Int32? {
        guard let key = reader.key("device") else { return nil }
        guard let device = plant.snapshot.device(key: key.text) else {
            reader.note("device", "unknown-reference", "There is no device “\(key)”.")
            return nil
        }
        return device.id
    }

    private static func id(_ request: Request) throws -> Int64 {
        guard let id = Int64(request.parameters["id"]) else {
            throw ResourceFailure.notFound("rejected message “\(request.parameters["id"])”")
        }
        return id
    }

    private static func cursor(_ request: Request) throws -> Int64? {
        guard let text = request.query.first("cursor") else { return nil }
        guard let cursor = Int64(text) else { throw request.badParameter("cursor", "take it from “nextCursor”") }
        return cursor
    }
}
