import HTTPWire
import Testing

/// Section 7 of the Autobahn test suite: close frames.
@Suite struct AutobahnCloseTests {
    private static let long = String(repeating: "BAsd7&jh23", count: 256 * 1_024 / 10)

    static let order: [AutobahnCase] = [
        AutobahnCase("7.1.1", [frame(.text, "Hello"), closeFrame(1_000)], [.text("Hello"), .close(1_000)]),
        AutobahnCase("7.1.2", [closeFrame(1_000), frame(.close)], [.close(1_000)]),
        AutobahnCase("7.1.3", [closeFrame(1_000), frame(.ping)], [.close(1_000)]),
        AutobahnCase("7.1.4", [closeFrame(1_000), frame(.text, "Hello")], [.close(1_000)]),
        AutobahnCase(
            "7.1.5",
            [frame(.text, "fragment1", final: false), closeFrame(1_000), frame(.continuation, "fragment2")],
            [.close(1_000)]
        ),
        AutobahnCase(
            "7.1.6",
            [frame(.text, long), frame(.text, "Hello"), closeFrame(1_000), frame(.ping)],
            [.text(long), .text("Hello"), .close(1_000)]
        ),
    ]

    static let payloads: [AutobahnCase] = {
        let longest = String(repeating: "*", count: 123)
        let invalid: [UInt8] = Array("κόσμε".utf8) + [0xED, 0xA0, 0x80] + Array("edited".utf8)
        return [
            AutobahnCase("7.3.1", [frame(.close)], [.event(.close(nil, reason: ""))]),
            AutobahnCase("7.3.2", [frame(.close, "a")], refused: .invalidCloseFrame),
            AutobahnCase("7.3.3", [closeFrame(1_000)], [.close(1_000)]),
            AutobahnCase("7.3.4", [closeFrame(1_000, Array("Hello".utf8))], [.close(1_000, "Hello")]),
            AutobahnCase("7.3.5", [closeFrame(1_000, Array(longest.utf8))], [.close(1_000, longest)]),
            AutobahnCase("7.3.6", [closeFrame(1_000, Array(longest.utf8) + [0x2A])], refused: .invalidControlFrame),
            AutobahnCase("7.5.1", [closeFrame(1_000, invalid)], refused: .invalidUTF8),
        ]
    }()

    static let codes: [AutobahnCase] =
        [1_000, 1_001, 1_002, 1_003, 1_007, 1_008, 1_009, 1_010, 1_011, 3_000, 3_999, 4_000, 4_999]
        .enumerated().map { AutobahnCase("7.7.\($0 + 1)", [closeFrame($1)], [.close($1)]) }
        + [0, 999, 1_004, 1_005, 1_006, 1_016, 1_100, 2_000, 2_999]
        .enumerated().map { AutobahnCase("7.9.\($0 + 1)", [closeFrame($1)], refused: .invalidCloseFrame) }
        + [5_000, 65_535]
        .enumerated().map { AutobahnCase("7.13.\($0 + 1)", [closeFrame($1)], refused: .invalidCloseFrame) }

    @Test(arguments: order) func verifyOrder(_ item: AutobahnCase) { item.verify() }
    @Test(arguments: payloads) func verifyPayloads(_ item: AutobahnCase) { item.verify() }
    @Test(arguments: codes) func verifyCodes(_ item: AutobahnCase) { item.verify() }

    @Test func nothingIsReadAfterAClose() {
        var decoder = WebSocketDecoder(role: .server)
        #expect(decoder.outcome(of: closeFrame(1_000)) == [.close(1_000)])
        // Not even what would be an error.
        #expect(decoder.outcome(of: [0xFF, 0xFF, 0xFF]) == [])
    }
}
