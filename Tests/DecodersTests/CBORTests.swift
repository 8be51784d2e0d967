import Testing

@testable import Decoders

/// The bytes of hexadecimal digits; blanks do not count.
func bytes(_ hexadecimal: String) -> [UInt8] {
    let digits = hexadecimal.filter { !$0.isWhitespace }
    var result: [UInt8] = []
    var start = digits.startIndex
    while start < digits.endIndex {
        let end = digits.index(start, offsetBy: 2)
        result.append(UInt8(digits[start..<end], radix: 16) ?? 0)
        start = end
    }
    return result
}

/// The examples of RFC 8949 appendix A and F.
@Suite struct CBORTests {
    @Test(arguments: [
        ("00", CBORValue.unsigned(0)), ("17", .unsigned(23)), ("1818", .unsigned(24)), ("1903e8", .unsigned(1_000)),
        ("1a000f4240", .unsigned(1_000_000)), ("1bffffffffffffffff", .unsigned(.max)), ("20", .negative(0)),
        ("3bffffffffffffffff", .negative(.max)), ("f90000", .float(0)), ("f93c00", .float(1)),
        ("f97bff", .float(65_504)),
        ("fa47c35000", .float(100_000)), ("fbc010666666666666", .float(-4.1)), ("f97c00", .float(.infinity)),
        ("f90001", .float(5.960464477539063e-8)), ("f4", .bool(false)), ("f5", .bool(true)), ("f6", .null),
        ("f7", .undefined), ("f0", .simple(16)), ("f8ff", .simple(255)), ("40", .bytes([])),
        ("4401020304", .bytes([1, 2, 3, 4])), ("60", .text("")), ("62c3bc", .text("ü")), ("64f0908591", .text("𐅑")),
        ("80", .array([])), ("83010203", .array([.unsigned(1), .unsigned(2), .unsigned(3)])), ("a0", .map([])),
        ("a201020304", .map([.init(.unsigned(1), .unsigned(2)), .init(.unsigned(3), .unsigned(4))])),
        ("c11a514b67b0", .tagged(1, .unsigned(1_363_896_240))), ("5f42010243030405ff", .bytes([1, 2, 3, 4, 5])),
        ("7f657374726561646d696e67ff", .text("streaming")), ("9fff", .array([])),
        (
            "9f018202039f0405ffff",
            .array([.unsigned(1), .array([.unsigned(2), .unsigned(3)]), .array([.unsigned(4), .unsigned(5)])])
        ),
        ("bf6346756ef563416d7421ff", .map([.init(.text("Fun"), .bool(true)), .init(.text("Amt"), .negative(1))])),
    ])
    func reads(hexadecimal: String, value: CBORValue) throws {
        #expect(try CBORReader.read(bytes(hexadecimal)) == value)
    }

    @Test(arguments: [
        "", "18", "19 00", "1b 00000000000000", "38", "62 41", "41", "82 00", "a1 00", "9f 00", "bf 00 00", "5f 41 00",
        "c0", "9b ffffffffffffffff", "5b 7fffffffffffffff 00", "bb 8000000000000000", "f8",
    ])
    func tellsWhatEndsTooEarly(hexadecimal: String) {
        #expect(throws: CBORError.self) { try CBORReader.read(bytes(hexadecimal)) }
        #expect(reason(hexadecimal) == .unexpectedEnd)
    }

    @Test(arguments: [
        "1c", "1d", "1e", "3c", "5c", "7d", "9e", "bc", "dc", "fc", "1f", "3f", "df", "ff", "82 00 ff", "a1 ff ff",
        "a1 00 ff", "bf 00 ff", "5f 00 ff", "5f 5f 41 00 ff ff", "7f 41 00 ff", "f8 00", "f8 1f",
    ])
    func tellsWhatIsMalformed(hexadecimal: String) {
        #expect(reason(hexadecimal) == .malformed)
    }

    @Test func isBounded() {
        let deep = String(repeating: "81", count: 17) + "00"
        #expect(reason(deep) == .tooDeep)
        #expect(reason(String(repeating: "c1", count: 17) + "00") == .tooDeep)
        #expect(throws: CBORError(reason: .tooMany, offset: 3)) {
            try CBORReader.read(bytes("83 00 00 00"), maximumItems: 3)
        }
        #expect(reason("0000") == .trailingBytes)
        #expect(reason("61ff") == .badUTF8)
        #expect(reason("7f 61c3 61bc ff") == .badUTF8)
    }

    @Test func readsNumbersOfEveryKind() throws {
        let numbers: [(String, Double?)] = [
            ("c249010000000000000000", 18_446_744_073_709_551_616),
            ("c349010000000000000000", -18_446_744_073_709_551_616),
            ("c48221196ab3", 273.15), ("c4823b7fffffffffffffff01", nil), ("c482191fff01", nil), ("f97e00", nil),
            ("f4", nil),
            ("3903e7", -1_000),
        ]
        for (hexadecimal, number) in numbers {
            #expect(try CBORReader.read(bytes(hexadecimal)).number == number, "\(hexadecimal)")
        }
    }

    private func reason(_ hexadecimal: String) -> CBORError.Reason? {
        do {
            _ = try CBORReader.read(bytes(hexadecimal))
            return nil
        } catch {
            return error.reason
        }
    }
}
