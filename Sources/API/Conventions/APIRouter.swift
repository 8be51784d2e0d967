import Accounts
import HTTPServer
import HTTPTypes

/// The least role that may call a route; a route without it is open to everyone.
enum RequiredRole: ContextKey {
    typealias Value = Role
}

/// What a route does, for the OpenAPI document.
enum RouteSummary: ContextKey {
    typealias Value = String
}

/// Collects routes together with the role they need.
struct APIRouter {
    private(set) var router = Router()

    /// Adds a route.
    ///
    /// `role` is the least role that may call it; nil for everyone.
    mutating func add(
        _ method: HTTPRequest.Method,
        _ pattern: String,
        role: Role?,
        summary: String,
        bodyLimit: Int? = nil,
        handler: @escaping Handler
    ) {
        router.add(method, pattern, bodyLimit: bodyLimit, metadata: Self.metadata(role, summary), handler: handler)
    }

    mutating func get(_ pattern: String, role: Role?, summary: String, handler: @escaping Handler) {
        add(.get, pattern, role: role, summary: summary, handler: handler)
    }

    mutating func post(
        _ pattern: String,
        role: Role?,
        summary: String,
        bodyLimit: Int? = nil,
        handler: @escaping Handler
    ) {
        add(.post, pattern, role: role, summary: summary, bodyLimit: bodyLimit, handler: handler)
    }

    mutating func put(_ pattern: String, role: Role?, summary: String, handler: @escaping Handler) {
        add(.put, pattern, role: role, summary: summary, handler: handler)
    }

    mutating func patch(_ pattern: String, role: Role?, summary: String, handler: @escaping Handler) {
        add(.patch, pattern, role: role, summary: summary, handler: handler)
    }

    mutating func delete(_ pattern: String, role: Role?, summary: String, handler: @escaping Handler) {
        add(.delete, pattern, role: role, summary: summary, handler: handler)
    }

    mutating func webSocket(_ pattern: String, role: Role, summary: String, handler: @escaping WebSocketHandler) {
        router.webSocket(
            pattern,
            metadata: Self.metadata(role, summary),
            accept: { request in
                try SameOrigin.check(request)
                return nil
            },
            handler: handler
        )
    }

    /// Adds the browser app's files.
    mutating func addAssets(_ assets: StaticAssets) {
        router.addAssets(assets)
    }

    /// Adds the map's tiles; without an archive they are answered 404.
    mutating func addTiles(_ tiles: TileArchive?, role: Role) {
        router.addTiles(tiles, metadata: Self.metadata(role, "A vector tile of the offline basemap."))
    }

    /// Adds a middleware around all routes.
    mutating func use(_ middleware: any Middleware) {
        router.use(middleware)
    }

    private static func metadata(_ role: Role?, _ summary: String) -> TypedStorage {
        var metadata = TypedStorage()
        metadata[RequiredRole.self] = role
        metadata[RouteSummary.self] = summary
        return metadata
    }
}
