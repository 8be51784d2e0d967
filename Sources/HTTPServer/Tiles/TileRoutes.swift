import HTTPTypes
import NIOCore

extension Router {
    /// Adds the route of the basemap's vector tiles, `/tiles/{z}/{x}/{y}.mvt`.
    ///
    /// A tile without contents is 204. Asked for with `?v=` and the archive's version, a tile may be kept for ever;
    /// without it for a day.
    ///
    /// - Parameters:
    ///   - archive: the tiles; nil answers 404 with the code `no-basemap`.
    ///   - metadata: values for middleware and listings.
    public mutating func addTiles(_ archive: TileArchive?, metadata: TypedStorage = TypedStorage()) {
        get("/tiles/{z}/{x}/{y}.mvt", metadata: metadata) { request in
            guard let archive else {
                throw HTTPProblem(.notFound, code: "no-basemap", detail: "No basemap is installed.")
            }
            return try await archive.response(for: request)
        }
    }
}

extension TileArchive {
    fileprivate func response(for request: Request) async throws -> Response {
        guard let z = request.parameters.integer("z"), let x = request.parameters.integer("x"),
            let y = request.parameters.integer("y"), TileID.number(z: z, x: x, y: y) != nil
        else { throw HTTPProblem.notFound }
        let isPinned = request.query.first("v") == version
        let tag = "\"\(version)-\(z)-\(x)-\(y)\""
        var headers: HTTPFields = [
            .cacheControl: isPinned ? "public, max-age=31536000, immutable" : "public, max-age=86400", .eTag: tag,
        ]
        if isCompressed { headers[.vary] = "Accept-Encoding" }
        if request.hasCurrent(entityTag: tag) { return Response(status: .notModified, headers: headers) }
        guard let bytes = try await tile(z: z, x: x, y: y), bytes.readableBytes > 0 else {
            return Response(status: .noContent, headers: headers)
        }
        headers[.contentType] = "application/vnd.mapbox-vector-tile"
        guard isCompressed else { return Response(headers: headers, body: .bytes(bytes)) }
        if request.acceptsGzip {
            headers[.contentEncoding] = "gzip"
            return Response(headers: headers, body: .bytes(bytes))
        }
        headers[.eTag] = "W/\(tag)"
        return Response(headers: headers, body: .bytes(try Gzip.decompress(bytes, limit: 64 * 1_024 * 1_024)))
    }
}
