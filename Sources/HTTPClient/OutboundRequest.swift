/// One HTTP header field of a request or response.
public struct OutboundHeader: Hashable, Sendable {
    /// The field's name; compared without case.
    public var name: String
    /// The field's value.
    public var value: String

    /// Makes a header field.
    public init(_ name: String, _ value: String) {
        self.name = name
        self.value = value
    }
}

/// One HTTP request to another system.
public struct OutboundRequest: Sendable {
    /// `GET`, `POST` and so on, in capitals.
    public var method: String
    /// The absolute `http` or `https` address, already percent-encoded.
    public var url: String
    /// Header fields; `Host`, `Content-Length` and `Expect` are the client's own affair.
    public var headers: [OutboundHeader]
    /// The body; empty for none.
    public var body: [UInt8]
    /// The most time from ``HTTPClient/send(_:)`` to the last byte of the answer, waiting for a free connection included.
    public var timeout: Duration
    /// The largest answer body that is accepted, in bytes.
    public var maximumResponseBytes: Int
    /// Whether to open a connection for this request alone and close it afterwards.
    ///
    /// On its own accord libcurl repeats a request when a kept-alive connection dies before the first answer byte; a
    /// fresh connection makes it reach the wire at most once. All methods but `GET`, `HEAD` and `OPTIONS` get one whatever is set here.
    public var freshConnection: Bool
    /// How it travels.
    public var route: OutboundRoute

    /// Makes a request.
    public init(
        method: String,
        url: String,
        headers: [OutboundHeader] = [],
        body: [UInt8] = [],
        timeout: Duration = .seconds(20),
        maximumResponseBytes: Int = 1 << 20,
        freshConnection: Bool = false,
        route: OutboundRoute = .direct
    ) {
        self.method = method
        self.url = url
        self.headers = headers
        self.body = body
        self.timeout = timeout
        self.maximumResponseBytes = maximumResponseBytes
        self.freshConnection = freshConnection
        self.route = route
    }

    /// Whether this request must have a connection of its own.
    var needsFreshConnection: Bool {
        freshConnection || route.needsOwnConnection || !["GET", "HEAD", "OPTIONS"].contains(method)
    }
}

/// The answer to an ``OutboundRequest``.
public struct OutboundResponse: Hashable, Sendable {
    /// The HTTP status code.
    public var status: Int
    /// Header fields in order.
    public var headers: [OutboundHeader]
    /// The body.
    public var body: [UInt8]

    /// Makes a response.
    public init(status: Int, headers: [OutboundHeader] = [], body: [UInt8] = []) {
        self.status = status
        self.headers = headers
        self.body = body
    }

    /// The value of the first header field of that name, compared without case.
    public func header(_ name: String) -> String? {
        headers.first { $0.name.lowercased() == name.lowercased() }?.value
    }
}
