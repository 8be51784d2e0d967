import HTTPWire
import NIOCore
import Testing

/// What a decoder made of some bytes.
enum WebSocketOutcome: Hashable {
    case event(WebSocketEvent)
    case error(WebSocketError)
}

extension DripFeed {
    /// Runs the decoder over the bytes in one piece and in small ones; the outcome must be the same.
    static func webSocket(
        _ bytes: [UInt8],
        role: WebSocketRole = .server,
        limits: WebSocketLimits = WebSocketLimits(),
        sourceLocation: SourceLocation = #_sourceLocation
    ) -> [WebSocketOutcome] {
        let whole = decode(bytes, cut: bytes.count, role: role, limits: limits)
        for cut in [1, 3, 128] where cut < bytes.count && bytes.count / cut < 1_000 {
            let pieces = decode(bytes, cut: cut, role: role, limits: limits)
            #expect(pieces == whole, "cut into pieces of \(cut)", sourceLocation: sourceLocation)
        }
        return whole
    }

    static func decode(
        _ bytes: [UInt8],
        cut: Int,
        role: WebSocketRole,
        limits: WebSocketLimits
    ) -> [WebSocketOutcome] {
        var decoder = WebSocketDecoder(role: role, limits: limits)
        var outcomes: [WebSocketOutcome] = []
        do throws(WebSocketError) {
            var position = 0
            while position < bytes.count {
                let end = min(bytes.count, position + max(1, cut))
                decoder.receive(ByteBuffer(bytes: bytes[position..<end]))
                position = end
                while let event = try decoder.next() { outcomes.append(.event(event)) }
            }
        } catch {
            outcomes.append(.error(error))
        }
        return outcomes
    }
}

/// The bytes of a client's frame.
func frame(
    _ opcode: WebSocketOpcode,
    _ payload: [UInt8] = [],
    final: Bool = true,
    key: UInt32? = 0x3712_F0A9
) -> [UInt8] {
    var buffer = ByteBuffer()
    WebSocketFrame(isFinal: final, opcode: opcode, payload: ByteBuffer(bytes: payload)).write(
        into: &buffer,
        maskingKey: key
    )
    return Array(buffer.readableBytesView)
}

func frame(_ opcode: WebSocketOpcode, _ text: String, final: Bool = true, key: UInt32? = 0x3712_F0A9) -> [UInt8] {
    frame(opcode, Array(text.utf8), final: final, key: key)
}

/// The suites are ordered like the Autobahn test suite: 1 framing, 2 pings, 3 reserved bits, 4 opcodes, 5 fragmentation,
/// 6 UTF-8, 7 close handling, 9 limits.
@Suite struct WebSocketDecoderTests {
    // RFC 6455 section 5.7, examples.
    @Test func readsTheExamplesOfTheSpecification() {
        let masked: [UInt8] = [0x81, 0x85, 0x37, 0xfa, 0x21, 0x3d, 0x7f, 0x9f, 0x4d, 0x51, 0x58]
        #expect(DripFeed.webSocket(masked) == [.event(.text("Hello"))])
        let plain: [UInt8] = [0x81, 0x05, 0x48, 0x65, 0x6c, 0x6c, 0x6f]
        #expect(DripFeed.webSocket(plain, role: .client) == [.event(.text("Hello"))])
        let fragments: [UInt8] = [0x01, 0x03, 0x48, 0x65, 0x6c, 0x80, 0x02, 0x6c, 0x6f]
        #expect(DripFeed.webSocket(fragments, role: .client) == [.event(.text("Hello"))])
        let pong: [UInt8] = [0x8a, 0x85, 0x37, 0xfa, 0x21, 0x3d, 0x7f, 0x9f, 0x4d, 0x51, 0x58]
        #expect(DripFeed.webSocket(pong) == [.event(.pong(ByteBuffer(string: "Hello")))])
    }

    @Test(arguments: [0, 1, 7, 8, 9, 125, 126, 127, 128, 65_535, 65_536, 100_000])
    func readsEveryLengthForm(length: Int) {
        let payload = (0..<length).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        #expect(DripFeed.webSocket(frame(.binary, payload)) == [.event(.binary(ByteBuffer(bytes: payload)))])
        let text = String(repeating: "*", count: length)
        #expect(DripFeed.webSocket(frame(.text, text)) == [.event(.text(text))])
        #expect(DripFeed.webSocket(frame(.text, text, key: nil), role: .client) == [.event(.text(text))])
    }

    @Test func pings() {
        let payload = [UInt8](repeating: 0xFE, count: 125)
        #expect(DripFeed.webSocket(frame(.ping)) == [.event(.ping(ByteBuffer()))])
        #expect(DripFeed.webSocket(frame(.ping, payload)) == [.event(.ping(ByteBuffer(bytes: payload)))])
        #expect(DripFeed.webSocket(frame(.ping, payload + [1])) == [.error(.invalidControlFrame)])
        #expect(DripFeed.webSocket(frame(.pong, "x") + frame(.text, "y")).count == 2)
    }

    @Test(arguments: [0x40, 0x20, 0x10, 0x70] as [UInt8])
    func reservedBits(bit: UInt8) {
        var bytes = frame(.text, "x")
        bytes[0] |= bit
        #expect(DripFeed.webSocket(frame(.text, "a") + bytes) == [.event(.text("a")), .error(.reservedBit)])
    }

    @Test(arguments: [3, 4, 5, 6, 7, 11, 12, 13, 14, 15] as [UInt8])
    func opcodesWithoutMeaning(opcode: UInt8) {
        var bytes = frame(.text)
        bytes[0] = 0x80 | opcode
        #expect(DripFeed.webSocket(bytes) == [.error(.unknownOpcode)])
    }

    @Test func fragmentation() {
        #expect(DripFeed.webSocket(frame(.ping, "x", final: false)) == [.error(.invalidControlFrame)])
        let message = frame(.text, "frag", final: false) + frame(.ping, "p") + frame(.continuation, "ment")
        #expect(DripFeed.webSocket(message) == [.event(.ping(ByteBuffer(string: "p"))), .event(.text("fragment"))])
        #expect(DripFeed.webSocket(frame(.continuation, "x")) == [.error(.unexpectedFragment)])
        #expect(DripFeed.webSocket(frame(.continuation, "x", final: false)) == [.error(.unexpectedFragment)])
        let twice = frame(.text, "a", final: false) + frame(.text, "b")
        #expect(DripFeed.webSocket(twice) == [.error(.unexpectedFragment)])
        let after = frame(.binary, "a", final: false) + frame(.continuation, "b") + frame(.continuation, "c")
        #expect(
            DripFeed.webSocket(after) == [.event(.binary(ByteBuffer(string: "ab"))), .error(.unexpectedFragment)]
        )
        let empty = frame(.text, "", final: false) + frame(.continuation, "", final: false) + frame(.continuation, "")
        #expect(DripFeed.webSocket(empty) == [.event(.text(""))])
    }

    @Test func masking() {
        #expect(DripFeed.webSocket(frame(.text, "x", key: nil)) == [.error(.wrongMasking)])
        #expect(DripFeed.webSocket(frame(.text, "x"), role: .client) == [.error(.wrongMasking)])
        #expect(DripFeed.webSocket(frame(.text, "zero", key: 0)) == [.event(.text("zero"))])
    }

    @Test func utf8AcrossFragments() {
        let bytes = Array("Hello-µ@ßöäüàá-UTF-8!! 𝄞".utf8)
        for cut in 1..<bytes.count {
            let message =
                frame(.text, Array(bytes[..<cut]), final: false) + frame(.continuation, Array(bytes[cut...]))
            let outcome = DripFeed.decode(message, cut: message.count, role: .server, limits: WebSocketLimits())
            #expect(outcome == [.event(.text("Hello-µ@ßöäüàá-UTF-8!! 𝄞"))])
        }
    }

    @Test(
        arguments: [
            [0x80], [0xBF], [0xC0, 0xAF], [0xC1, 0xBF], [0xE0, 0x80, 0xAF], [0xED, 0xA0, 0x80],
            [0xF0, 0x80, 0x80, 0xAF],
            [0xF4, 0x90, 0x80, 0x80], [0xF5, 0x80, 0x80, 0x80], [0xFE], [0xFF], [0xC3], [0xE2, 0x82],
            [0xF0, 0x9D, 0x84],
            [0xC3, 0x28], [0xE2, 0x28, 0xA1],
        ] as [[UInt8]]
    )
    func refusesWhatIsNotUTF8(bytes: [UInt8]) {
        #expect(DripFeed.webSocket(frame(.text, [0x61] + bytes)) == [.error(.invalidUTF8)])
        #expect(DripFeed.webSocket(frame(.close, [0x03, 0xE8] + bytes)) == [.error(.invalidUTF8)])
    }

    @Test func failsAtTheFragmentThatBreaksUTF8() {
        let message = frame(.text, [0x61, 0xF4, 0x90], final: false)
        #expect(DripFeed.webSocket(message) == [.error(.invalidUTF8)])
    }

    @Test(arguments: [1_000, 1_001, 1_002, 1_003, 1_007, 1_011, 1_012, 1_013, 3_000, 4_999] as [UInt16])
    func closeCodesThatMayBeSent(code: UInt16) {
        let bytes = frame(.close, [UInt8(code >> 8), UInt8(code & 255)] + Array("bye".utf8)) + frame(.text, "x")
        #expect(DripFeed.webSocket(bytes) == [.event(.close(WebSocketCloseCode(rawValue: code), reason: "bye"))])
    }

    @Test(arguments: [0, 999, 1_004, 1_005, 1_006, 1_015, 1_016, 2_999, 5_000, 65_535] as [UInt16])
    func closeCodesThatMayNot(code: UInt16) {
        #expect(
            DripFeed.webSocket(frame(.close, [UInt8(code >> 8), UInt8(code & 255)])) == [.error(.invalidCloseFrame)]
        )
    }

    @Test func closeFramesWithoutCodeAndWithHalfACode() {
        #expect(DripFeed.webSocket(frame(.close)) == [.event(.close(nil, reason: ""))])
        #expect(DripFeed.webSocket(frame(.close, [3])) == [.error(.invalidCloseFrame)])
    }

    @Test func lengthsNotInTheirShortestForm() {
        #expect(DripFeed.webSocket([0x82, 0xFE, 0x00, 0x7D]) == [.error(.invalidLength)])
        #expect(DripFeed.webSocket([0x82, 0xFF, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF]) == [.error(.invalidLength)])
        #expect(DripFeed.webSocket([0x82, 0xFF, 0x80, 0, 0, 0, 0, 0, 0, 0]) == [.error(.invalidLength)])
    }

    @Test func limits() {
        var limits = WebSocketLimits()
        limits.message = 10
        limits.fragments = 3
        func outcome(_ bytes: [UInt8]) -> [WebSocketOutcome] { DripFeed.webSocket(bytes, limits: limits) }
        #expect(outcome(frame(.text, "0123456789")) == [.event(.text("0123456789"))])
        #expect(outcome(frame(.text, "0123456789a")) == [.error(.messageTooBig)])
        // The header alone is enough to refuse.
        #expect(outcome([0x82, 0xFF, 0, 0, 0, 0, 0x7F, 0, 0, 0]) == [.error(.messageTooBig)])
        let parts = frame(.text, "012345", final: false) + frame(.continuation, "6789a")
        #expect(outcome(parts) == [.error(.messageTooBig)])
        let many = frame(.text, "", final: false) + frame(.continuation, "", final: false)
        #expect(outcome(many + frame(.continuation, "x")) == [.event(.text("x"))])
        #expect(
            outcome(many + frame(.continuation, "", final: false) + frame(.continuation, "x"))
                == [.error(.tooManyFragments)]
        )
        #expect(outcome(frame(.ping, [UInt8](repeating: 1, count: 100))).count == 1)
    }

    @Test func closeReasonsAreCutAtACharacter() throws {
        let close = WebSocketFrame.close(.normal, reason: String(repeating: "é", count: 100))
        #expect(close.payload.readableBytes == 2 + 122)
        var decoder = WebSocketDecoder(role: .client)
        var bytes = ByteBuffer()
        close.write(into: &bytes)
        decoder.receive(bytes)
        #expect(try decoder.next() == .close(.normal, reason: String(repeating: "é", count: 61)))
    }

    @Test func errorsKnowTheirCloseCode() {
        #expect(WebSocketError.invalidUTF8.closeCode == .invalidPayload)
        #expect(WebSocketError.messageTooBig.closeCode == .messageTooBig)
        #expect(WebSocketError.reservedBit.closeCode == .protocolError)
        #expect(WebSocketError.allCases.allSatisfy { $0.closeCode.isSendable })
    }
}
