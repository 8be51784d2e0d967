import HTTPTypes

/// One request on its way through middleware to a handler.
public struct Request: Sendable {
    /// The method; `HEAD` also for a handler that was registered for `GET`.
    public let method: HTTPRequest.Method
    /// The decoded path without dot segments, beginning with a slash.
    ///
    /// For people, not for building addresses.
    public var path: String { target.path }
    /// The decoded segments of the path.
    public var pathSegments: [String] { target.segments }
    /// The parameters of the query.
    public var query: Query { target.query }
    /// The header fields.
    public let headers: HTTPFields
    /// Host and port that the client asked for; nil only in HTTP/1.0.
    public internal(set) var authority: String?
    /// The IP address of the client, without port: of the other side, or what a trusted proxy says.
    public internal(set) var remoteAddress: String
    /// Whether the client is on this machine.
    public internal(set) var isLoopback: Bool
    /// Whether the client's connection is encrypted.
    public internal(set) var isSecure: Bool
    /// The certificate that the client showed and that was verified; nil when it showed none.
    public internal(set) var clientCertificate: ClientCertificate?
    /// Names this request in logs; unique across restarts.
    public let id: String
    /// The route that answers; nil when no route matches path and method.
    public internal(set) var route: RouteDescription?
    /// The values of the pattern's parameters.
    public internal(set) var parameters: RouteParameters
    /// The body, to be read at most once.
    public internal(set) var body: RequestBody
    /// What middleware attached.
    public var context: TypedStorage

    let head: RequestHead
    let target: RequestTarget
    var dispatch = RequestDispatch.problem(.notFound)

    /// The pattern of the route that answers, such as `/api/v1/devices/{key}`: for logs and metrics.
    public var routePattern: String? { route?.pattern }

    /// What middleware attached under a key.
    public subscript<Key: ContextKey>(key: Key.Type) -> Key.Value? {
        get { context[key] }
        set { context[key] = newValue }
    }
}

/// The values of a matched pattern's parameters, decoded.
public struct RouteParameters: Sendable {
    private var values: [(name: String, value: String)]

    /// Makes parameters from names and values.
    public init(_ values: [(name: String, value: String)] = []) {
        self.values = values
    }

    /// The value of a parameter; empty for a name that the pattern does not have.
    public subscript(name: String) -> String {
        values.first { $0.name == name }?.value ?? ""
    }

    /// The value of a parameter as a whole number, plain decimal digits only.
    public func integer(_ name: String) -> Int? {
        let text = self[name]
        return text.utf8.allSatisfy { (0x30...0x39).contains($0) } ? Int(text) : nil
    }
}

extension Request {
    /// Makes a request without a connection, for testing handlers and middleware.
    ///
    /// - Parameters:
    ///   - method: the method.
    ///   - target: path and query as on the wire, percent-encoded.
    ///   - headers: header fields; none is added.
    ///   - body: the whole body.
    ///   - authority: host and port that were asked for.
    ///   - remoteAddress: the IP address of the client.
    ///   - id: the request's id.
    /// - Throws: what makes the target malformed.
    public init(
        method: HTTPRequest.Method,
        target: String,
        headers: HTTPFields = [:],
        body: [UInt8] = [],
        authority: String = "localhost",
        remoteAddress: String = "127.0.0.1",
        id: String = "test"
    ) throws(TargetError) {
        let head = RequestHead(
            method: method,
            target: target,
            version: .http11,
            fields: headers,
            authority: authority,
            framing: body.isEmpty ? .none : .fixed(body.count),
            keepsAlive: true,
            expectsContinue: false
        )
        self.init(
            head: head,
            target: try RequestTarget(parsing: target),
            remoteAddress: remoteAddress,
            isLoopback: remoteAddress.hasPrefix("127.") || remoteAddress == "::1",
            isSecure: false,
            id: id,
            body: RequestBody(bytes: body)
        )
    }

    init(
        head: RequestHead,
        target: RequestTarget,
        remoteAddress: String,
        isLoopback: Bool,
        isSecure: Bool,
        id: String,
        body: RequestBody
    ) {
        self.head = head
        self.target = target
        method = head.method
        headers = head.fields
        authority = head.authority
        self.remoteAddress = remoteAddress
        self.isLoopback = isLoopback
        self.isSecure = isSecure
        self.id = id
        self.body = body
        parameters = RouteParameters()
        context = TypedStorage()
    }
}
