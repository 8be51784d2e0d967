import HTTPWire
import Testing

/// Section 6 of the Autobahn test suite: UTF-8, valid and not, whole and in pieces.
@Suite struct AutobahnUTF8Tests {
    /// “κόσμε”, then something impossible, then “edited”.
    private static let before: [UInt8] = Array(UTF8Sequences.kosme.utf8)
    private static let surrogate: [UInt8] = [0xED, 0xA0, 0x80]
    private static let tooHigh: [UInt8] = [0xF4, 0x90, 0x80, 0x80]
    private static let after: [UInt8] = Array("edited".utf8)

    private static func octets(_ bytes: [UInt8]) -> [[UInt8]] {
        bytes.enumerated().map { index, byte in
            frame(index == 0 ? .text : .continuation, [byte], final: index == bytes.count - 1)
        }
    }

    private static func empty(_ middle: String) -> [[UInt8]] {
        [frame(.text, "", final: false), frame(.continuation, middle, final: false), frame(.continuation, "")]
    }

    static let plain: [AutobahnCase] = {
        let text = "Hello-µ@ßöäüàá-UTF-8!!"
        let bytes = Array(text.utf8)
        let halves = [frame(.text, Array(bytes[..<12]), final: false), frame(.continuation, Array(bytes[12...]))]
        return [
            AutobahnCase("6.1.1", [frame(.text, "")], [.text("")]),
            AutobahnCase("6.1.2", empty(""), [.text("")]),
            AutobahnCase("6.1.3", empty("middle"), [.text("middle")]),
            AutobahnCase("6.2.1", [frame(.text, text)], [.text(text)]),
            AutobahnCase("6.2.2", halves, [.text(text)]),
            AutobahnCase("6.2.3", octets(bytes), [.text(text)]),
            AutobahnCase("6.2.4", octets(before), [.text(UTF8Sequences.kosme)]),
            AutobahnCase("6.3.1", [frame(.text, before + surrogate + after)], refused: .invalidUTF8),
            AutobahnCase("6.3.2", octets(before + surrogate + after), refused: .invalidUTF8),
        ]
    }()

    @Test(arguments: plain) func verifyPlain(_ item: AutobahnCase) { item.verify() }

    // 6.4.1 and 6.4.2: the second frame is refused, and does not wait for the third.
    @Test(arguments: [([UInt8](), tooHigh), (Array(tooHigh.prefix(1)), Array(tooHigh.dropFirst()))])
    func failsAtTheFrame(first: [UInt8], second: [UInt8]) {
        var decoder = WebSocketDecoder(role: .server)
        #expect(decoder.outcome(of: frame(.text, Self.before + first, final: false)) == [])
        #expect(decoder.outcome(of: frame(.continuation, second, final: false)) == [.error(.invalidUTF8)])
    }

    // 6.4.3 and 6.4.4: the same within one frame that has not arrived whole.
    @Test(arguments: [0, 1]) func failsInsideTheFrame(more: Int) {
        let payload = Self.before + Self.tooHigh + Self.after
        let bytes = frame(.text, payload)
        let valid = bytes.count - payload.count + Self.before.count + more
        var decoder = WebSocketDecoder(role: .server)
        #expect(decoder.outcome(of: Array(bytes[..<valid])) == [])
        #expect(decoder.outcome(of: Array(bytes[valid..<valid + 2 - more])) == [.error(.invalidUTF8)])
    }

    // 6.5 to 6.23.
    @Test(arguments: UTF8Sequences.all) func sequence(_ sequence: UTF8Sequences.Sequence) {
        let text = String(validating: sequence.bytes, as: UTF8.self)
        #expect((text != nil) == sequence.isValid, "the table itself")
        let outcome: WebSocketOutcome = text.map { .text($0) } ?? .error(.invalidUTF8)
        AutobahnCase(sequence.number, [frame(.text, sequence.bytes)], [outcome]).verify()
        AutobahnCase(sequence.number, Self.octets(sequence.bytes), [outcome]).verify()
    }

    /// The first byte that no valid text can have there, as the standard library sees it: no completion is valid.
    @Test(arguments: UTF8Sequences.all) func failsAtTheFirstImpossibleByte(_ sequence: UTF8Sequences.Sequence) {
        let impossible = (1...sequence.bytes.count).first { count in
            !UTF8Sequences.completions.contains { completion in
                String(validating: sequence.bytes.prefix(count) + completion, as: UTF8.self) != nil
            }
        }
        var decoder = WebSocketDecoder(role: .server)
        var failure: Int?
        // One byte more than there is, so that the frame is never whole.
        let bytes = frame(.text, sequence.bytes + [0x20])
        for (index, byte) in bytes.dropLast().enumerated() where failure == nil {
            if decoder.outcome(of: [byte]) == [.error(.invalidUTF8)] { failure = index + 1 - 6 }
        }
        #expect(failure == impossible, "\(sequence.number)")
    }
}

/// The sequences of Markus Kuhn's UTF-8 stress test, in the order and with the numbers of Autobahn's section 6.
enum UTF8Sequences {
    struct Sequence: Sendable, CustomTestStringConvertible {
        let number: String
        let isValid: Bool
        let bytes: [UInt8]
        var testDescription: String { number }
    }

    /// “κόσμε” in 11 bytes: the ό is U+1F79.
    static let kosme = "\u{3BA}\u{1F79}\u{3C3}\u{3BC}\u{3B5}"

    /// What can complete the beginning of a character.
    static let completions: [[UInt8]] = {
        let bytes: [UInt8] = [0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF]
        let two = bytes.flatMap { first in bytes.map { [first, $0] } }
        return [[]] + bytes.map { [$0] } + two + two.flatMap { start in bytes.map { start + [$0] } }
    }()

    static let all: [Sequence] = groups.enumerated().flatMap { index, group in
        group.enumerated().map { place, item in
            Sequence(number: "6.\(index + 5).\(place + 1)", isValid: item.0, bytes: item.1)
        }
    }

    private static let incomplete: [[UInt8]] = [
        [0xC0], [0xE0, 0x80], [0xF0, 0x80, 0x80], [0xF8, 0x80, 0x80, 0x80], [0xFC, 0x80, 0x80, 0x80, 0x80],
        [0xDF], [0xEF, 0xBF], [0xF7, 0xBF, 0xBF], [0xFB, 0xBF, 0xBF, 0xBF], [0xFD, 0xBF, 0xBF, 0xBF, 0xBF],
    ]

    private static let surrogates: [(UInt8, UInt8)] = [
        (0xA0, 0x80), (0xAD, 0xBF), (0xAE, 0x80), (0xAF, 0xBF), (0xB0, 0x80), (0xBE, 0x80), (0xBF, 0xBF),
    ]

    private static let groups: [[(Bool, [UInt8])]] = [
        // 6.5: valid texts.
        ["hello$world", "hello¢world", "hello€world", "hello𤭢world", kosme].map { (true, Array($0.utf8)) },
        // 6.6: all prefixes of one.
        (1...11).map { ([2, 5, 7, 9, 11].contains($0), Array(kosme.utf8.prefix($0))) },
        // 6.7 to 6.10: the first and the last character of each length, and lengths beyond four.
        [[0x00], [0xC2, 0x80], [0xE0, 0xA0, 0x80], [0xF0, 0x90, 0x80, 0x80]].map { (true, $0) },
        [[0xF8, 0x88, 0x80, 0x80, 0x80], [0xFC, 0x84, 0x80, 0x80, 0x80, 0x80]].map { (false, $0) },
        [[0x7F], [0xDF, 0xBF], [0xEF, 0xBF, 0xBF], [0xF4, 0x8F, 0xBF, 0xBF]].map { (true, $0) },
        [[0xF7, 0xBF, 0xBF, 0xBF], [0xFB, 0xBF, 0xBF, 0xBF, 0xBF], [0xFD, 0xBF, 0xBF, 0xBF, 0xBF, 0xBF]].map {
            (false, $0)
        },
        // 6.11: other boundaries.
        [
            (true, [0xED, 0x9F, 0xBF]), (true, [0xEE, 0x80, 0x80]), (true, [0xEF, 0xBF, 0xBD]),
            (true, [0xF4, 0x8F, 0xBF, 0xBF]), (false, [0xF4, 0x90, 0x80, 0x80]),
        ],
        // 6.12: continuations without a start.
        [[0x80], [0xBF]].map { (false, $0) }
            + (2...6).map { count in (false, (0..<count).map { $0 % 2 == 0 ? 0x80 : 0xBF }) }
            + [(false, Array(0x80...0xBE))],
        // 6.13: starts without a continuation.
        [0xC0..<0xDF, 0xE0..<0xEF, 0xF0..<0xF7, 0xF8..<0xFB, 0xFC..<0xFD].map { range in
            (false, range.flatMap { [$0, 0x20] })
        },
        // 6.14 and 6.15: the last continuation missing, alone and all together.
        incomplete.map { (false, $0) },
        [(false, incomplete.flatMap { $0 })],
        // 6.16: bytes that never occur.
        [[0xFE], [0xFF], [0xFE, 0xFE, 0xFF, 0xFF]].map { (false, $0) },
        // 6.17 to 6.19: overlong forms.
        [
            [0xC0, 0xAF], [0xE0, 0x80, 0xAF], [0xF0, 0x80, 0x80, 0xAF], [0xF8, 0x80, 0x80, 0x80, 0xAF],
            [0xFC, 0x80, 0x80, 0x80, 0x80, 0xAF],
        ].map { (false, $0) },
        [
            [0xC1, 0xBF], [0xE0, 0x9F, 0xBF], [0xF0, 0x8F, 0xBF, 0xBF], [0xF8, 0x87, 0xBF, 0xBF, 0xBF],
            [0xFC, 0x83, 0xBF, 0xBF, 0xBF, 0xBF],
        ].map { (false, $0) },
        [
            [0xC0, 0x80], [0xE0, 0x80, 0x80], [0xF0, 0x80, 0x80, 0x80], [0xF8, 0x80, 0x80, 0x80, 0x80],
            [0xFC, 0x80, 0x80, 0x80, 0x80, 0x80],
        ].map { (false, $0) },
        // 6.20 and 6.21: surrogates, single and in pairs.
        surrogates.map { (false, [0xED, $0.0, $0.1]) },
        surrogates.prefix(4).flatMap { high in
            [surrogates[4], surrogates[6]].map { (false, [0xED, high.0, high.1, 0xED, $0.0, $0.1]) }
        },
        // 6.22: characters that are none, but are valid; the last two of every plane that Autobahn takes.
        [[0xEF, 0xBF, 0xBE], [0xEF, 0xBF, 0xBF]].map { (true, $0) }
            + (0x1...0x10).flatMap { plane in
                [0xFFFE, 0xFFFF].map { low in (true, character(plane << 16 | low)) }
            },
        // 6.23: specials.
        (0xFFF9...0xFFFF).map { (true, character($0)) },
    ]

    private static func character(_ value: UInt32) -> [UInt8] {
        Unicode.Scalar(value).map { Array(String(Character($0)).utf8) } ?? []
    }
}
