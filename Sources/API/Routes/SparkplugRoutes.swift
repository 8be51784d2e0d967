import Accounts
import Assets
import HTTPServer
import HTTPTypes
import Primitives
import Telemetry

/// What Sparkplug sources know of their edge nodes.
struct SparkplugRoutes: Sendable {
    let plant: PlantStore
    let sources: SourceStore
    let hosts: SparkplugHosts

    func register(on routes: inout APIRouter) {
        routes.get(
            "/api/v1/devices/{key}/sparkplug",
            role: .viewer,
            summary: "How a Sparkplug source sees a device: online or stale, since when; source null for other devices."
        ) { request in
            let (device, _) = try plant.snapshot.device(of: request)
            let standing = try await hosts.standing(ofIdentifier: device.identifier, in: sources)
            return .json(standing?.json ?? ["source": .null])
        }
        routes.get(
            "/api/v1/sources/{key}/sparkplug",
            role: .viewer,
            summary: "Edge nodes and devices of a Sparkplug source: what is online, their metrics, gaps, rebirths."
        ) { request in
            .json(try await host(request).overview(in: sources))
        }
        routes.post(
            "/api/v1/sources/{key}/sparkplug/rebirth",
            role: .admin,
            summary: "Ask an edge node for new births."
        ) { request in
            let host = try host(request)
            var reader = try InputReader(try await request.json())
            let group = reader.requiredString("group")
            let node = reader.requiredString("node")
            try reader.finish()
            switch host.requestRebirth(group: group, node: node) {
            case .accepted: return Response(status: .accepted)
            case .unknownNode: throw ResourceFailure.notFound("edge node “\(group)/\(node)”")
            case .offline:
                throw ResourceFailure.conflict(
                    code: "host-offline",
                    detail: "This server is not connected to the broker as a Sparkplug host; try again shortly."
                )
            }
        }
    }

    private func host(_ request: Request) throws -> SparkplugHost {
        let source = try sources.source(key: try request.resourceKey("source"))
        guard let host = hosts.host(of: source) else {
            throw ResourceFailure.notFound("Sparkplug source “\(source.key)”")
        }
        return host
    }
}
