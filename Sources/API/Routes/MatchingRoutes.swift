import Accounts
import ERP
import HTTPServer
import HTTPTypes
import Primitives

/// Which equipment of an ERP is which asset.
struct MatchingRoutes: Sendable {
    let matching: EquipmentMatching

    /// The most links of one request.
    private static let maximumLinks = 1_000

    func register(on routes: inout APIRouter) {
        routes.get(
            "/api/v1/connectors/{key}/matching",
            role: .viewer,
            summary: "Assets and the ERP's equipment: linked, proposed, unmatched, in drift."
        ) { request in .json(try await matching.overview(try request.resourceKey("connector")).json) }
        routes.post(
            "/api/v1/connectors/{key}/matching/read",
            role: .admin,
            summary: "Read the ERP's equipment anew; “reading” in the list tells when it is done."
        ) { request in
            try matching.startReading(try request.resourceKey("connector"))
            return Response(status: .accepted)
        }
        routes.post(
            "/api/v1/connectors/{key}/matching/links",
            role: .admin,
            summary: "Link assets with equipment, or undo links: {links: [{asset, reference}]}."
        ) { request in
            let links = try Self.links(try await request.json())
            let count = try await matching.link(links, of: try request.resourceKey("connector"))
            return .json(["updated": .integer(Int64(count))])
        }
    }

    private static func links(_ document: JSONValue) throws(InvalidInput) -> [EquipmentMatching.Link] {
        var reader = try InputReader(document)
        let list = reader.required("links")
        try reader.finish()
        guard let elements = list?.array, elements.count <= maximumLinks else {
            throw InvalidInput(
                pointer: "/links",
                code: "type",
                detail: "Expected a list of at most \(maximumLinks) links."
            )
        }
        var links: [EquipmentMatching.Link] = []
        var issues: [InputIssue] = []
        for (index, element) in elements.enumerated() {
            do throws(InvalidInput) {
                var link = try InputReader(element, at: "/links/\(index)")
                let asset = link.required("asset") == nil ? nil : link.key("asset")
                let reference = link.string("reference", maximumLength: 255)
                try link.finish()
                if let asset { links.append(EquipmentMatching.Link(asset: asset, reference: reference)) }
            } catch {
                issues += error.issues
            }
        }
        if !issues.isEmpty { throw InvalidInput(issues) }
        return links
    }
}
