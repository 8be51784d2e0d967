import Accounts
import Assets
import Decoders
import Foundation
import HTTPServer
import Primitives
import Telemetry

/// Sources: how messages of other topics and formats come in.
struct SourceRoutes: Sendable {
    let sources: SourceStore
    let plant: PlantStore
    let clock: WallClock

    func register(on routes: inout APIRouter) {
        routes.get("/api/v1/sources/decoders", role: .viewer, summary: "The formats that a source can have.") { _ in
            .json(["items": .array(DecoderDescription.all.map(\.json))])
        }
        routes.post(
            "/api/v1/sources/preview",
            role: .admin,
            summary: "What a draft of a source makes of a payload; nothing is stored.",
            bodyLimit: 4 * DecoderLimits.payload,
            handler: preview
        )
        routes.get(
            "/api/v1/sources/{key}/traffic",
            role: .viewer,
            summary: "The newest messages of a source and what became of them.",
            handler: traffic
        )
        endpoint.register(on: &routes)
    }

    private var endpoint: ResourceEndpoint {
        ResourceEndpoint(
            path: "/api/v1/sources",
            name: "source",
            list: { sources.sources.map(Self.state) + [Self.native] },
            get: { key in
                if key.text == Source.nativeKey { return Self.native }
                return Self.state(try sources.source(key: key))
            },
            put: { key, document, condition in
                let (source, isNew) = try await sources.put(key: key, document: document, onlyIf: condition)
                return (Self.state(source), isNew)
            },
            delete: { key, condition in try await sources.delete(key: key, onlyIf: condition) }
        )
    }

    private static func state(_ source: Source) -> ResourceState {
        ResourceState(key: source.key, document: source.json, version: source.version)
    }

    private static let native = ResourceState(
        key: Source.nativeKey,
        document: Source.native,
        version: ResourceVersion(id: 0, revision: 0)
    )

    private func preview(_ request: Request) async throws -> Response {
        var reader = try InputReader(try await request.json())
        let draft = reader.required("source")
        let topic = reader.string("topic", maximumLength: 65_535) ?? ""
        let payload = Self.payload(&reader)
        try reader.finish()
        guard let draft, let payload else { throw InvalidInput(reader.issues) }
        let definition = try SourceDefinition(draft, key: "draft", plant: plant.snapshot)
        let message = SourceMessage(topic: topic, payload: payload, receivedAt: clock.now)
        return .json(SourcePreview(definition, in: sources, plant: plant.snapshot, message: message).json)
    }

    private static func payload(_ reader: inout InputReader) -> [UInt8]? {
        if let text = reader.value("payload") {
            _ = reader.value("payloadBase64")
            guard let text = text.string else {
                reader.note("payload", "type", "Expected a text.")
                return nil
            }
            return Array(text.utf8)
        }
        guard let text = reader.required("payloadBase64") else { return nil }
        guard let encoded = text.string, let data = Data(base64Encoded: encoded) else {
            reader.note("payloadBase64", "base64", "Expected a text in Base64 (RFC 4648 section 4).")
            return nil
        }
        return [UInt8](data)
    }

    private func traffic(_ request: Request) async throws -> Response {
        let key = try request.resourceKey("source")
        let row = key.text == Source.nativeKey ? SourceTraffic.native : try sources.source(key: key).id
        let after = try request.number("after", in: 0...Int.max) ?? 0
        let limit = try request.number("limit", in: 1...SourceTraffic.capacity) ?? 50
        let page = sources.traffic.page(of: row, after: Int64(after), limit: limit)
        var counts: JSONObject = ["received": .integer(Int64(page.received))]
        for fate in TrafficFate.allCases { counts[fate.rawValue] = .integer(Int64(page.fates[fate] ?? 0)) }
        return .json([
            "items": .array(page.items.map(Self.json)), "nextCursor": .string(String(page.nextCursor)),
            "counts": .object(counts),
        ])
    }

    private static func json(_ item: TrafficItem) -> JSONValue {
        // A text that was cut may end within a character.
        let isCut = item.size > item.payload.count
        var text = String(validating: item.payload, as: UTF8.self)
        for cut in 1...3 where text == nil && isCut {
            text = String(validating: item.payload.dropLast(cut), as: UTF8.self)
        }
        let isText = text.map { !$0.utf8.contains(0) } ?? false
        return [
            "cursor": .string(String(item.cursor)), "receivedAt": .string(item.receivedAt.rfc3339),
            "topic": .string(item.topic),
            "payload": .string(isText ? text ?? "" : ""),
            "payloadBase64": isText ? .null : .string(Data(item.payload).base64EncodedString()),
            "encoding": isText ? "text" : "binary", "size": .integer(Int64(item.size)),
            "fate": .string(item.fate.rawValue), "reason": .optional(item.reason), "detail": .optional(item.detail),
            "identifiers": .array(item.identifiers.map(JSONValue.string)),
            "readings": .integer(Int64(item.readings)),
        ]
    }
}
