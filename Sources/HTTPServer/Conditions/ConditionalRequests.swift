import HTTPTypes
import Primitives

/// Answers conditional and range requests out of complete responses: 304, 412, 206 and 416 (RFC 9110 sections 13, 14).
///
/// Handlers answer `GET` with 200, validators and the whole body. Stands inside `Compression`, so that parts are parts
/// of what the tag names. Conditions of writes are the handlers' own: see `Request.evaluateConditions(_:now:)`.
public struct ConditionalRequests: Middleware {
    private let clock: WallClock
    private let maximumRanges: Int

    /// Makes the middleware.
    ///
    /// - Parameters:
    ///   - clock: for dates with a year of two digits.
    ///   - maximumRanges: a `Range` field with more elements is ignored.
    public init(clock: WallClock = .system, maximumRanges: Int = 16) {
        self.clock = clock
        self.maximumRanges = maximumRanges
    }

    /// Applies the request's conditions and ranges to the response of `next`.
    public func respond(to request: Request, next: Handler) async throws -> Response {
        let response = try await next(request)
        // RFC 9110 section 13.2.1: conditions count only where the answer would be a success.
        guard request.method == .get || request.method == .head, response.status == .ok else { return response }
        let now = clock.now.microseconds / 1_000_000
        let validators = Validators(of: response, now: now)
        switch request.evaluateConditions(validators, now: now) {
        case .notModified: return response.notModified
        case .failed: throw HTTPProblem.preconditionFailed
        case .proceed: return try RangeAnswer(request, validators, maximum: maximumRanges, now: now).apply(to: response)
        }
    }
}

extension Response {
    /// The same response as 304: without body and what describes it (RFC 9110 section 15.4.5).
    fileprivate var notModified: Response {
        var response = Response(status: .notModified, headers: headers)
        for name in [
            HTTPField.Name.contentType, .contentEncoding, .contentLanguage, .contentRange, .contentDisposition,
            .acceptRanges,
        ] {
            response.headers[name] = nil
        }
        return response
    }
}

extension HTTPProblem {
    /// 412: the representation is not the one that the client knows.
    public static let preconditionFailed = HTTPProblem(
        .preconditionFailed,
        code: "precondition-failed",
        detail: "The resource is not in the state that the request's conditions ask for."
    )
}
