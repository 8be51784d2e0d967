import HTTPWire
import Testing

/// Sections 9 and 10 of the Autobahn test suite: large messages and many of them, here smaller; and our own limits.
@Suite struct AutobahnLimitTests {
    private static let size = 16 * 1_024

    /// A message in fragments of so many bytes.
    static func fragments(_ opcode: WebSocketOpcode, _ bytes: [UInt8], of size: Int) -> [[UInt8]] {
        let pieces = bytes.isEmpty ? [[]] : bytes.cut(size)
        return pieces.enumerated().map { index, piece in
            frame(index == 0 ? opcode : .continuation, piece, final: index == pieces.count - 1)
        }
    }

    // 9.1 and 9.2: one frame; 64 KiB to 16 MiB there.
    static let large: [AutobahnCase] = [65_536, 262_144, 1_048_576].enumerated().flatMap { index, length in
        let text = String(repeating: "BAsd7&jh23", count: length / 10)
        let bytes = [UInt8](repeating: 0xFE, count: length)
        return [
            AutobahnCase("9.1.\(index + 1)", [frame(.text, text)], [.text(text)]),
            AutobahnCase("9.2.\(index + 1)", [frame(.binary, bytes)], [.binary(bytes)]),
        ]
    }

    // 9.3 and 9.4: fragments of growing size; 4 MiB there.
    static let fragmented: [AutobahnCase] = [64, 256, 1_024, 4_096, size].enumerated().flatMap { index, fragment in
        let text = String(repeating: "*", count: size)
        let bytes = [UInt8](repeating: 0xFE, count: size)
        return [
            AutobahnCase("9.3.\(index + 1)", fragments(.text, Array(text.utf8), of: fragment), [.text(text)]),
            AutobahnCase("9.4.\(index + 1)", fragments(.binary, bytes, of: fragment), [.binary(bytes)]),
        ]
    }

    // 9.7 and 9.8: a thousand messages of a size.
    static let many: [AutobahnCase] = [0, 16, 64, 256].enumerated().flatMap { index, length in
        let text = String(repeating: "*", count: length)
        let bytes = [UInt8](repeating: 0xFE, count: length)
        let count = 200
        return [
            AutobahnCase(
                "9.7.\(index + 1)",
                Array(repeating: frame(.text, text), count: count),
                Array(repeating: .text(text), count: count)
            ),
            AutobahnCase(
                "9.8.\(index + 1)",
                Array(repeating: frame(.binary, bytes), count: count),
                Array(repeating: .binary(bytes), count: count)
            ),
        ]
    }

    @Test(arguments: large) func verifyLarge(_ item: AutobahnCase) { item.verify() }
    @Test(arguments: fragmented) func verifyFragmented(_ item: AutobahnCase) { item.verify() }
    @Test(arguments: many) func verifyMany(_ item: AutobahnCase) { item.verify() }

    // 9.5 and 9.6: one frame in chops.
    @Test(arguments: [64, 128, 256, 512, 1_024, 2_048]) func chops(size: Int) {
        let bytes = (0..<100_000).map { UInt8(truncatingIfNeeded: $0 &* 13) }
        var decoder = WebSocketDecoder(role: .server)
        let outcome = frame(.binary, bytes).cut(size).flatMap { decoder.outcome(of: $0) }
        #expect(outcome == [.binary(bytes)])
    }

    // 10.1.1.
    @Test func fragmentsOf1300() {
        let text = String(repeating: "*", count: 65_536)
        AutobahnCase("10.1.1", Self.fragments(.text, Array(text.utf8), of: 1_300), [.text(text)]).verify()
    }

    @Test func theMessageLimitCountsAllFragments() {
        var item = AutobahnCase("message", Self.fragments(.text, [UInt8](repeating: 0x61, count: 11), of: 4), [])
        item.limits.message = 11
        item.with([.text("aaaaaaaaaaa")]).verify()
        item.limits.message = 10
        item = item.with([.error(.messageTooBig)])
        item.verify()
        #expect(WebSocketError.messageTooBig.closeCode == .messageTooBig)
    }

    @Test func theHeaderAloneIsRefusedAndReservesNothing() {
        var decoder = WebSocketDecoder(role: .server)
        // 2^62 bytes are announced; the masking key has not come yet.
        #expect(decoder.outcome(of: [0x82, 0xFF, 0x40, 0, 0, 0, 0, 0, 0, 0]) == [.error(.messageTooBig)])
        var limits = WebSocketLimits()
        limits.message = .max
        decoder = WebSocketDecoder(role: .server, limits: limits)
        #expect(decoder.outcome(of: [0x82, 0xFF, 0x7F] + [UInt8](repeating: 0xFF, count: 7) + [0, 0, 0, 0, 1]) == [])
        #expect(decoder.outcome(of: [1, 2, 3]) == [])
    }

    @Test func fragmentsHaveLimitsOfTheirOwn() {
        var limits = WebSocketLimits()
        limits.fragments = 3
        limits.minimumFragment = 4
        var item = AutobahnCase("fragments", Self.fragments(.binary, [1, 2, 3, 4, 5, 6, 7, 8, 9], of: 4), [])
        item.limits = limits
        item.with([.binary([1, 2, 3, 4, 5, 6, 7, 8, 9])]).verify()
        var small = AutobahnCase("small", Self.fragments(.binary, [1, 2, 3, 4, 5, 6, 7], of: 3), [])
        small.limits = limits
        small.with([.error(.fragmentTooSmall)]).verify()
        var many = AutobahnCase("many", Self.fragments(.binary, [UInt8](repeating: 0, count: 13), of: 4), [])
        many.limits = limits
        many.with([.error(.tooManyFragments)]).verify()
        #expect(WebSocketError.tooManyFragments.closeCode == .policyViolation)
        #expect(WebSocketError.fragmentTooSmall.closeCode == .policyViolation)
    }
}

extension AutobahnCase {
    func with(_ outcome: [WebSocketOutcome]) -> AutobahnCase {
        var item = AutobahnCase(number, frames, outcome)
        item.limits = limits
        item.isDeflated = isDeflated
        return item
    }
}
