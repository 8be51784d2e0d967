import HTTPTypes

/// Answers one request.
public typealias Handler = @Sendable (Request) async throws -> Response

/// Something around handlers: may answer by itself, change the request before or the response after.
public protocol Middleware: Sendable {
    /// Answers a request, usually by calling `next`.
    func respond(to request: Request, next: Handler) async throws -> Response
}

/// What a route is, without its handler: for listings, documents, logs and authorization.
public struct RouteDescription: Sendable {
    /// The method.
    public let method: HTTPRequest.Method
    /// The pattern, such as `/api/v1/devices/{key}`.
    public let pattern: String
    /// Whether the route opens a WebSocket.
    public let isWebSocket: Bool
    /// The limit of request bodies in bytes; nil for the server's default.
    public let bodyLimit: Int?
    /// What the route's author attached.
    public let metadata: TypedStorage
}

/// The routes of a server, under construction.
///
/// Literal segments win over parameters with text around them, these over plain parameters, these over `{rest...}`.
public struct Router: Sendable {
    struct Entry: Sendable {
        let description: RouteDescription
        let handler: Handler
    }

    private(set) var entries: [Entry] = []
    private(set) var middleware: [any Middleware] = []

    /// Makes a router without routes.
    public init() {}

    /// Adds a route.
    ///
    /// - Parameters:
    ///   - method: the method; `HEAD` and `OPTIONS` need no routes of their own.
    ///   - pattern: the path, with parameters in braces: `/devices/{key}`, `/tiles/{y}.mvt`, `/assets/{path...}`.
    ///   - bodyLimit: the most bytes of a request body; nil for the server's default.
    ///   - metadata: values for middleware and listings.
    ///   - handler: answers the requests.
    public mutating func add(
        _ method: HTTPRequest.Method,
        _ pattern: String,
        bodyLimit: Int? = nil,
        metadata: TypedStorage = TypedStorage(),
        handler: @escaping Handler
    ) {
        let description = RouteDescription(
            method: method,
            pattern: pattern,
            isWebSocket: false,
            bodyLimit: bodyLimit,
            metadata: metadata
        )
        entries.append(Entry(description: description, handler: handler))
    }

    /// Adds a route for `GET`, which answers `HEAD` as well.
    public mutating func get(
        _ pattern: String,
        metadata: TypedStorage = TypedStorage(),
        handler: @escaping Handler
    ) {
        add(.get, pattern, metadata: metadata, handler: handler)
    }

    /// Adds a route for `POST`.
    public mutating func post(
        _ pattern: String,
        bodyLimit: Int? = nil,
        metadata: TypedStorage = TypedStorage(),
        handler: @escaping Handler
    ) {
        add(.post, pattern, bodyLimit: bodyLimit, metadata: metadata, handler: handler)
    }

    /// Adds a route for `PUT`.
    public mutating func put(
        _ pattern: String,
        bodyLimit: Int? = nil,
        metadata: TypedStorage = TypedStorage(),
        handler: @escaping Handler
    ) {
        add(.put, pattern, bodyLimit: bodyLimit, metadata: metadata, handler: handler)
    }

    /// Adds a route for `PATCH`.
    public mutating func patch(
        _ pattern: String,
        bodyLimit: Int? = nil,
        metadata: TypedStorage = TypedStorage(),
        handler: @escaping Handler
    ) {
        add(.patch, pattern, bodyLimit: bodyLimit, metadata: metadata, handler: handler)
    }

    /// Adds a route for `DELETE`.
    public mutating func delete(
        _ pattern: String,
        metadata: TypedStorage = TypedStorage(),
        handler: @escaping Handler
    ) {
        add(.delete, pattern, metadata: metadata, handler: handler)
    }

    /// Adds a route that opens WebSockets.
    ///
    /// Middleware runs before, as for any request.
    ///
    /// - Parameters:
    ///   - pattern: the path.
    ///   - metadata: values for middleware and listings.
    ///   - accept: returns a response to refuse the request, nil to open the WebSocket.
    ///   - handler: speaks with the client; the WebSocket is closed when it returns.
    public mutating func webSocket(
        _ pattern: String,
        metadata: TypedStorage = TypedStorage(),
        accept: @escaping @Sendable (Request) async throws -> Response? = { _ in nil },
        handler: @escaping WebSocketHandler
    ) {
        let description = RouteDescription(
            method: .get,
            pattern: pattern,
            isWebSocket: true,
            bodyLimit: 0,
            metadata: metadata
        )
        entries.append(
            Entry(description: description) { request in
                if let refusal = try await accept(request) { return refusal }
                return try WebSocketRoute(request: request, handler: handler).response
            }
        )
    }

    /// Adds a middleware around the handlers of this router: it sees only requests that match a route, after the
    /// server's own middleware.
    ///
    /// The first added is the outermost.
    public mutating func use(_ middleware: any Middleware) {
        self.middleware.append(middleware)
    }

    /// Adds all routes of another router, without its middleware.
    public mutating func merge(_ other: Router) {
        entries.append(contentsOf: other.entries)
    }

    /// All routes, sorted by pattern and method.
    public var routes: [RouteDescription] {
        entries.map(\.description).sorted { left, right in
            (left.pattern, left.method.rawValue) < (right.pattern, right.method.rawValue)
        }
    }

    /// Throws when a pattern is malformed or two routes would answer the same requests.
    public func validate() throws(RouterError) {
        _ = try RouteTable(self)
    }
}
