import HTTPTypes
import HTTPWire
import Testing

@Suite struct ChunkedBodyTests {
    private func outcomes(_ body: String, limits: ParserLimits = ParserLimits()) -> [Outcome] {
        DripFeed.outcomes(of: Self.head + body, limits: limits)
    }

    private static let head = "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: Chunked\r\n\r\n"

    @Test func putsChunksTogether() {
        let outcomes = outcomes("5\r\nhello\r\n00A\r\n, chunked!\r\n0\r\n\r\n")
        #expect(bodies(outcomes) == ["hello, chunked!"])
        #expect(outcomes.last == .end([:]))
        #expect(heads(outcomes).first?.framing == .chunked)
    }

    @Test func chunkDataMayLookLikeFraming() {
        #expect(bodies(outcomes("7\r\n0\r\n\r\n\r\n\r\n0\r\n\r\n")) == ["0\r\n\r\n\r\n"])
    }

    @Test func readsTrailers() throws {
        let outcomes = outcomes("1\r\na\r\n0\r\nX-Sum: 1\r\nX-More:  b \r\n\r\n")
        #expect(outcomes.last == .end([try name("X-Sum"): "1", try name("X-More"): "b"]))
    }

    @Test func ignoresExtensions() {
        #expect(bodies(outcomes("3;a=b\r\nabc\r\n0 ;c=\"d e\"\r\n\r\n")) == ["abc"])
        #expect(bodies(outcomes("3 \t; a = \"\\\"\"\r\nabc\r\n0\r\n\r\n")) == ["abc"])
    }

    @Test(arguments: [
        ("\r\n", RequestError.invalidChunkSize), ("g\r\n", .invalidChunkSize), ("-1\r\n", .invalidChunkSize),
        ("+1\r\na\r\n", .invalidChunkSize), ("0x1\r\na\r\n", .invalidChunkSize), (" 1\r\na\r\n", .invalidChunkSize),
        ("1 \r\na\r\n", .invalidChunkSize), ("1,\r\na\r\n", .invalidChunkSize),
        ("1_0\r\n", .invalidChunkSize), ("1000000000000000\r\n", .invalidChunkSize),
        ("fffffffffffffffff\r\n", .invalidChunkSize), ("1\na\r\n", .bareLineEnd), ("1\r\na\n", .invalidChunkEnd),
        ("1\r\nab\r\n", .invalidChunkEnd), ("1\r\na\r\r\n", .invalidChunkEnd), ("1;a\rb\r\na\r\n", .bareLineEnd),
        ("1;a\u{0}\r\na\r\n", .invalidChunkExtension), ("0\r\nX : y\r\n\r\n", .spaceBeforeColon),
        ("0\r\nX\r\n\r\n", .invalidFieldName), ("0\r\n X: y\r\n\r\n", .foldedField),
        ("0\r\nContent-Length: 1\r\n\r\n", .invalidTrailer),
        ("0\r\nTransfer-Encoding: chunked\r\n\r\n", .invalidTrailer),
        ("0\r\nHost: h\r\n\r\n", .invalidTrailer), ("0\r\nX: a\n\r\n", .bareLineEnd), ("5\r\nhel", .truncated),
        ("5\r\nhello\r\n0\r\n", .truncated),
    ])
    func refusesBrokenChunks(body: String, error: RequestError) {
        #expect(outcomes(body).last == .error(error))
    }

    @Test func limitsExtensions() {
        let long = String(repeating: "x", count: 4_095)
        #expect(bodies(outcomes("1;\(long)\r\na\r\n0\r\n\r\n")) == ["a"])
        #expect(outcomes("1;\(long)x\r\na\r\n0\r\n\r\n").last == .error(.invalidChunkExtension))
        #expect(outcomes("1;" + String(repeating: "x", count: 5_000)).last == .error(.invalidChunkExtension))
        // Many short ones cost as much as a long one.
        let many = String(repeating: "1;\(long)\r\na\r\n", count: 17)
        #expect(outcomes(many + "0\r\n\r\n").last == .error(.invalidChunkExtension))
    }

    @Test func limitsTrailers() {
        var limits = ParserLimits()
        limits.trailers = 30
        #expect(outcomes("0\r\nX: 1\r\n\r\n", limits: limits).last == .end(["X".field: "1"]))
        let long = String(repeating: "Y: 12345\r\n", count: 4)
        #expect(outcomes("0\r\n\(long)\r\n", limits: limits).last == .error(.headTooLarge))
        limits.trailers = 10_000
        limits.fieldCount = 3
        #expect(outcomes("0\r\n\(long)\r\n", limits: limits).last == .error(.headTooLarge))
    }
}

extension String {
    /// The string as a field name; tests only pass tokens.
    var field: HTTPField.Name { HTTPField.Name(self) ?? .server }
}
