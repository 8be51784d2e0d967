import HTTPWire
import Testing

/// Sections 1 to 4 of the Autobahn test suite: lengths, pings and pongs, reserved bits, opcodes.
@Suite struct AutobahnFramingTests {
    private static let lengths = [0, 125, 126, 127, 128, 65_535, 65_536, 65_536]
    private static let hello = "Hello, world!"
    private static let octets: [UInt8] = [0x00, 0xFF, 0xFE, 0xFD, 0xFC, 0xFB, 0x00, 0xFF]

    static let framing: [AutobahnCase] =
        lengths.enumerated().map { index, length in
            let text = String(repeating: "*", count: length)
            return AutobahnCase("1.1.\(index + 1)", [frame(.text, text)], [.text(text)])
        }
        + lengths.enumerated().map { index, length in
            let bytes = [UInt8](repeating: 0xFE, count: length)
            return AutobahnCase("1.2.\(index + 1)", [frame(.binary, bytes)], [.binary(bytes)])
        }

    static let pings: [AutobahnCase] = {
        let long = [UInt8](repeating: 0xFE, count: 125)
        let ten = (0..<10).map { "payload-\($0)" }
        return [
            AutobahnCase("2.1", [frame(.ping)], [.ping("")]),
            AutobahnCase("2.2", [frame(.ping, hello)], [.ping(hello)]),
            AutobahnCase("2.3", [frame(.ping, octets)], [.ping(octets)]),
            AutobahnCase("2.4", [frame(.ping, long)], [.ping(long)]),
            AutobahnCase("2.5", [frame(.ping, long + [0xFE])], refused: .invalidControlFrame),
            AutobahnCase("2.6", [frame(.ping, long)], [.ping(long)]),
            AutobahnCase("2.7", [frame(.pong)], [.pong("")]),
            AutobahnCase("2.8", [frame(.pong, "unasked")], [.pong("unasked")]),
            AutobahnCase("2.9", [frame(.pong, "unasked"), frame(.ping, "asked")], [.pong("unasked"), .ping("asked")]),
            AutobahnCase("2.10", ten.map { frame(.ping, $0) }, ten.map { .ping($0) }),
            AutobahnCase("2.11", ten.map { frame(.ping, $0) }, ten.map { .ping($0) }),
        ]
    }()

    static let reservedBits: [AutobahnCase] =
        [AutobahnCase("3.1", [frame(.text, hello).reserved(1)], refused: .reservedBit)]
        + (2...4).map { bits in
            AutobahnCase(
                "3.\(bits)",
                [frame(.text, hello), frame(.text, hello).reserved(bits), frame(.ping)],
                refused: .reservedBit,
                after: [.text(hello)]
            )
        } + [
            AutobahnCase("3.5", [frame(.binary, octets).reserved(5)], refused: .reservedBit),
            AutobahnCase("3.6", [frame(.ping, hello).reserved(6)], refused: .reservedBit),
            AutobahnCase("3.7", [frame(.close).reserved(7)], refused: .reservedBit),
        ]

    static let opcodes: [AutobahnCase] = [(1, 3), (2, 11)].flatMap { group, first in
        (0..<5).map { index in
            let unknown = (index % 2 == 0 ? frame(.binary) : frame(.binary, hello)).opcode(UInt8(first + index))
            let number = "4.\(group).\(index + 1)"
            if index < 2 { return AutobahnCase(number, [unknown], refused: .unknownOpcode) }
            let frames = [frame(.text, hello), unknown, frame(.ping)]
            return AutobahnCase(number, frames, refused: .unknownOpcode, after: [.text(hello)])
        }
    }

    @Test(arguments: framing) func verifyFraming(_ item: AutobahnCase) { item.verify() }
    @Test(arguments: pings) func verifyPings(_ item: AutobahnCase) { item.verify() }
    @Test(arguments: reservedBits) func verifyReservedBits(_ item: AutobahnCase) { item.verify() }
    @Test(arguments: opcodes) func verifyOpcodes(_ item: AutobahnCase) { item.verify() }

    @Test func allErrorsOfTheseSectionsCloseWith1002() {
        let errors: [WebSocketError] = [
            .reservedBit, .unknownOpcode, .invalidControlFrame, .unexpectedFragment, .invalidLength, .wrongMasking,
            .invalidCloseFrame,
        ]
        #expect(errors.allSatisfy { $0.closeCode == .protocolError })
    }
}
