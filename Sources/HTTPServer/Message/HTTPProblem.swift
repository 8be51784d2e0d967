import HTTPTypes
import Primitives

/// A refusal with everything the client should know: throw it from handlers and middleware.
///
/// The server's own refusals (404, 405, 413, malformed requests, time-outs) are also of this type, so that one error
/// responder renders all of them. By default it becomes `application/problem+json` (RFC 9457).
public struct HTTPProblem: Error, Sendable {
    /// The status of the answer.
    public var status: HTTPResponse.Status
    /// A stable name for programs, such as `not-found`.
    public var code: String
    /// One sentence for people.
    public var detail: String
    /// More header fields, such as `Allow` or `Retry-After`.
    public var headers: HTTPFields
    /// More members of the problem document.
    public var members: JSONObject

    /// Makes a problem.
    public init(
        _ status: HTTPResponse.Status,
        code: String,
        detail: String,
        headers: HTTPFields = [:],
        members: JSONObject = JSONObject()
    ) {
        self.status = status
        self.code = code
        self.detail = detail
        self.headers = headers
        self.members = members
    }

    /// The problem as a response of type `application/problem+json`.
    public var response: Response {
        var document: JSONObject = [
            "type": "about:blank", "title": .string(status.reasonPhrase), "status": .integer(Int64(status.code)),
            "code": .string(code), "detail": .string(detail),
        ]
        for member in members.members { document[member.name] = member.value }
        var response = Response(status: status, headers: headers, body: .bytes(JSONValue.object(document).bytes))
        response.headers[.contentType] = "application/problem+json"
        response.headers[.cacheControl] = "no-store"
        response.problemCode = code
        return response
    }

    /// What the default error responder does: problems as they are, anything else as a 500 that tells nothing.
    public static func response(for error: any Error) -> Response {
        if let problem = error as? HTTPProblem { return problem.response }
        return HTTPProblem(.internalServerError, code: "internal-error", detail: "The server failed.").response
    }
}

extension HTTPProblem {
    init(_ error: RequestError) {
        self.init(error.status, code: error.rawValue, detail: error.message)
    }

    init(_ error: TargetError) {
        self.init(.badRequest, code: error.rawValue, detail: error.message)
    }

    static let notFound = HTTPProblem(.notFound, code: "not-found", detail: "There is nothing at this path.")

    static func methodNotAllowed(_ allowed: String) -> HTTPProblem {
        HTTPProblem(
            .methodNotAllowed,
            code: "method-not-allowed",
            detail: "This path takes \(allowed).",
            headers: [.allow: allowed]
        )
    }

    static let notImplemented = HTTPProblem(
        .notImplemented,
        code: "unsupported-method",
        detail: "The method is not supported."
    )

    static func contentTooLarge(limit: Int) -> HTTPProblem {
        HTTPProblem(
            .contentTooLarge,
            code: "content-too-large",
            detail: "The body may have at most \(limit) bytes.",
            members: ["limit": .integer(Int64(limit))]
        )
    }

    static let requestTimeout = HTTPProblem(
        .requestTimeout,
        code: "request-timeout",
        detail: "The request did not arrive in time."
    )

    static let tooManyConnections = HTTPProblem(
        .serviceUnavailable,
        code: "too-many-connections",
        detail: "Too many connections are open.",
        headers: [.retryAfter: "5"]
    )

    static func handshake(_ refusal: WebSocketHandshake.Refusal) -> HTTPProblem {
        switch refusal {
        case .notAnUpgrade:
            HTTPProblem(
                .upgradeRequired,
                code: refusal.rawValue,
                detail: "This path speaks WebSocket only.",
                headers: [.upgrade: "websocket"]
            )
        case .unsupportedVersion:
            HTTPProblem(
                .upgradeRequired,
                code: refusal.rawValue,
                detail: "Only WebSocket version 13 is spoken here.",
                headers: [.upgrade: "websocket", .secWebSocketVersion: "13"]
            )
        case .malformed:
            HTTPProblem(.badRequest, code: refusal.rawValue, detail: "The WebSocket handshake is malformed.")
        }
    }
}
