import Accounts
import Assets
import ERP
import HTTPServer
import HTTPTypes
import Primitives
import Telemetry

/// Mappings.
struct MappingRoutes: Sendable {
    let mappings: MappingStore
    let previewer: MappingPreviewer
    let latest: LatestReadings

    func register(on routes: inout APIRouter) {
        endpoint.register(on: &routes)
        routes.post(
            "/api/v1/mappings/{key}/preview",
            role: .operator,
            summary: "The exact requests that the mapping, or the draft in “mapping”, would send. Nothing is sent.",
            handler: preview
        )
        routes.get(
            "/api/v1/mappings/{key}/versions",
            role: .viewer,
            summary: "Every saved version of a mapping, newest first."
        ) { request in
            let versions = try await mappings.versions(key: try request.resourceKey("mapping"))
            return .page(versions.map(\.json), nextCursor: nil)
        }
    }

    private var endpoint: ResourceEndpoint {
        ResourceEndpoint(
            path: "/api/v1/mappings",
            name: "mapping",
            list: { try await mappings.list(limit: 100_000).map(Self.state) },
            get: { key in Self.state(try await mappings.get(key: key)) },
            put: { key, document, condition in
                let result = try await mappings.put(key: key, document: document, onlyIf: condition)
                var state = Self.state(result.mapping)
                let warnings = await mappings.warnings(result.mapping)
                if !warnings.isEmpty { state.document = state.document.merging(["warnings": warnings.json]) }
                return (state, result.isNew)
            },
            delete: { key, condition in try await mappings.delete(key: key, onlyIf: condition) }
        )
    }

    private static func state(_ mapping: MappingDocument) -> ResourceState {
        ResourceState(key: mapping.key, document: mapping.json, version: mapping.version)
    }

    private func preview(_ request: Request) async throws -> Response {
        let key = try request.resourceKey("mapping")
        var reader = try InputReader(request.body.isEmpty ? [:] : try await request.json())
        let draft = reader.value("mapping")
        let sample = reader.value("sample")
        try reader.finish()
        let document: JSONValue
        if let draft { document = draft } else { document = try await mappings.get(key: key).json }
        let device = sample?["device"]?.string
        let latest = latest
        let preview = try await previewer.preview(document: document, key: key, deviceKey: device) { id in
            latest.entry(id).map { entry in
                Reading(
                    deviceID: id,
                    timestamp: entry.timestamp,
                    receivedAt: entry.receivedAt,
                    quality: 0,
                    values: entry.values
                )
            }
        }
        return .json(preview.json)
    }
}

extension [InputIssue] {
    /// The API's form: `[{pointer, code, detail}]`.
    fileprivate var json: JSONValue {
        .array(
            map { issue in
                ["pointer": .string(issue.pointer), "code": .string(issue.code), "detail": .string(issue.detail)]
            }
        )
    }
}
