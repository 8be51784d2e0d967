import HTTPTypes

/// Lets pages of other origins call (CORS, https://fetch.spec.whatwg.org/#http-cors-protocol).
///
/// Without this middleware no page of another origin can read anything. It stands among the server's middleware, since
/// preflights are `OPTIONS` requests that no route of a handler matches.
public struct CrossOrigin: Middleware {
    /// The origins that may call, such as `https://dashboard.example`.
    private let origins: Set<String>
    private let allowsCredentials: Bool
    private let allowedHeaders: String
    private let exposedHeaders: String
    private let maximumAge: Int

    /// Makes the middleware.
    ///
    /// - Parameters:
    ///   - origins: the origins that may call, exactly as browsers write them; there is no wildcard.
    ///   - allowsCredentials: whether browsers may send cookies along.
    ///   - allowedHeaders: the request fields that pages may set.
    ///   - exposedHeaders: the response fields that pages may read.
    ///   - maximumAge: for how many seconds a browser may remember the answer to a preflight.
    public init(
        origins: [Origin],
        allowsCredentials: Bool = false,
        allowedHeaders: [String] = [
            "Authorization", "Content-Type", "If-Match", "If-None-Match", "Range", "Traceparent",
        ],
        exposedHeaders: [String] = ["ETag", "Location", "Retry-After", "X-Request-Id", "Content-Range"],
        maximumAge: Int = 600
    ) {
        self.origins = Set(origins.map(\.text))
        self.allowsCredentials = allowsCredentials
        self.allowedHeaders = allowedHeaders.joined(separator: ", ")
        self.exposedHeaders = exposedHeaders.joined(separator: ", ")
        self.maximumAge = maximumAge
    }

    /// Answers preflights, and marks other answers as readable for the origin that asked.
    public func respond(to request: Request, next: Handler) async throws -> Response {
        var response = try await next(request)
        // Also without Origin: a cache must not give that answer to a page that needs the field.
        response.vary(on: "Origin")
        let wantedMethod = request.headers[.accessControlRequestMethod]
        let isPreflight = request.method == .options && wantedMethod != nil
        if isPreflight { response.vary(on: "Access-Control-Request-Method, Access-Control-Request-Headers") }
        let asking = request.headers[values: .origin]
        guard asking.count == 1, origins.contains(asking[0]) else { return response }
        response.headers[.accessControlAllowOrigin] = asking[0]
        if allowsCredentials { response.headers[.accessControlAllowCredentials] = "true" }
        guard isPreflight else {
            response.headers[.accessControlExposeHeaders] = exposedHeaders
            return response
        }
        // The methods of the path are what `OPTIONS` answers anyway.
        guard let methods = response.headers[.allow] else { return response }
        response.headers[.accessControlAllowMethods] = methods
        response.headers[.accessControlAllowHeaders] = allowedHeaders
        response.headers[.accessControlMaxAge] = String(maximumAge)
        return response
    }
}

/// Scheme, host and port of a page (RFC 6454), as browsers write it.
public struct Origin: Hashable, Sendable {
    /// Such as `https://dashboard.example`.
    public let text: String

    /// Reads an origin; nil for anything that is not exactly `http(s)://host` with an optional port.
    public init?(_ text: String) {
        let scheme = text.hasPrefix("https://") ? "https://" : "http://"
        guard text.hasPrefix(scheme) else { return nil }
        let authority = text.dropFirst(scheme.count)
        let isPlain = authority.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."),
                UInt8(ascii: "-"), UInt8(ascii: ":"), UInt8(ascii: "["), UInt8(ascii: "]"):
                true
            default: false
            }
        }
        // Browsers leave the scheme's own port out: with it nothing would ever match.
        let own = scheme == "https://" ? ":443" : ":80"
        guard !authority.isEmpty, isPlain, !authority.hasPrefix(":"), !authority.hasSuffix(":"),
            !authority.hasSuffix(own)
        else { return nil }
        self.text = text
    }
}
