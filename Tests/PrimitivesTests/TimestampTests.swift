import Foundation
import Primitives
import Testing

@Suite struct TimestampTests {
    @Test(arguments: [
        ("1970-01-01T00:00:00.000Z", 0), ("2000-01-01T00:00:00.000Z", 946_684_800_000),
        ("2026-11-22T15:54:07.123Z", 1_795_362_847_123), ("2000-02-29T23:59:59.999Z", 951_868_799_999),
        ("1969-12-31T23:59:59.999Z", -1),
    ]) func readsAndWritesMilliseconds(text: String, milliseconds: Int) {
        #expect(Timestamp(rfc3339: text)?.milliseconds == Int64(milliseconds))
        #expect(Timestamp(milliseconds: Int64(milliseconds)).rfc3339 == text)
    }

    @Test(arguments: [
        ("2026-11-22T16:54:07+01:00", "2026-11-22T15:54:07.000Z"),
        ("2026-11-22t15:54:07.5z", "2026-11-22T15:54:07.500Z"),
        ("2026-11-22 15:54:07.123456789Z", "2026-11-22T15:54:07.123Z"),
        ("2016-12-31T23:59:60Z", "2017-01-01T00:00:00.000Z"),
    ]) func readsOtherForms(text: String, canonical: String) {
        #expect(Timestamp(rfc3339: text)?.rfc3339 == canonical)
    }

    @Test(arguments: [
        "", "2026-11-22", "2026-13-01T00:00:00Z", "2026-02-29T00:00:00Z", "2026-11-22T24:00:00Z", "2026-11-22T15:54:07",
        "2026-11-22T15:54:07.Z", "2026-11-22T15:54:07.1234567890Z", "2026-11-22T15:54:07+25:00", "+026-11-22T15:54:07Z",
        "2026-11-22T15:54:07Zx", "２026-11-22T15:54:07Z",
    ]) func refusesOtherTexts(text: String) {
        #expect(Timestamp(rfc3339: text) == nil)
    }

    @Test func agreesWithFoundationOnRandomTimes() {
        var generator = SystemRandomNumberGenerator()
        let format = Date.ISO8601FormatStyle()
        for _ in 0..<2_000 {
            let seconds = Int64.random(in: -2_000_000_000...4_000_000_000, using: &generator)
            let theirs = Date(timeIntervalSince1970: Double(seconds)).formatted(format)
            #expect(Timestamp(milliseconds: seconds * 1_000).rfc3339 == theirs.replacing("Z", with: ".000Z"))
        }
    }

    @Test func findsMonths() throws {
        let time = try #require(Timestamp(rfc3339: "2026-12-31T23:59:59.999Z"))
        #expect(time.startOfMonth().rfc3339 == "2026-12-01T00:00:00.000Z")
        #expect(time.startOfMonth(addingMonths: 1).rfc3339 == "2027-01-01T00:00:00.000Z")
        #expect(time.startOfMonth(addingMonths: -12).rfc3339 == "2025-12-01T00:00:00.000Z")
    }
}

@Suite struct DurationTests {
    @Test(arguments: [
        ("PT0S", 0), ("PT1M30S", 90_000), ("P1DT2H", 93_600_000), ("PT0.25S", 250), ("P2W", 1_209_600_000),
    ])
    func reads(text: String, milliseconds: Int) {
        #expect(ISODuration(text)?.milliseconds == Int64(milliseconds))
    }

    @Test(arguments: ["", "P", "PT", "1M", "P1M", "P1Y", "PT1X", "PT-1S", "P1DT", "PT1S1M", "P9999999D"])
    func refuses(text: String) {
        #expect(ISODuration(text) == nil)
    }

    @Test func writesWhatItReads() {
        for milliseconds in [0, 1, 999, 1_000, 61_500, 86_400_000, 90_061_001] as [Int64] {
            let duration = ISODuration(milliseconds: milliseconds)
            #expect(ISODuration(duration.text) == duration)
        }
    }
}

@Suite struct IdentifierTests {
    @Test func version7CarriesTimeAndVersion() {
        var generator = SystemRandomNumberGenerator()
        let time = Timestamp(milliseconds: 0x0123_4567_89AB)
        let text = UUID(version7At: time, using: &generator).uuidString
        #expect(text.hasPrefix("01234567-89AB-7"))
        #expect("89AB".contains(text[text.index(text.startIndex, offsetBy: 19)]))
    }

    @Test(arguments: ["a", "0", "pump-7", String(repeating: "a", count: 63)]) func acceptsKeys(text: String) {
        #expect(ResourceKey(text)?.text == text)
    }

    @Test(arguments: ["", "-a", "A", "a_b", "é", "a b", String(repeating: "a", count: 64)])
    func refusesKeys(text: String) {
        #expect(ResourceKey(text) == nil)
    }
}
