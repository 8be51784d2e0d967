import HTTPTypes
import Primitives
import Synchronization

/// Limits how often each client address may do something; addresses of this machine are exempt.
public final class RateLimiter: Sendable {
    private let name: String
    private let capacity: Int
    private let clock: WallClock
    private let buckets: Mutex<TokenBuckets>

    /// Makes a limiter.
    ///
    /// - Parameters:
    ///   - name: names the limit for clients, a token.
    ///   - capacity: how many are allowed at once.
    ///   - refillPerSecond: how many more are allowed every second.
    ///   - maximumAddresses: how many addresses are remembered.
    ///   - clock: the time.
    public init(
        name: String,
        capacity: Int,
        refillPerSecond: Double,
        maximumAddresses: Int = 10_000,
        clock: WallClock = .system
    ) {
        self.name = name
        self.capacity = capacity
        self.clock = clock
        buckets = Mutex(
            TokenBuckets(capacity: capacity, refillPerSecond: refillPerSecond, maximumKeys: maximumAddresses)
        )
    }

    /// Counts one use by the client of a request.
    ///
    /// - Throws: 429 with `Retry-After` when there were too many.
    public func count(_ request: Request) throws(HTTPProblem) {
        if request.isLoopback { return }
        let key = RateLimiter.key(of: request.remoteAddress)
        let wait = buckets.withLock { $0.take(key, at: clock.now.microseconds) }
        guard let wait else { return }
        var headers: HTTPFields = [.retryAfter: String(wait)]
        headers[.rateLimit] = "\"\(name)\";r=0;t=\(wait)"
        headers[.rateLimitPolicy] = "\"\(name)\";q=\(capacity)"
        throw HTTPProblem(
            .tooManyRequests,
            code: "too-many-requests",
            detail: "Too many requests from this address. Try again in \(wait) seconds.",
            headers: headers
        )
    }

    /// An IPv6 client has a whole /64 to choose addresses from: that is one client.
    static func key(of address: String) -> String {
        guard let numeric = IPAddress(address)?.unmapped, numeric.bytes.count == 16 else { return address }
        return String(
            decoding: numeric.bytes.prefix(8).flatMap { [$0 >> 4, $0 & 15] }.map { $0 + 0x40 },
            as: UTF8.self
        )
    }
}

/// Limits requests by client address, each class of routes by itself.
public struct RateLimit: Middleware {
    private let limiter: @Sendable (Request) -> RateLimiter?

    /// Makes the middleware.
    ///
    /// - Parameter limiter: the limit that a request counts against; nil for none.
    public init(limiter: @escaping @Sendable (Request) -> RateLimiter?) {
        self.limiter = limiter
    }

    /// Counts the request, then lets it pass.
    public func respond(to request: Request, next: Handler) async throws -> Response {
        try limiter(request)?.count(request)
        return try await next(request)
    }
}

extension HTTPField.Name {
    private static func known(_ name: String) -> HTTPField.Name { HTTPField.Name(name) ?? .retryAfter }

    fileprivate static let rateLimit = known("RateLimit")
    fileprivate static let rateLimitPolicy = known("RateLimit-Policy")
}
