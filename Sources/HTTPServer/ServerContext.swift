import HTTPTypes
import Logging
import Primitives
import Synchronization

/// What all connections of a server share: configuration, the compiled handler, and who is told about exchanges.
final class ServerContext: Sendable {
    let configuration: ServerConfiguration
    let logger: Logger
    let observers: [@Sendable (ExchangeRecord) -> Void]
    let errorResponder: @Sendable (any Error, Request?) -> Response
    /// Whether the server was told to stop: answers say `Connection: close` then.
    let isDraining = Atomic<Bool>(false)
    let webSocketCompression: WebSocketCompression.Contexts?

    private let table: RouteTable
    private let handler: Handler
    private let date = Mutex<(second: Int64, text: String)>((.min, ""))
    private let idPrefix: String
    private let lastID = Atomic<UInt64>(0)

    init(
        configuration: ServerConfiguration,
        router: Router,
        middleware: [any Middleware],
        logger: Logger,
        observers: [@Sendable (ExchangeRecord) -> Void],
        errorResponder: @escaping @Sendable (any Error, Request?) -> Response
    ) throws(RouterError) {
        self.configuration = configuration
        self.logger = logger
        self.observers = observers
        self.errorResponder = errorResponder
        webSocketCompression = configuration.webSocketCompression.map { WebSocketCompression.Contexts($0) }
        table = try RouteTable(router)
        let routed = Dispatch(inner: ServerContext.chain(router.middleware, around: Dispatch.handle))
        let safe: Handler = { request in
            do {
                return try await routed.respond(to: request)
            } catch {
                return errorResponder(error, request)
            }
        }
        // What one layer throws passes the layers around it as a response: they may add fields to it.
        let layers = middleware.map { GuardedMiddleware(layer: $0, errorResponder: errorResponder) }
        handler = ServerContext.chain(layers, around: safe)
        idPrefix = String(UInt32.random(in: 0x1000_0000...UInt32.max), radix: 16)
    }

    private static func chain(_ middleware: [any Middleware], around handler: @escaping Handler) -> Handler {
        middleware.reversed().reduce(handler) { next, layer in
            { request in try await layer.respond(to: request, next: next) }
        }
    }

    /// The next request's id.
    func nextID() -> String {
        "\(idPrefix)-\(String(lastID.wrappingAdd(1, ordering: .relaxed).newValue, radix: 16))"
    }

    /// The value of Date, made once a second.
    func dateText() -> String {
        let second = configuration.clock.now.microseconds / 1_000_000
        return date.withLock { cached in
            if cached.second != second { cached = (second, HTTPDate.text(secondsSince1970: second)) }
            return cached.text
        }
    }

    /// Finds the route of a request, before any middleware runs.
    func route(_ request: inout Request) {
        let refusal = request.applyForwarding(configuration.trustedProxies)
        defer { if let refusal { request.dispatch = .problem(refusal) } }
        if request.target.isAsterisk {
            request.dispatch = .allowed("DELETE, GET, HEAD, OPTIONS, PATCH, POST, PUT")
            return
        }
        switch table.match(request.method, request.target.segments) {
        case .found(let entry, let parameters):
            request.route = entry.description
            request.parameters = parameters
            request.body.limit = entry.description.bodyLimit ?? configuration.bodyLimit
            request.dispatch = .handler(entry.handler)
        case .otherMethods(let allowed):
            request.dispatch =
                if request.method == .options { .allowed(allowed) } else { .problem(.methodNotAllowed(allowed)) }
        case .nothing:
            request.dispatch = .problem(.notFound)
        }
        if !ServerContext.isKnown(request.method), request.route == nil { request.dispatch = .problem(.notImplemented) }
    }

    private static func isKnown(_ method: HTTPRequest.Method) -> Bool {
        switch method {
        case .get, .head, .post, .put, .patch, .delete, .options, .trace: true
        default: false
        }
    }

    /// Runs middleware and handler; whatever goes wrong becomes a response.
    func respond(to request: Request) async -> Response {
        do {
            return try await handler(request)
        } catch {
            return errorResponder(error, request)
        }
    }

    func observe(_ record: ExchangeRecord) {
        for observer in observers { observer(record) }
    }
}

/// A middleware whose errors become responses.
private struct GuardedMiddleware: Middleware {
    let layer: any Middleware
    let errorResponder: @Sendable (any Error, Request?) -> Response

    func respond(to request: Request, next: Handler) async throws -> Response {
        do {
            return try await layer.respond(to: request, next: next)
        } catch {
            return errorResponder(error, request)
        }
    }
}

/// What a request comes to, once its path and method were looked up.
enum RequestDispatch: Sendable {
    case handler(Handler)
    case problem(HTTPProblem)
    /// `OPTIONS` that no route answers.
    case allowed(String)
}

/// The innermost part of the chain: the router's middleware around the matched handler, or the refusal.
private struct Dispatch: Sendable {
    let inner: Handler

    func respond(to request: Request) async throws -> Response {
        switch request.dispatch {
        case .handler: return try await inner(request)
        case .problem(let problem): throw problem
        case .allowed(let methods): return Response(status: .noContent, headers: [.allow: methods])
        }
    }

    /// Refuses a body that announces itself as too large, then calls the handler.
    @Sendable static func handle(_ request: Request) async throws -> Response {
        guard case .handler(let handler) = request.dispatch else { throw HTTPProblem.notFound }
        if let length = request.body.declaredLength, length > request.body.limit {
            throw HTTPProblem.contentTooLarge(limit: request.body.limit)
        }
        return try await handler(request)
    }
}
