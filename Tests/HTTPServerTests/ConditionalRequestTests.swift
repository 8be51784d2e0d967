import HTTPTypes
import HTTPWire
import NIOCore
import Primitives
import Testing

@testable import HTTPServer

/// Conditions and ranges, asked of a server without connections.
@Suite struct ConditionalRequestTests {
    private static let date = "Sun, 06 Nov 1994 08:49:37 GMT"
    private static let later = "Sun, 06 Nov 1994 08:49:38 GMT"
    private static let earlier = "Sun, 06 Nov 1994 08:49:36 GMT"
    private static let content = Array("0123456789".utf8)

    private func respond(
        _ headers: HTTPFields,
        method: HTTPRequest.Method = .get,
        validators: HTTPFields = [.eTag: "\"v1\"", .lastModified: date, .contentType: "text/plain"],
        status: HTTPResponse.Status = .ok,
        body: ResponseBody = .bytes(content),
        middleware: [any Middleware] = [ConditionalRequests()]
    ) async throws -> Response {
        var router = Router()
        router.add(method == .head ? .get : method, "/x") { _ in
            Response(status: status, headers: validators, body: body)
        }
        let server = try makeServer(router, middleware: middleware)
        return await server.respond(to: try Request(method: method, target: "/x", headers: headers))
    }

    @Test("RFC 9110 section 13.2.2, step by step")
    func precedence() async throws {
        let cases: [(HTTPFields, Int)] = [
            ([:], 200), ([.ifMatch: "\"v1\""], 200), ([.ifMatch: "\"v0\", \"v1\""], 200), ([.ifMatch: "*"], 200),
            ([.ifMatch: "\"v0\""], 412), ([.ifMatch: "W/\"v1\""], 412), ([.ifMatch: "v1"], 412),
            ([.ifUnmodifiedSince: Self.date], 200), ([.ifUnmodifiedSince: Self.earlier], 412),
            ([.ifUnmodifiedSince: "junk"], 200), ([.ifNoneMatch: "\"v1\""], 304), ([.ifNoneMatch: "W/\"v1\""], 304),
            ([.ifNoneMatch: "*"], 304), ([.ifNoneMatch: "\"v0\""], 200), ([.ifNoneMatch: "v1"], 200),
            ([.ifModifiedSince: Self.date], 304), ([.ifModifiedSince: Self.later], 304),
            ([.ifModifiedSince: Self.earlier], 200), ([.ifModifiedSince: "junk"], 200),
            // The tag wins over the date, on both sides.
            ([.ifMatch: "\"v1\"", .ifUnmodifiedSince: Self.earlier], 200),
            ([.ifNoneMatch: "\"v0\"", .ifModifiedSince: Self.later], 200),
            ([.ifMatch: "\"v1\"", .ifNoneMatch: "\"v1\""], 304), ([.ifMatch: "\"v0\"", .ifNoneMatch: "\"v1\""], 412),
            ([.ifUnmodifiedSince: Self.date, .ifModifiedSince: Self.date], 304),
        ]
        for (headers, status) in cases {
            for method in [HTTPRequest.Method.get, .head] {
                #expect(try await respond(headers, method: method).status.code == status, "\(method) \(headers)")
            }
        }
    }

    @Test func writesAreJudgedByHandlers() throws {
        func outcome(_ headers: HTTPFields, exists: Bool) throws -> ConditionOutcome {
            let request = try Request(method: .put, target: "/x", headers: headers)
            let tag = exists ? EntityTag("v1") : nil
            return request.evaluateConditions(Validators(entityTag: tag, exists: exists), now: 0)
        }
        #expect(try outcome([.ifMatch: "*"], exists: false) == .failed)
        #expect(try outcome([.ifMatch: "*"], exists: true) == .proceed)
        #expect(try outcome([.ifNoneMatch: "*"], exists: true) == .failed)
        #expect(try outcome([.ifNoneMatch: "*"], exists: false) == .proceed)
        #expect(try outcome([.ifNoneMatch: "\"v1\""], exists: true) == .failed)
        #expect(try outcome([.ifModifiedSince: Self.later], exists: true) == .proceed)
    }

    @Test func notModifiedDescribesNoContent() async throws {
        let response = try await respond([.ifNoneMatch: "\"v1\""])
        #expect(response.headers[.eTag] == "\"v1\"")
        #expect(response.headers[.lastModified] == Self.date)
        #expect(response.headers[.contentType] == nil)
        #expect(response.body.length == 0)
    }

    @Test func onlySuccessesAreConditional() async throws {
        #expect(try await respond([.ifNoneMatch: "\"v1\""], status: .notFound).status == .notFound)
        #expect(try await respond([.ifMatch: "\"v0\""], method: .post).status == .ok)
        #expect(try await respond([.range: "bytes=0-1"], status: .created).status == .created)
    }

    @Test func compressedVersionsKeepTheirTag() async throws {
        let text = Array(String(repeating: "reading,", count: 1_000).utf8)
        let layers: [any Middleware] = [Compression(), ConditionalRequests()]
        func get(_ headers: HTTPFields) async throws -> Response {
            try await respond(headers, body: .bytes(text), middleware: layers)
        }
        #expect(try await get([.acceptEncoding: "gzip"]).headers[.eTag] == "W/\"v1\"")
        for tag in ["\"v1\"", "W/\"v1\""] {
            let response = try await get([.acceptEncoding: "gzip", .ifNoneMatch: tag])
            #expect(response.status == .notModified)
            #expect(response.headers[.eTag] == tag)
        }
        let part = try await get([.acceptEncoding: "gzip", .range: "bytes=0-4"])
        #expect(part.status == .partialContent && part.headers[.contentEncoding] == nil)
        #expect(part.body.bytes == Array("readi".utf8))
        let resumed = try await get([.acceptEncoding: "gzip", .range: "bytes=0-4", .ifRange: "W/\"v1\""])
        #expect(resumed.status == .ok && resumed.headers[.contentEncoding] == "gzip")
    }

    @Test(arguments: [
        ("bytes=0-3", "0123", "bytes 0-3/10"), ("bytes=7-", "789", "bytes 7-9/10"), ("bytes=-2", "89", "bytes 8-9/10"),
        ("bytes=0-99", "0123456789", "bytes 0-9/10"), ("bytes=2-3,3-5", "2345", "bytes 2-5/10"),
    ])
    func singleRanges(range: String, body: String, contentRange: String) async throws {
        let response = try await respond([.range: range])
        #expect(response.status == .partialContent)
        #expect(response.headers[.contentRange] == contentRange)
        #expect(response.headers[.contentType] == "text/plain")
        #expect(response.headers[.acceptRanges] == "bytes")
        #expect(response.headers[.eTag] == "\"v1\"")
        #expect(response.body.bytes == Array(body.utf8))
    }

    @Test func severalRanges() async throws {
        let response = try await respond([.range: "bytes=8-,0-1"])
        #expect(response.status == .partialContent)
        #expect(response.headers[.contentRange] == nil)
        let type = try #require(response.headers[.contentType].flatMap { ParameterizedValue(parsing: $0) })
        #expect(type.value == "multipart/byteranges")
        let bytes = try await response.body.collect()
        #expect(response.body.length == bytes.count)
        var parser = try MultipartParser(boundary: try #require(type["boundary"]))
        parser.receive(ByteBuffer(bytes: bytes))
        var seen: [String] = []
        while let event = try parser.next() {
            switch event {
            case .part(let fields): seen.append("\(fields[.contentRange] ?? "-") \(fields[.contentType] ?? "-")")
            case .body(let bytes): seen.append(String(buffer: bytes))
            case .endOfPart: break
            case .end: seen.append("end")
            }
        }
        #expect(seen == ["bytes 8-9/10 text/plain", "89", "bytes 0-1/10 text/plain", "01", "end"])
    }

    @Test("Parts of a file come from the file, over the wire")
    func rangesOfFiles() async throws {
        let bytes = (0..<300_000).map { UInt8(ascii: "a") + UInt8($0 % 26) }
        let temporary = try TemporaryFile(bytes)
        let file = try OpenFile(path: temporary.path)
        var router = Router()
        router.get("/file") { _ in Response(headers: [.eTag: "\"f\""], body: .file(file)) }
        try await TestServer.run(router, middleware: [ConditionalRequests()]) { server in
            let client = try await server.connect()
            let part = try await client.exchange("GET", "/file", fields: "Range: bytes=250000-299999\r\n")
            #expect(part.status == 206 && part["Content-Range"] == "bytes 250000-299999/300000")
            #expect(part.body == String(decoding: bytes[250_000...], as: UTF8.self))
            let parts = try await client.exchange("GET", "/file", fields: "Range: bytes=0-199999,-2\r\n")
            #expect(parts.status == 206 && parts.isComplete)
            #expect(parts.body.contains("\r\n\r\n" + String(decoding: bytes[..<200_000], as: UTF8.self) + "\r\n--"))
            #expect(parts.body.contains("\r\n\r\n" + String(decoding: bytes[299_998...], as: UTF8.self) + "\r\n--"))
            let condition = "If-None-Match: \"f\"\r\n"
            #expect(try await client.exchange("GET", "/file", fields: condition).status == 304)
        }
    }

    @Test func unsatisfiableAndIgnored() async throws {
        let refused = try await respond([.range: "bytes=10-"])
        #expect(refused.status == .rangeNotSatisfiable)
        #expect(refused.headers[.contentRange] == "bytes */10")
        #expect(refused.problemCode == "range-not-satisfiable")
        for range in [
            "lines=1-2", "bytes=4-3", "junk", "bytes=" + Array(repeating: "0-0", count: 17).joined(separator: ","),
        ] {
            #expect(try await respond([.range: range]).status == .ok, "\(range)")
        }
        let head = try await respond([.range: "bytes=0-1"], method: .head)
        #expect(head.status == .ok && head.headers[.acceptRanges] == "bytes")
    }

    @Test func whatHasNoStrongTagOrLengthIsSentWhole() async throws {
        let range: HTTPFields = [.range: "bytes=0-1"]
        for validators: HTTPFields in [[:], [.eTag: "W/\"v1\""], [.eTag: "\"v1\"", .acceptRanges: "none"]] {
            let response = try await respond(range, validators: validators)
            #expect(response.status == .ok && response.body.length == 10)
        }
        #expect(try await respond(range, validators: [.acceptRanges: "bytes"]).status == .partialContent)
        let stream = ResponseBody.stream(length: 10) { try await $0.write(Self.content) }
        #expect(try await respond(range, body: stream).status == .ok)
    }

    @Test(arguments: [
        ("\"v1\"", 206), ("\"v0\"", 200), ("W/\"v1\"", 200), (date, 206), (later, 200), (earlier, 200), ("junk", 200),
    ])
    func ifRange(value: String, status: Int) async throws {
        let response = try await respond([.range: "bytes=0-1", .ifRange: value])
        #expect(response.status.code == status)
        // A condition that fails must not make an unsatisfiable range of it.
        let beyond = try await respond([.range: "bytes=99-", .ifRange: value])
        #expect(beyond.status.code == (status == 206 ? 416 : 200))
    }

    @Test func slicesOfBytes() {
        let body = ResponseBody.bytes(Self.content)
        #expect(body.slice(2..<4)?.bytes == Array("23".utf8))
        #expect(body.slice(10..<10)?.length == 0)
        #expect(body.slice(9..<11) == nil)
        #expect(body.slice(-1..<1) == nil)
        #expect(ResponseBody.stream(length: 3) { _ in }.slice(0..<1) == nil)
    }
}
