import HTTPWire
import NIOCore
import SeededRandom
import Testing

/// Sections 12 and 13 of the Autobahn test suite: permessage-deflate with several kinds of data, message sizes,
/// fragment sizes and offers.
@Suite struct AutobahnCompressionTests {
    /// Length and fragment size, 0 for one frame.
    ///
    /// The suite also sends 128 KiB, a thousand times each.
    private static let sizes = [
        (16, 0), (64, 0), (256, 0), (1_024, 0), (4_096, 0), (8_192, 0), (16_384, 0), (32_768, 0), (65_536, 0),
        (8_192, 256), (16_384, 256), (32_768, 1_024), (65_536, 4_096), (65_536, 32_768),
    ]

    /// Data that compresses like the suite's: JSON, a picture, a text, a page, a file that is compressed already.
    private static let data: [(opcode: WebSocketOpcode, bytes: [UInt8])] = {
        var generator = SeededGenerator(seed: 12)
        let json = (0..<2_000).map { #"{"ts":17\#($0 &* 977),"temperature":\#($0 % 90).5,"running":true}"# }
        let picture = (0..<70_000).map {
            UInt8(truncatingIfNeeded: ($0 / 512) &* 3 &+ Int.random(in: 0...7, using: &generator))
        }
        let text = (0..<12_000).map { _ in
            ["Habe", "nun", "ach", "Philosophie", "Juristerei", "und", "Medizin"].randomElement(using: &generator) ?? ""
        }
        let page = (0..<1_500).map { "<tr class=\"row\"><td>\($0)</td><td>äöü 𝄞</td></tr>" }
        let noise = (0..<70_000).map { _ in UInt8.random(in: 0...255, using: &generator) }
        return [
            (.text, Array(json.joined(separator: ",").utf8)), (.binary, picture),
            (.binary, Array(text.joined(separator: " ").utf8)), (.text, Array(page.joined().utf8)), (.binary, noise),
        ]
    }()

    private static let deflater = MessageDeflater(minimumLength: 0, contexts: 1)

    /// The frames of a compressed message; RSV1 in the first one only.
    static func frames(_ opcode: WebSocketOpcode, _ payload: [UInt8], fragment: Int = 0) -> [[UInt8]] {
        let frames = AutobahnLimitTests.fragments(opcode, payload, of: fragment == 0 ? max(1, payload.count) : fragment)
        return [frames[0].reserved(4)] + frames.dropFirst()
    }

    private static func message(_ kind: Int, _ length: Int) -> (opcode: WebSocketOpcode, bytes: [UInt8]) {
        let (opcode, bytes) = data[kind]
        var end = length
        // Not inside of a character.
        while opcode == .text, end < bytes.count, bytes[end] & 0xC0 == 0x80 { end += 1 }
        return (opcode, Array(bytes[..<min(end, bytes.count)]))
    }

    @Test(arguments: 0..<5, 0..<sizes.count) func messagesComeBack(kind: Int, size: Int) throws {
        let (length, fragment) = Self.sizes[size]
        let (opcode, bytes) = Self.message(kind, length)
        let expected: WebSocketOutcome =
            opcode == .text ? .text(String(decoding: bytes, as: UTF8.self)) : .binary(bytes)
        let compressed = Self.deflater.deflate(ByteBuffer(bytes: bytes)).map { Array($0.readableBytesView) }
        // Noise is sent as it is, and so is what is too short.
        if kind == 4 { #expect(compressed == nil) } else if length >= 256 { #expect(compressed != nil) }
        let frames =
            compressed.map { Self.frames(opcode, $0, fragment: fragment) }
            ?? AutobahnLimitTests.fragments(opcode, bytes, of: fragment == 0 ? bytes.count : fragment)
        var item = AutobahnCase("12.\(kind + 1).\(size + 1)", frames + frames, [expected, expected])
        item.isDeflated = true
        item.verify()
    }

    /// The seven offers, and what is answered: no context is ever taken over, a window is kept to.
    @Test(arguments: [
        ("permessage-deflate", 15),
        ("permessage-deflate; server_no_context_takeover", 15),
        ("permessage-deflate; server_max_window_bits=9", 9),
        ("permessage-deflate; server_max_window_bits=15", 15),
        ("permessage-deflate; server_no_context_takeover; server_max_window_bits=9", 9),
        ("permessage-deflate; server_no_context_takeover; server_max_window_bits=15", 15),
        (
            "permessage-deflate; server_no_context_takeover; server_max_window_bits=9, "
                + "permessage-deflate; server_no_context_takeover, permessage-deflate", 9
        ),
    ])
    func offers(offer: String, window: Int) throws {
        let agreed = try #require(PerMessageDeflate(accepting: try WebSocketExtension.list(offer)))
        #expect(agreed.serverWindowBits == window)
        let confirmed = offer.contains("max_window_bits") ? "; server_max_window_bits=\(window)" : ""
        #expect(
            agreed.answer == "permessage-deflate; server_no_context_takeover; client_no_context_takeover\(confirmed)"
        )
        for (length, fragment) in Self.sizes {
            let (opcode, bytes) = Self.message(0, length)
            let compressed = Self.deflater.deflate(ByteBuffer(bytes: bytes), windowBits: agreed.serverWindowBits)
            // What does not fit into the window is sent as it is.
            if bytes.count > 1 << window, window < 15 { #expect(compressed == nil) }
            guard let compressed else { continue }
            var item = AutobahnCase(
                offer,
                Self.frames(opcode, Array(compressed.readableBytesView), fragment: fragment),
                [.text(String(decoding: bytes, as: UTF8.self))]
            )
            item.isDeflated = true
            item.verify()
        }
    }
}
