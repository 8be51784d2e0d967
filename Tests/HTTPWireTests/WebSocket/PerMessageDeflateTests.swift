import Compression
import HTTPWire
import NIOCore
import SeededRandom
import Testing

/// permessage-deflate beyond what Autobahn asks: the grammar, offers to decline, hostile payloads.
@Suite struct PerMessageDeflateTests {
    // MARK: Offers

    private static func answer(_ offer: String) throws -> String? {
        PerMessageDeflate(accepting: try WebSocketExtension.list(offer))?.answer
    }

    private static let plain = "permessage-deflate; server_no_context_takeover; client_no_context_takeover"

    @Test(arguments: [
        "permessage-deflate", "permessage-deflate; client_max_window_bits",
        "permessage-deflate;client_max_window_bits=8",
        "permessage-deflate; client_no_context_takeover; server_no_context_takeover",
        "permessage-deflate; client_max_window_bits=\"15\"", "x-webkit-deflate-frame, permessage-deflate",
        ",, permessage-deflate ,", "\tpermessage-deflate ;\tclient_max_window_bits ",
        "foo; bar=\"b\\az\"; baz, permessage-deflate",
    ])
    func accepts(offer: String) throws {
        #expect(try Self.answer(offer) == Self.plain)
    }

    // RFC 7692 section 7 and 7.1: parameters that are unknown, come twice, lack a value or have one that is none.
    @Test(arguments: [
        "permessage-deflate; unknown", "permessage-deflate; server_no_context_takeover=1",
        "permessage-deflate; client_no_context_takeover=true", "permessage-deflate; server_max_window_bits",
        "permessage-deflate; server_max_window_bits=7", "permessage-deflate; server_max_window_bits=16",
        "permessage-deflate; server_max_window_bits=09", "permessage-deflate; server_max_window_bits=+9",
        "permessage-deflate; client_max_window_bits=99999999999999999999",
        "permessage-deflate; client_max_window_bits=0",
        "permessage-deflate; server_no_context_takeover; server_no_context_takeover",
        "permessage-deflate; client_max_window_bits; client_max_window_bits=10",
        "permessage-deflate; Server_No_Context_Takeover", "Permessage-Deflate", "x-webkit-deflate-frame", "",
        "permessage-bzip2",
    ])
    func declines(offer: String) throws {
        #expect(try Self.answer(offer) == nil)
    }

    @Test func theFirstAcceptableOfferWins() throws {
        let offers =
            "permessage-deflate; server_max_window_bits=20, permessage-deflate; server_max_window_bits=10, permessage-deflate"
        #expect(try Self.answer(offers) == "\(Self.plain); server_max_window_bits=10")
    }

    // RFC 6455 section 9.1: what does not follow the grammar fails the handshake.
    @Test(arguments: [
        "permessage-deflate;", "permessage-deflate; =1", "permessage-deflate; a=", "permessage-deflate foo", "; a",
        "permessage-deflate; a=\"", "permessage-deflate; a=\"\"", "permessage-deflate; a=\"x y\"", "per(message",
        "a; b=\"c\\",
        "permessage-deflate; a=\"b\"c", "é",
    ])
    func refusesWhatIsNoList(value: String) {
        #expect(throws: WebSocketHandshake.Refusal.malformed) { try WebSocketExtension.list(value) }
    }

    @Test func readsNamesAndValues() throws {
        let list = try WebSocketExtension.list("foo; bar=baz; quoted=\"1\\2\"; flag, other")
        #expect(list.map(\.name) == ["foo", "other"])
        #expect(list[0].parameters.map(\.name) == ["bar", "quoted", "flag"])
        #expect(list[0].parameters.map(\.value) == ["baz", "12", nil])
    }

    // MARK: Payloads

    private static func verify(
        _ frames: [[UInt8]],
        _ outcome: [WebSocketOutcome],
        limit: Int = 1_024 * 1_024,
        sourceLocation: SourceLocation = #_sourceLocation
    ) {
        var item = AutobahnCase("deflate", frames, outcome)
        item.isDeflated = true
        item.limits.message = limit
        item.verify(sourceLocation: sourceLocation)
    }

    private static func compressed(_ payload: [UInt8], _ opcode: WebSocketOpcode = .text) -> [UInt8] {
        frame(opcode, payload).reserved(4)
    }

    // RFC 7692 section 7.2.3: one block, fragments, no compression, BFINAL, two blocks, and empty messages.
    @Test(
        arguments: [
            [0xF2, 0x48, 0xCD, 0xC9, 0xC9, 0x07, 0x00],
            [0x00, 0x05, 0x00, 0xFA, 0xFF, 0x48, 0x65, 0x6C, 0x6C, 0x6F, 0x00],
            [0xF3, 0x48, 0xCD, 0xC9, 0xC9, 0x07, 0x00, 0x00],
            [0xF2, 0x48, 0x05, 0x00, 0x00, 0x00, 0xFF, 0xFF, 0xCA, 0xC9, 0xC9, 0x07, 0x00],
        ] as [[UInt8]]
    )
    func examplesOfTheSpecification(payload: [UInt8]) {
        Self.verify([Self.compressed(payload)], [.text("Hello")])
        let fragments = AutobahnCompressionTests.frames(.text, payload, fragment: 3)
        Self.verify(fragments, [.text("Hello")])
        // Control frames may stand between, never with RSV1.
        Self.verify([fragments[0], frame(.ping, "p")] + fragments.dropFirst(), [.ping("p"), .text("Hello")])
        #expect(MessageDeflater(minimumLength: 0).deflate(ByteBuffer(string: "Hello")) == nil)
    }

    @Test func emptyMessages() {
        for payload in [[0x00], [0x02, 0x00], []] as [[UInt8]] {
            Self.verify([Self.compressed(payload)], [.text("")])
            Self.verify([Self.compressed(payload, .binary)], [.binary([])])
        }
        #expect(MessageDeflater(minimumLength: 0).deflate(ByteBuffer()) == nil)
    }

    @Test func contextIsNotTakenOver() {
        let first = Self.compressed([0xF2, 0x48, 0xCD, 0xC9, 0xC9, 0x07, 0x00])
        Self.verify([first, first], [.text("Hello"), .text("Hello")])
        // Section 7.2.3.2: the second message would refer to the first one.
        let second = Self.compressed([0xF2, 0x00, 0x11, 0x00, 0x00])
        Self.verify([first, second], [.text("Hello"), .error(.corruptDeflate)])
    }

    @Test func plainMessagesMayStandBetween() {
        let message = Self.compressed([0xF2, 0x48, 0xCD, 0xC9, 0xC9, 0x07, 0x00])
        Self.verify([message, frame(.text, "plain"), message], [.text("Hello"), .text("plain"), .text("Hello")])
    }

    @Test func onlyTheFirstDataFrameMayHaveRSV1() {
        let begin = frame(.text, [0xF2, 0x48, 0xCD], final: false).reserved(4)
        Self.verify([begin, frame(.continuation, [0xC9, 0xC9, 0x07, 0x00])], [.text("Hello")])
        Self.verify([begin, frame(.continuation, [0xC9]).reserved(4)], [.error(.reservedBit)])
        for opcode in [WebSocketOpcode.ping, .pong, .close, .continuation] {
            Self.verify([frame(opcode).reserved(4)], [.error(.reservedBit)])
        }
        for bits in [1, 2, 3, 5, 6, 7] as [UInt8] {
            Self.verify([frame(.text).reserved(bits)], [.error(.reservedBit)])
        }
        // Nothing was agreed.
        AutobahnCase("plain", [Self.compressed([0x00])], [.error(.reservedBit)]).verify()
        #expect(WebSocketError.reservedBit.closeCode == .protocolError)
    }

    @Test(
        arguments: [
            [0xFF], [0x06], [0x00, 0x01], [0xF2], [0xF2, 0x48, 0xCD], [0xF2, 0x48, 0xCD, 0xC9, 0xC9, 0x07],
            [0xF3, 0x48, 0xCD, 0xC9, 0xC9, 0x07, 0x00], [0x05, 0xC0, 0x81, 0x00],
            [0x00, 0x05, 0x00, 0xFA, 0xFF, 0x48, 0x65],
        ] as [[UInt8]]
    )
    func corruptPayloads(payload: [UInt8]) {
        Self.verify([Self.compressed(payload), frame(.text, "x")], [.error(.corruptDeflate)])
        #expect(WebSocketError.corruptDeflate.closeCode == .invalidPayload)
    }

    @Test func bombsEndAtTheLimit() throws {
        let bomb = try #require(MessageDeflater(level: 9).deflate(ByteBuffer(repeating: 0, count: 10_000_000)))
        #expect(bomb.readableBytes < 12_000)
        Self.verify([Self.compressed(Array(bomb.readableBytesView), .binary)], [.error(.messageTooBig)], limit: 100_000)
        let inflater = MessageInflater(contexts: 1)
        #expect(throws: WebSocketError.messageTooBig) { try inflater.inflate(bomb, limit: 9_999_999) }
        #expect(try inflater.inflate(bomb, limit: 10_000_000) == ByteBuffer(repeating: 0, count: 10_000_000))
        // What comes compressed has the limit as well.
        let empty = [UInt8](repeating: 0, count: 200 + 200 / 6 + 65)
        Self.verify([Self.compressed(empty, .binary)], [.error(.messageTooBig)], limit: 200)
    }

    @Test func theLimitIsExact() throws {
        let text = String(repeating: "ab", count: 300)
        let payload = try #require(MessageDeflater(minimumLength: 0).deflate(ByteBuffer(string: text)))
        let message = Self.compressed(Array(payload.readableBytesView))
        Self.verify([message], [.text(text)], limit: 600)
        Self.verify([message], [.error(.messageTooBig)], limit: 599)
    }

    @Test func textIsCheckedAfterInflation() throws {
        for bytes in [[0xED, 0xA0, 0x80], [0xC3]] as [[UInt8]] {
            let payload = try Array(Deflater.compress(bytes, .raw)) + [0x00]
            Self.verify([Self.compressed(payload)], [.error(.invalidUTF8)])
            Self.verify([Self.compressed(payload, .binary)], [.binary(bytes)])
        }
    }

    // MARK: Sending

    @Test func whatIsShortOrIncompressibleIsSentAsItIs() {
        let deflater = MessageDeflater(minimumLength: 100, contexts: 1)
        #expect(deflater.deflate(ByteBuffer(repeating: 0x61, count: 99)) == nil)
        #expect(deflater.deflate(ByteBuffer(repeating: 0x61, count: 100)) != nil)
        var generator = SeededGenerator(seed: 7)
        let noise = (0..<5_000).map { _ in UInt8.random(in: 0...255, using: &generator) }
        #expect(deflater.deflate(ByteBuffer(bytes: noise)) == nil)
        // The context that was given up in between is as good as new.
        #expect(deflater.deflate(ByteBuffer(repeating: 0x61, count: 100)) != nil)
    }

    /// zlib has no raw window of 8 bits; a message that fits into 256 bytes needs none.
    @Test(arguments: 8...15) func messagesKeepToTheClientsWindow(bits: Int) throws {
        let deflater = MessageDeflater(minimumLength: 0, contexts: 1)
        let fitting = ByteBuffer(bytes: (0..<1 << bits).map { UInt8($0 % 7) })
        let compressed = try #require(deflater.deflate(fitting, windowBits: bits))
        #expect(try MessageInflater().inflate(compressed, limit: 1 << bits) == fitting)
        let longer = ByteBuffer(bytes: (0...1 << bits).map { UInt8($0 % 7) })
        #expect((deflater.deflate(longer, windowBits: bits) == nil) == (bits < 15))
    }

    @Test func manyTasksShareFewContexts() async throws {
        let deflater = MessageDeflater(minimumLength: 0, contexts: 2)
        let inflater = MessageInflater(contexts: 2)
        let failures = await withTaskGroup(of: Bool.self) { group in
            for task in 0..<8 {
                group.addTask {
                    (0..<50).contains { round in
                        let message = ByteBuffer(string: String(repeating: "\(task).\(round);", count: 200))
                        let compressed = deflater.deflate(message)
                        return (try? compressed.map { try inflater.inflate($0, limit: 10_000) }) != message
                    }
                }
            }
            return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
        }
        #expect(failures == 0)
    }
}
