import HTTPWire
import SeededRandom
import Testing

@Suite struct EntityTagTests {
    @Test(arguments: [
        ("\"a\"", "a", false), ("W/\"a\"", "a", true), ("\"\"", "", false), ("\"a,b\"", "a,b", false),
        ("\"ü\"", "ü", false),
    ])
    func reads(text: String, opaque: String, isWeak: Bool) throws {
        let tag = try #require(EntityTag(parsing: text))
        #expect(tag.opaque == opaque && tag.isWeak == isWeak && tag.text == text)
    }

    @Test(arguments: ["a", "\"a", "a\"", "w/\"a\"", "W/a", "\"a b\"", "\"a\"b\"", "\"", "", "\"\u{7F}\"", "W/ \"a\""])
    func refuses(text: String) {
        #expect(EntityTag(parsing: text) == nil)
    }

    @Test("The comparison table of RFC 9110 section 8.8.3.2")
    func compares() throws {
        func tag(_ text: String) throws -> EntityTag { try #require(EntityTag(parsing: text)) }
        for (left, right, strong, weak) in [
            ("W/\"1\"", "W/\"1\"", false, true), ("W/\"1\"", "W/\"2\"", false, false),
            ("W/\"1\"", "\"1\"", false, true), ("\"1\"", "\"1\"", true, true),
        ] {
            #expect(try tag(left).matchesStrongly(tag(right)) == strong)
            #expect(try tag(right).matchesStrongly(tag(left)) == strong)
            #expect(try tag(left).matchesWeakly(tag(right)) == weak)
        }
    }

    @Test func readsConditions() throws {
        func tags(_ text: String) -> [String]? {
            guard case .tags(let tags) = EntityTagCondition(parsing: text) else { return nil }
            return tags.map(\.text)
        }
        #expect(EntityTagCondition(parsing: "*") == .any)
        #expect(EntityTagCondition(parsing: " * ") == .any)
        #expect(tags("\"a\"") == ["\"a\""])
        #expect(tags("\"a\", W/\"b\" ,\"c,d\"") == ["\"a\"", "W/\"b\"", "\"c,d\""])
        #expect(tags(", \"a\",, \"b\",") == ["\"a\"", "\"b\""])
        for broken in ["", ",", "a", "\"a\" \"b\"", "\"a\", *", "*, \"a\"", "\"a", "w/\"a\"", "\"a\";x"] {
            #expect(EntityTagCondition(parsing: broken) == nil, "\(broken)")
        }
    }
}

@Suite struct HTTPDateParsingTests {
    private static let now: Int64 = 1_795_000_000

    @Test("The three forms of RFC 9110 section 5.6.7")
    func readsAllForms() {
        for text in [
            "Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994",
        ] {
            #expect(HTTPDate.seconds(parsing: text, now: Self.now) == 784_111_777, "\(text)")
        }
    }

    @Test func readsWhatItWrites() {
        var generator = SeededGenerator(seed: 11)
        for _ in 0..<2_000 {
            let seconds = Int64.random(in: -30_000_000_000...100_000_000_000, using: &generator)
            let text = HTTPDate.text(secondsSince1970: seconds)
            #expect(HTTPDate.seconds(parsing: text, now: Self.now) == seconds, "\(text)")
        }
    }

    @Test func shortYearsAreNear() {
        let near = HTTPDate.seconds(parsing: "Sunday, 06-Nov-70 08:49:37 GMT", now: Self.now)
        #expect(near.map { HTTPDate.text(secondsSince1970: $0).contains(" 2070 ") } == true)
        let far = HTTPDate.seconds(parsing: "Sunday, 06-Nov-80 08:49:37 GMT", now: Self.now)
        #expect(far.map { HTTPDate.text(secondsSince1970: $0).contains(" 1980 ") } == true)
    }

    @Test(arguments: [
        "", "yesterday", "Sun, 06 Nov 1994 08:49:37", "Sun, 06 Nov 1994 08:49:37 UTC", "Sun, 32 Nov 1994 08:49:37 GMT",
        "Sun, 29 Feb 2023 08:49:37 GMT", "Sun, 06 Nov 1994 24:00:00 GMT", "Sun, 06 Nov 1994 08:60:00 GMT",
        "Sun, 6 Nov 1994 08:49:37 GMT", "Xyz, 06 Nov 1994 08:49:37 GMT", "Sun, 06 Nov 94 08:49:37 GMT",
        "Sun, 06 nov 1994 08:49:37 GMT", "Sun, 06 Nov 1994 8:49:37 GMT", "Sun, 00 Nov 1994 08:49:37 GMT",
        "Sun, 06 Nov 1994 08:49:37 GMT, Sun, 06 Nov 1994 08:49:37 GMT", "784111777", "Sun, 06 Nov -994 08:49:37 GMT",
    ])
    func refuses(text: String) {
        #expect(HTTPDate.seconds(parsing: text, now: Self.now) == nil)
    }
}
