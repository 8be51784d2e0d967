import HTTPTypes
import HTTPWire
import Testing

@Suite struct RequestRefusalTests {
    struct Case: CustomTestStringConvertible, Sendable {
        let text: String
        let error: RequestError
        var testDescription: String { "\(error.rawValue): \(text.debugDescription)" }

        init(_ text: String, _ error: RequestError) {
            self.text = text
            self.error = error
        }

        /// A request with one more field.
        init(field: String, _ error: RequestError) {
            self.init("POST / HTTP/1.1\r\nHost: h\r\n\(field)\r\n\r\n", error)
        }
    }

    static let requestLines = [
        Case("\u{16}\u{3}\u{1}", .invalidMethod), Case(" GET / HTTP/1.1\r\n", .invalidMethod),
        Case("G@T / HTTP/1.1\r\n", .invalidMethod), Case("\n", .bareLineEnd), Case("GET / HTTP/1.1\n", .bareLineEnd),
        Case("GET\r\n", .invalidRequestLine), Case("GET /\r\n", .invalidRequestLine),
        Case("GET  / HTTP/1.1\r\n", .invalidRequestLine), Case("GET\t/ HTTP/1.1\r\n", .invalidMethod),
        Case("GET / HTTP/1.1 \r\n", .invalidVersion), Case("GET /  HTTP/1.1\r\n", .invalidVersion),
        Case("GET / http/1.1\r\n", .invalidVersion), Case("GET / HTTP/11\r\n", .invalidVersion),
        Case("GET / HTTP/1.10\r\n", .invalidVersion), Case("GET / HTTP/1,1\r\n", .invalidVersion),
        Case("GET / HTTP/2.0\r\n", .unsupportedVersion), Case("PRI * HTTP/2.0\r\n", .unsupportedVersion),
        Case("GET / HTTP/0.9\r\n", .unsupportedVersion), Case("GET /a b HTTP/1.1\r\n", .invalidVersion),
        Case("GET /a\u{0}b HTTP/1.1\r\n", .invalidTarget), Case("GET /\u{e9} HTTP/1.1\r\n", .invalidTarget),
        Case("GET /a#b HTTP/1.1\r\n", .invalidTarget), Case("GET /a\\b HTTP/1.1\r\n", .invalidTarget),
        Case("GET /\r/ HTTP/1.1\r\n", .invalidTarget), Case("GET a HTTP/1.1\r\n", .invalidTarget),
        Case("GET * HTTP/1.1\r\n", .invalidTarget), Case("GET ftp://h/ HTTP/1.1\r\n", .invalidTarget),
        Case("GET http:///a HTTP/1.1\r\n", .invalidTarget), Case("GET http://a@b\"/ HTTP/1.1\r\n", .invalidTarget),
        Case("GET http://user@h/ HTTP/1.1\r\n", .invalidTarget), Case("CONNECT h:80 HTTP/1.1\r\n", .unsupportedMethod),
    ]

    static let fields = [
        Case(field: " X: y", .foldedField), Case(field: "X: a\r\n b", .foldedField),
        Case(field: "X : y", .spaceBeforeColon),
        Case(field: "X\t: y", .spaceBeforeColon), Case(field: "X y: z", .invalidFieldName),
        Case(field: ": y", .invalidFieldName), Case(field: "X", .invalidFieldName),
        Case(field: "X(y): z", .invalidFieldName), Case(field: "X\u{0}: z", .invalidFieldName),
        Case(field: "X: a\u{0}b", .invalidFieldValue), Case(field: "X: a\u{7}b", .invalidFieldValue),
        Case(field: "X: a\u{7f}b", .invalidFieldValue), Case(field: "X: a\rb", .bareLineEnd),
        Case(field: "X: a\nY: b", .bareLineEnd), Case(field: "X\r: b", .bareLineEnd),
        Case(field: "X: a\r", .bareLineEnd),
        Case(field: "Expect: 200-ok", .unknownExpectation), Case(field: "Host: h", .invalidHost),
        Case(field: "Host: other", .invalidHost),
        Case("GET / HTTP/1.1\r\n\r\n", .invalidHost), Case("GET / HTTP/1.1\r\nHost: a b\r\n\r\n", .invalidHost),
        Case("GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", .invalidHost),
        Case("GET / HTTP/1.1\r\nHost: u@h\r\n\r\n", .invalidHost),
        Case("GET / HTTP/1.0\r\nHost: a\r\nHost: a\r\n\r\n", .invalidHost),
        Case("GET http://a/ HTTP/1.1\r\nHost: b\r\n\r\n", .invalidHost),
        Case("GET http://a/ HTTP/1.1\r\n\r\n", .invalidHost),
    ]

    static let lengths =
        ["", "+5", "-5", "5 5", "5,5", "0x5", "5.0", "１", "1000000000000000000", "99999999999999999999"].map { length in
            Case(field: "Content-Length: \(length)", .invalidContentLength)
        } + [
            Case(field: "Content-Length: 5\r\nContent-Length: 5", .invalidContentLength),
            Case(field: "Content-Length: 5\r\ncontent-length: 6", .invalidContentLength),
            Case(field: "Content-Length: 5\r\nTransfer-Encoding: chunked", .conflictingFraming),
            Case(field: "Transfer-Encoding: chunked\r\nContent-Length: 5", .conflictingFraming),
            Case(field: "Transfer-Encoding: chunked\r\nContent-Length: 0", .conflictingFraming),
            Case(field: "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked", .invalidTransferEncoding),
            Case(field: "Transfer-Encoding: identity", .invalidTransferEncoding),
            Case(field: "Transfer-Encoding: xchunked", .invalidTransferEncoding),
            Case(field: "Transfer-Encoding: chunked, identity", .invalidTransferEncoding),
            Case(field: "Transfer-Encoding: chunked, chunked", .invalidTransferEncoding),
            Case(field: "Transfer-Encoding: chunked,", .invalidTransferEncoding),
            Case(field: "Transfer-Encoding: \"chunked\"", .invalidTransferEncoding),
            Case(field: "Transfer-Encoding:", .invalidTransferEncoding),
            Case(field: "Transfer-Encoding: gzip, chunked", .unsupportedTransferCoding),
            Case("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", .invalidTransferEncoding),
        ]

    @Test(arguments: requestLines) func refusesRequestLines(_ example: Case) {
        #expect(DripFeed.error(of: example.text) == example.error)
    }

    @Test(arguments: fields) func refusesFields(_ example: Case) {
        #expect(DripFeed.error(of: example.text) == example.error)
    }

    @Test(arguments: lengths) func refusesUnclearFraming(_ example: Case) {
        #expect(DripFeed.error(of: example.text) == example.error)
    }

    @Test func everyErrorHasItsStatusAndAMessage() {
        let statuses: [RequestError: HTTPResponse.Status] = [
            .targetTooLong: .uriTooLong, .headTooLarge: .requestHeaderFieldsTooLarge,
            .unknownExpectation: .expectationFailed, .unsupportedTransferCoding: .notImplemented,
            .unsupportedMethod: .notImplemented, .unsupportedVersion: .httpVersionNotSupported,
        ]
        for error in RequestError.allCases {
            #expect(error.status == statuses[error] ?? .badRequest)
            #expect(error.message.hasSuffix("."))
        }
    }
}

@Suite struct RequestLimitTests {
    private static let small: ParserLimits = {
        var limits = ParserLimits()
        limits.requestLine = 20
        limits.field = 16
        limits.fieldCount = 3
        limits.head = 80
        limits.chunkExtension = 8
        limits.chunkExtensions = 20
        limits.trailers = 40
        return limits
    }()

    @Test func requestLineAtAndAboveItsLimit() {
        #expect(DripFeed.error(of: "GET /1234567 HTTP/1.1\r\nHost: h\r\n\r\n", limits: Self.small) == .targetTooLong)
        #expect(DripFeed.error(of: "GET /123456 HTTP/1.1\r\nHost: h\r\n\r\n", limits: Self.small) == nil)
        let endless = String(repeating: "A", count: 23)
        #expect(DripFeed.error(of: endless, limits: Self.small) == .targetTooLong)
    }

    @Test func fieldAtAndAboveItsLimit() {
        let start = "GET / HTTP/1.1\r\nHost: h\r\n"
        #expect(DripFeed.error(of: start + "X: 3456789012345\r\n\r\n", limits: Self.small) == nil)
        #expect(DripFeed.error(of: start + "X: 34567890123456\r\n\r\n", limits: Self.small) == .headTooLarge)
        #expect(DripFeed.error(of: start + "X: 3456789012345678", limits: Self.small) == .headTooLarge)
    }

    @Test func fieldCountAtAndAboveItsLimit() {
        let start = "GET / HTTP/1.1\r\nHost: h\r\nA: 1\r\nB: 2\r\n"
        #expect(DripFeed.error(of: start + "\r\n", limits: Self.small) == nil)
        #expect(DripFeed.error(of: start + "C: 3\r\n\r\n", limits: Self.small) == .headTooLarge)
    }

    @Test func headAtAndAboveItsLimit() {
        let start = "GET /1234 HTTP/1.1\r\nHost: 123456789\r\nA: 3456789012345\r\n"
        let last = "B: 345678901234\r\n\r\n"
        #expect(start.utf8.count + last.utf8.count == 74)
        var limits = Self.small
        limits.head = 72
        #expect(DripFeed.error(of: start + last, limits: limits) == nil)
        limits.head = 71
        #expect(DripFeed.error(of: start + last, limits: limits) == .headTooLarge)
    }

    @Test func defaultsAreThePublishedOnes() {
        let limits = ParserLimits()
        #expect(limits.fieldCount == 300)
        #expect(limits.head == 64 * 1_024)
        #expect(limits.chunkExtension == 4 * 1_024)
        let fields = (0..<299).map { "X-\($0): y\r\n" }.joined()
        #expect(DripFeed.error(of: "GET / HTTP/1.1\r\nHost: h\r\n\(fields)\r\n") == nil)
        #expect(DripFeed.error(of: "GET / HTTP/1.1\r\nHost: h\r\n\(fields)X: y\r\n\r\n") == .headTooLarge)
    }
}
