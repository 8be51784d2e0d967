import HTTPTypes
import HTTPWire
import NIOCore
import Testing

@Suite struct RequestParserTests {
    @Test func parsesTheSimplestRequest() throws {
        let outcomes = DripFeed.outcomes(of: "GET /a?b=c HTTP/1.1\r\nHost: example.org:80\r\nX-Empty:\r\n\r\n")
        try #require(outcomes.count == 2)
        guard case .head(let head) = outcomes[0] else {
            Issue.record("no head")
            return
        }
        #expect(head.method == .get)
        #expect(head.target == "/a?b=c")
        #expect(head.version == .http11)
        #expect(head.authority == "example.org:80")
        #expect(head.framing == .none)
        #expect(head.keepsAlive)
        #expect(!head.expectsContinue)
        #expect(head.fields.count == 2)
        #expect(head.fields.last?.name.rawName == "X-Empty")
        #expect(head.fields.last?.value == "")
        #expect(outcomes[1] == .end([:]))
    }

    @Test func trimsBlanksAroundValuesAndKeepsObsoleteText() throws {
        let bytes = Array("GET / HTTP/1.1\r\nhost:h\r\nX: \t a b\t \r\nY: caf".utf8) + [0xE9] + Array("\r\n\r\n".utf8)
        let head = try #require(heads(DripFeed.outcomes(of: bytes)).first)
        #expect(head.fields[values: try name("X")] == ["a b"])
        let value = head.fields.last?.withUnsafeBytesOfValue { Array($0) }
        #expect(value == [0x63, 0x61, 0x66, 0xE9])
    }

    @Test func readsAFixedBodyAndWhatFollows() {
        let text = "POST /x HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhelloGET /y HTTP/1.1\r\nHost: h\r\n\r\n"
        let outcomes = DripFeed.outcomes(of: text)
        #expect(heads(outcomes).map(\.target) == ["/x", "/y"])
        #expect(heads(outcomes).first?.framing == .fixed(5))
        #expect(bodies(outcomes) == ["hello"])
        #expect(outcomes.count == 5)
    }

    @Test func contentLengthZeroIsNoBody() {
        let outcomes = DripFeed.outcomes(of: "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n")
        #expect(heads(outcomes).first?.framing == BodyFraming.none)
        #expect(outcomes.last == .end([:]))
    }

    @Test(arguments: [
        ("HTTP/1.1", "", true), ("HTTP/1.1", "Connection: close\r\n", false),
        ("HTTP/1.1", "Connection: foo, Close\r\n", false), ("HTTP/1.1", "Connection: keep-alive\r\n", true),
        ("HTTP/1.0", "", false), ("HTTP/1.0", "Connection: Keep-Alive\r\n", true),
        ("HTTP/1.0", "Connection: keep-alive, close\r\n", false), ("HTTP/1.9", "", true),
    ])
    func decidesWhetherTheConnectionStays(version: String, field: String, keeps: Bool) {
        let outcomes = DripFeed.outcomes(of: "GET / \(version)\r\nHost: h\r\n\(field)\r\n")
        #expect(heads(outcomes).first?.keepsAlive == keeps)
    }

    @Test func version10NeedsNoHost() {
        let outcomes = DripFeed.outcomes(of: "GET / HTTP/1.0\r\n\r\n")
        #expect(heads(outcomes).first?.version == .http10)
        #expect(heads(outcomes).first?.authority == nil)
    }

    @Test func takesAnAbsoluteTarget() {
        let outcomes = DripFeed.outcomes(of: "GET http://Example.org/a HTTP/1.1\r\nHost: example.ORG\r\n\r\n")
        #expect(heads(outcomes).first?.authority == "Example.org")
    }

    @Test func ignoresTwoEmptyLinesBeforeARequestLineButNotMore() {
        let request = "GET / HTTP/1.1\r\nHost: h\r\n\r\n"
        #expect(heads(DripFeed.outcomes(of: "\r\n\r\n" + request)).count == 1)
        #expect(DripFeed.error(of: "\r\n\r\n\r\n" + request) == .invalidRequestLine)
        #expect(heads(DripFeed.outcomes(of: request + "\r\n" + request)).count == 2)
    }

    @Test(arguments: [
        ("Content-Length: 3\r\nExpect: 100-Continue\r\n", true),
        ("Expect: 100-continue\r\n", false), ("Content-Length: 3\r\n", false),
    ])
    func noticesAnExpectation(fields: String, expects: Bool) {
        let outcomes = DripFeed.outcomes(of: "PUT / HTTP/1.1\r\nHost: h\r\n\(fields)\r\n", endsInput: false)
        #expect(heads(outcomes).first?.expectsContinue == expects)
    }

    @Test func positionTellsWhereItStands() throws {
        var parser = RequestParser()
        #expect(parser.position == .idle)
        parser.receive(ByteBuffer(string: "PO"))
        #expect(try parser.next() == nil)
        #expect(parser.position == .head)
        parser.receive(ByteBuffer(string: "ST / HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\n"))
        _ = try parser.next()
        #expect(parser.position == .body)
        parser.receive(ByteBuffer(string: "ab"))
        #expect(try parser.next() == .body(ByteBuffer(string: "ab")))
        #expect(try parser.next() == .end(trailers: [:]))
        #expect(parser.position == .idle)
        #expect(throws: Never.self) { try parser.finish() }
    }

    @Test func staysFailed() throws {
        var parser = RequestParser()
        parser.receive(ByteBuffer(string: "GET / HTTP/2.0\r\n\r\nGET / HTTP/1.1\r\nHost: h\r\n\r\n"))
        #expect(throws: RequestError.unsupportedVersion) { try parser.next() }
        parser.receive(ByteBuffer(string: "GET / HTTP/1.1\r\nHost: h\r\n\r\n"))
        #expect(throws: RequestError.unsupportedVersion) { try parser.next() }
        #expect(throws: RequestError.unsupportedVersion) { try parser.finish() }
    }

    @Test(arguments: [
        "G", "GET / HTTP/1.1\r\nHost: h\r\n", "\r\n", "PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\na",
    ])
    func tellsThatInputWasCutOff(text: String) {
        #expect(DripFeed.error(of: text) == .truncated)
    }

    @Test func handsOverWhatFollowsAnUpgrade() throws {
        var parser = RequestParser()
        parser.receive(ByteBuffer(string: "GET / HTTP/1.1\r\nHost: h\r\n\r\nrest"))
        _ = try parser.next()
        _ = try parser.next()
        #expect(parser.takeUnparsedBytes() == ByteBuffer(string: "rest"))
        #expect(parser.position == .idle)
    }
}

func heads(_ outcomes: [Outcome]) -> [RequestHead] {
    outcomes.compactMap { if case .head(let head) = $0 { head } else { nil } }
}

func bodies(_ outcomes: [Outcome]) -> [String] {
    outcomes.compactMap { if case .body(let body) = $0 { body } else { nil } }
}

func name(_ text: String) throws -> HTTPField.Name {
    try #require(HTTPField.Name(text))
}
