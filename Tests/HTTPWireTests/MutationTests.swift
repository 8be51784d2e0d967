import HTTPWire
import NIOCore
import SeededRandom
import Testing

/// Nothing that arrives may trap the process, and no cut may change the outcome.
@Suite struct MutationTests {
    static let requests = [
        "GET / HTTP/1.1\r\nHost: example.org\r\nAccept: */*\r\n\r\n",
        "POST /a?b=%20c HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhelloGET / HTTP/1.0\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\nExpect: 100-continue\r\n\r\n5;x=y\r\nhello\r\n0\r\nX-T: 1\r\n\r\n",
        "OPTIONS * HTTP/1.1\r\nHost: h\r\nConnection: close, upgrade\r\n\r\n",
        "GET http://h:80/x/../y HTTP/1.1\r\nHost: h:80\r\nCookie: a=b; c=d\r\n\r\nGET / HTTP/1.1\r\nHost: h\r\n\r\n",
    ]

    @Test func requestsNeverTrap() async {
        var generator = SeededGenerator(seed: 1)
        var refused = 0
        for round in 0..<5_000 {
            await Pace.step(round)
            let bytes = Mutation.apply(to: Array(Self.requests[round % Self.requests.count].utf8), using: &generator)
            let whole = DripFeed.parse(bytes, cut: bytes.count, limits: ParserLimits(), endsInput: true)
            let cut = Int.random(in: 1...9, using: &generator)
            let pieces = DripFeed.parse(bytes, cut: cut, limits: ParserLimits(), endsInput: true)
            if pieces != whole {
                Issue.record("round \(round), cut \(cut): \(String(decoding: bytes, as: UTF8.self).debugDescription)")
            }
            if case .error? = whole.last { refused += 1 }
            for case .head(let head) in whole { _ = try? RequestTarget(parsing: head.target) }
        }
        // Mutations that change nothing important pass, the others do not: both must happen.
        #expect((500..<4_950).contains(refused))
    }

    @Test func targetsNeverTrap() async {
        var generator = SeededGenerator(seed: 2)
        for round in 0..<2_000 {
            await Pace.step(round)
            let bytes = Mutation.apply(to: Array("/a/%20/../b%2e/c?d=%41&e=+f".utf8), using: &generator)
            _ = try? RequestTarget(parsing: String(decoding: bytes, as: UTF8.self))
        }
    }

    @Test func webSocketsNeverTrap() async {
        var generator = SeededGenerator(seed: 3)
        var limits = WebSocketLimits()
        limits.message = 4_096
        let base =
            frame(.text, "hello", final: false) + frame(.ping, "p") + frame(.continuation, "wörld")
            + frame(.binary, [UInt8](repeating: 7, count: 300)) + frame(.close, [0x03, 0xE8, 0x61])
        for round in 0..<2_000 {
            await Pace.step(round)
            let bytes = Mutation.apply(to: base, using: &generator)
            let whole = DripFeed.decode(bytes, cut: bytes.count, role: .server, limits: limits)
            let cut = Int.random(in: 1...9, using: &generator)
            let pieces = DripFeed.decode(bytes, cut: cut, role: .server, limits: limits)
            if pieces != whole { Issue.record("round \(round), cut \(cut): \(bytes)") }
        }
    }

    @Test func utf8IsJudgedLikeTheStandardLibrary() async {
        var generator = SeededGenerator(seed: 4)
        let base = Array("aé€𝄞\u{7ff}\u{800}\u{ffff}\u{10000}\u{10ffff}".utf8)
        for round in 0..<2_000 {
            await Pace.step(round)
            let bytes = Mutation.apply(to: base, using: &generator)
            let outcome = DripFeed.decode(frame(.text, bytes), cut: 1_000, role: .server, limits: WebSocketLimits())
            let isValid = String(validating: bytes, as: UTF8.self) != nil
            let expected: WebSocketOutcome =
                isValid ? .event(.text(String(decoding: bytes, as: UTF8.self))) : .error(.invalidUTF8)
            if outcome != [expected] { Issue.record("\(bytes)") }
        }
    }
}
