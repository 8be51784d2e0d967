import HTTPWire
import Testing

/// Section 5 of the Autobahn test suite: fragments, and control frames among them.
@Suite struct AutobahnFragmentationTests {
    private static func begin(_ text: String) -> [UInt8] { frame(.text, text, final: false) }
    private static func middle(_ text: String) -> [UInt8] { frame(.continuation, text, final: false) }
    private static func end(_ text: String) -> [UInt8] { frame(.continuation, text) }

    static let controlFrames: [AutobahnCase] = [
        AutobahnCase("5.1", [frame(.ping, "a", final: false), end("b")], refused: .invalidControlFrame),
        AutobahnCase("5.2", [frame(.pong, "a", final: false), end("b")], refused: .invalidControlFrame),
    ]

    // 5.3 to 5.5 and 5.6 to 5.8 differ only in how the bytes are cut, which every case here tries.
    static let legal: [AutobahnCase] =
        (3...5).map { AutobahnCase("5.\($0)", [begin("one "), end("message")], [.text("one message")]) }
        + (6...8).map {
            AutobahnCase(
                "5.\($0)",
                [begin("one "), frame(.ping, "p"), end("message")],
                [.ping("p"), .text("one message")]
            )
        }
        + (19...20).map {
            AutobahnCase(
                "5.\($0)",
                [
                    begin("a"), middle("b"), frame(.ping, "p1"), middle("c"), middle("d"), frame(.ping, "p2"), end("e"),
                ],
                [.ping("p1"), .ping("p2"), .text("abcde")]
            )
        }

    static let nothingToContinue: [AutobahnCase] =
        (9...11).map { AutobahnCase("5.\($0)", [end("x"), frame(.text, "y")], refused: .unexpectedFragment) }
        + (12...14).map { AutobahnCase("5.\($0)", [middle("x"), frame(.text, "y")], refused: .unexpectedFragment) }
        + [
            AutobahnCase(
                "5.15",
                [begin("a"), end("b"), middle("c"), frame(.text, "d")],
                refused: .unexpectedFragment,
                after: [.text("ab")]
            ),
            AutobahnCase(
                "5.16",
                [middle("a"), begin("b"), end("c"), middle("a"), begin("b"), end("c")],
                refused: .unexpectedFragment
            ),
            AutobahnCase(
                "5.17",
                [end("a"), begin("b"), end("c"), end("a"), begin("b"), end("c")],
                refused: .unexpectedFragment
            ),
            AutobahnCase("5.18", [begin("a"), frame(.text, "b")], refused: .unexpectedFragment),
        ]

    @Test(arguments: controlFrames) func verifyControlFrames(_ item: AutobahnCase) { item.verify() }
    @Test(arguments: legal) func verifyLegal(_ item: AutobahnCase) { item.verify() }
    @Test(arguments: nothingToContinue) func verifyNothingToContinue(_ item: AutobahnCase) { item.verify() }

    @Test func pingsAreSeenBeforeTheMessageIsWhole() {
        var decoder = WebSocketDecoder(role: .server)
        #expect(decoder.outcome(of: Self.begin("a")) == [])
        #expect(decoder.outcome(of: frame(.ping, "p")) == [.ping("p")])
        #expect(decoder.outcome(of: Self.end("b")) == [.text("ab")])
    }

    @Test func aFragmentOutOfPlaceIsRefusedByItsHeader() {
        var decoder = WebSocketDecoder(role: .server)
        #expect(decoder.outcome(of: Array(Self.end("long").prefix(6))) == [.error(.unexpectedFragment)])
    }
}
