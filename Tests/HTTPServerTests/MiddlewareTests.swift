import Compression
import HTTPTypes
import HTTPWire
import Logging
import NIOCore
import Primitives
import Testing

@testable import HTTPServer

/// A server that is asked without a connection.
func makeServer(
    _ router: Router,
    middleware: [any Middleware] = [],
    errorResponder: @escaping @Sendable (any Error, Request?) -> Response = { error, _ in
        HTTPProblem.response(for: error)
    }
) throws -> Server {
    try Server(
        configuration: ServerConfiguration(),
        router: router,
        middleware: middleware,
        logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
        errorResponder: errorResponder
    )
}

/// Writes down that it was passed, and marks the response.
private struct Trace: Middleware {
    let name: String
    let record: Recorder<String>

    func respond(to request: Request, next: Handler) async throws -> Response {
        record.record("\(name) \(request.routePattern ?? "-")")
        var response = try await next(request)
        record.record("\(name) done \(response.status.code)")
        response.headers["X-\(name)".fieldName] = "1"
        return response
    }
}

private enum PrincipalKey: ContextKey { typealias Value = String }

/// Refuses everybody without a token, and attaches who it is.
private struct Authorization: Middleware {
    func respond(to request: Request, next: Handler) async throws -> Response {
        guard let token = request.headers[.authorization] else {
            throw HTTPProblem(.unauthorized, code: "unauthorized", detail: "Sign in.")
        }
        var request = request
        request[PrincipalKey.self] = token
        return try await next(request)
    }
}

extension String {
    var fieldName: HTTPField.Name { HTTPField.Name(self) ?? .server }
}

@Suite struct MiddlewareTests {
    @Test func runsInOrderAndRouterMiddlewareOnlyForRoutes() async throws {
        let record = Recorder<String>()
        var router = Router()
        router.use(Trace(name: "inner", record: record))
        router.get("/a/{x}") { _ in .text("a") }
        let server = try makeServer(
            router,
            middleware: [Trace(name: "first", record: record), Trace(name: "second", record: record)]
        )
        let response = await server.respond(to: try Request(method: .get, target: "/a/1"))
        #expect(response.headers["X-inner".fieldName] == "1")
        #expect(
            record.values == [
                "first /a/{x}", "second /a/{x}", "inner /a/{x}", "inner done 200", "second done 200", "first done 200",
            ]
        )
        let missing = await server.respond(to: try Request(method: .get, target: "/b"))
        #expect(missing.status == .notFound)
        #expect(missing.headers["X-first".fieldName] == "1")
        #expect(missing.headers["X-inner".fieldName] == nil)
        #expect(record.values.suffix(4) == ["first -", "second -", "second done 404", "first done 404"])
    }

    @Test func unknownPathsAndMethodsComeBeforeAuthorization() async throws {
        var router = Router()
        router.use(Authorization())
        router.post("/a") { request in .text(request[PrincipalKey.self] ?? "nobody") }
        let server = try makeServer(router)
        func status(_ method: HTTPRequest.Method, _ target: String, _ headers: HTTPFields = [:]) async throws -> Int {
            await server.respond(to: try Request(method: method, target: target, headers: headers)).status.code
        }
        #expect(try await status(.get, "/b") == 404)
        #expect(try await status(.get, "/a") == 405)
        #expect(try await status(.options, "/a") == 204)
        #expect(try await status(.post, "/a") == 401)
        let request = try Request(method: .post, target: "/a", headers: [.authorization: "me"])
        #expect(await server.respond(to: request).body.bytes == Array("me".utf8))
    }

    @Test func oneResponderRendersEveryError() async throws {
        struct Odd: Error {}
        var router = Router()
        router.get("/odd") { _ in throw Odd() }
        router.post("/body", bodyLimit: 3) { request in .json(.string("\(try await request.body.collect().count)")) }
        let server = try makeServer(router) { error, request in
            Response(status: .gone, headers: [.server: request?.path ?? "-"], body: .bytes(Array("\(error)".utf8)))
        }
        let odd = await server.respond(to: try Request(method: .get, target: "/odd"))
        #expect(odd.body.bytes == Array("Odd()".utf8))
        #expect(odd.headers[.server] == "/odd")
        for (method, target) in [(HTTPRequest.Method.get, "/x"), (.put, "/odd"), (.post, "/body")] {
            let request = try Request(method: method, target: target, body: [1, 2, 3, 4])
            #expect(await server.respond(to: request).status == .gone)
        }
    }

    @Test func problemsAreDocuments() throws {
        let problem = HTTPProblem(
            .conflict,
            code: "kind-changed",
            detail: "No \"quotes\" broken.",
            headers: [.retryAfter: "1"],
            members: ["errors": [["pointer": "/kind"]]]
        )
        let response = problem.response
        #expect(response.status == .conflict)
        #expect(response.headers[.contentType] == "application/problem+json")
        #expect(response.headers[.retryAfter] == "1")
        #expect(
            String(decoding: try #require(response.body.bytes), as: UTF8.self)
                == #"{"type":"about:blank","title":"Conflict","status":409,"code":"kind-changed","#
                + #""detail":"No \"quotes\" broken.","errors":[{"pointer":"/kind"}]}"#
        )
        #expect(HTTPProblem.response(for: CancellationError()).status == .internalServerError)
    }
}

@Suite struct CompressionTests {
    private let long = String(repeating: "reading,", count: 1_000)

    private func respond(
        _ response: Response,
        accept: String? = "gzip, deflate, br"
    ) async throws -> Response {
        var router = Router()
        router.get("/x") { _ in response }
        let server = try makeServer(router, middleware: [Compression()])
        var headers = HTTPFields()
        headers[.acceptEncoding] = accept
        return await server.respond(to: try Request(method: .get, target: "/x", headers: headers))
    }

    private func unzipped(_ response: Response) async throws -> String {
        var bytes = ByteBuffer()
        bytes.writeBytes(try await response.body.collect())
        return String(buffer: try Gzip.decompress(bytes, limit: 10_000_000))
    }

    @Test func compressesTexts() async throws {
        let response = try await respond(.json(.string(long)))
        #expect(response.headers[.contentEncoding] == "gzip")
        #expect(response.headers[.vary] == "Accept-Encoding")
        #expect((response.body.length ?? .max) < 500)
        #expect(try await unzipped(response) == "\"\(long)\"")
    }

    @Test func compressesStreams() async throws {
        let rows = (0..<5_000).map { "2026-01-01T00:00:00.000Z,\($0)\n" }
        let response = try await respond(
            Response(
                headers: [.contentType: "text/csv; charset=utf-8"],
                body: .stream { writer in
                    for row in rows { try await writer.write(row) }
                    try await writer.flush()
                }
            )
        )
        #expect(response.headers[.contentEncoding] == "gzip")
        #expect(try await unzipped(response) == rows.joined())
    }

    @Test func leavesTheRestAlone() async throws {
        #expect(try await respond(.text(long), accept: nil).headers[.contentEncoding] == nil)
        #expect(try await respond(.text(long), accept: nil).headers[.vary] == "Accept-Encoding")
        #expect(try await respond(.text(long), accept: "gzip;q=0, br").headers[.contentEncoding] == nil)
        #expect(try await respond(.text(long), accept: "*").headers[.contentEncoding] == "gzip")
        #expect(try await respond(.text("short")).headers[.vary] == nil)
        var picture = Response.text(long)
        picture.headers[.contentType] = "image/png"
        #expect(try await respond(picture).headers[.contentEncoding] == nil)
        var encoded = Response.text(long)
        encoded.headers[.contentEncoding] = "br"
        #expect(try await respond(encoded).headers[.contentEncoding] == "br")
        var kept = Response.text(long)
        kept.headers[.cacheControl] = "no-transform"
        #expect(try await respond(kept).headers[.contentEncoding] == nil)
    }

    @Test func strongTagsBecomeWeak() async throws {
        var tagged = Response.text(long)
        tagged.headers[.eTag] = "\"v1\""
        tagged.headers[.vary] = "Cookie"
        let response = try await respond(tagged)
        #expect(response.headers[.eTag] == "W/\"v1\"")
        #expect(response.headers[.vary] == "Cookie, Accept-Encoding")
    }

    @Test(arguments: [
        ("gzip", true), ("GZIP", true), ("br, gzip;q=0.5", true), ("gzip; q=0", false), ("gzip;q=0.0", false),
        ("identity", false), ("*;q=0", false), ("", false), ("deflate", false), ("x-gzip", true),
        ("*, gzip;q=0", false),
    ])
    func readsAcceptEncoding(value: String, accepts: Bool) throws {
        let request = try Request(method: .get, target: "/", headers: [.acceptEncoding: value])
        #expect(request.acceptsGzip == accepts)
    }

    @Test func refusesBrokenAndOversizedGzip() throws {
        var zipped = try Gzip.compress(ByteBuffer(string: long))
        #expect(throws: CompressionError.limitExceeded) { try Gzip.decompress(zipped, limit: 100) }
        #expect(throws: CompressionError.corrupt) { try Gzip.decompress(ByteBuffer(string: "no gzip"), limit: 100) }
        zipped.moveWriterIndex(to: zipped.writerIndex - 4)
        #expect(throws: CompressionError.truncated) { try Gzip.decompress(zipped, limit: 100_000) }
    }
}

@Suite struct SecurityHeadersTests {
    private func respond(_ response: Response, authority: String = "plant.example:8080") async throws -> HTTPFields {
        let request = try Request(method: .get, target: "/", authority: authority)
        return try await SecurityHeaders().respond(to: request) { _ in response }.headers
    }

    @Test func pagesAreStrict() async throws {
        let headers = try await respond(.html("<p>"))
        let policy = try #require(headers[.contentSecurityPolicy])
        #expect(policy.contains("default-src 'none'; script-src 'self'; style-src 'self';"))
        #expect(policy.contains("connect-src 'self' data: ws://plant.example:8080 wss://plant.example:8080;"))
        #expect(policy.contains("frame-ancestors 'none'"))
        #expect(!policy.contains("unsafe"))
        #expect(headers[.xContentTypeOptions] == "nosniff")
        #expect(headers["Referrer-Policy".fieldName] == "same-origin")
        #expect(headers["Permissions-Policy".fieldName]?.contains("camera=()") == true)
        #expect(headers["X-Frame-Options".fieldName] == "DENY")
    }

    @Test func dataHasTheShortPolicy() async throws {
        let headers = try await respond(.json([:]))
        #expect(headers[.contentSecurityPolicy] == "default-src 'none'; frame-ancestors 'none'")
        #expect(headers[.xContentTypeOptions] == "nosniff")
        #expect(headers["X-Frame-Options".fieldName] == nil)
    }

    @Test func aHostCannotExtendThePolicy() async throws {
        for authority in ["h;script-src", "h'unsafe-inline'", "h,x", "*"] {
            let policy = try await respond(.html(""), authority: authority)[.contentSecurityPolicy]
            #expect(policy?.contains("connect-src 'self' data:;") == true)
        }
    }

    @Test func handlersMayDecideThemselves() async throws {
        var page = Response.html("")
        page.headers[.contentSecurityPolicy] = "own"
        #expect(try await respond(page)[.contentSecurityPolicy] == "own")
    }
}
