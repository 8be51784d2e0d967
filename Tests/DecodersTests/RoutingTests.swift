import Primitives
import SeededRandom
import Testing

@testable import Decoders

@Suite struct TopicFilterTests {
    private func tree(_ filters: [String]) throws -> TopicFilterTree<String> {
        var tree = TopicFilterTree<String>()
        for filter in filters { tree.insert(try TopicFilter(filter), filter) }
        return tree
    }

    /// MQTT 5.0 section 4.7.1, and the order of ours.
    @Test(arguments: [
        ("sport/tennis/player1", "sport/tennis/player1/#"), ("sport/tennis/player1/score", "sport/tennis/player1/#"),
        ("sport", "sport/#"), ("sport/", "sport/#"), ("finance", "+"), ("/finance", "/+"), ("a/b/c", "a/b/#"),
        ("a/x/c", "a/+/c"),
        ("a/x/d", "#"), ("$SYS/broker", nil), ("$SYS/monitor/Clients", "$SYS/monitor/+"), ("a/b", "a/b/#"), ("", "+"),
    ])
    func findsTheMostSpecific(topic: String, filter: String?) throws {
        let filters = ["sport/tennis/player1/#", "sport/#", "#", "+", "/+", "a/b/#", "a/+/c", "$SYS/monitor/+"]
        #expect(try tree(filters).match(topic) == filter)
        #expect(try tree(filters.reversed()).match(topic) == filter)
    }

    @Test func comesBackFromDeadEnds() throws {
        #expect(try tree(["a/b/x", "a/+/c", "+/b/c/d"]).match("a/b/c") == "a/+/c")
        #expect(try tree(["a/b/x", "a/+/c", "+/b/c/d"]).match("a/b/c/d") == "+/b/c/d")
        #expect(try tree([]).match("a") == nil)
    }

    @Test(arguments: ["", "a/#/b", "a#", "a/b#", "+a", "a/+b/c", "$share/g/a", "$share", "a\0b", "#/"])
    func refuses(filter: String) {
        #expect(throws: InvalidInput.self) { try TopicFilter(filter) }
    }

    /// The tree gives what the rules say, level by level, for random filters and topics.
    @Test func agreesWithTheRules() throws {
        var generator = SeededGenerator(seed: 47)
        let words = ["a", "b", "", "$x", "+", "#"]
        for _ in 0..<400 {
            var filters: [TopicFilter] = []
            while filters.count < 6 {
                let levels = (0..<Int.random(in: 1...4, using: &generator)).map { _ in
                    words.randomElement(using: &generator) ?? "a"
                }
                if let filter = try? TopicFilter(levels.joined(separator: "/")) { filters.append(filter) }
            }
            var tree = TopicFilterTree<String>()
            for filter in filters { tree.insert(filter, filter.text) }
            for _ in 0..<10 {
                let topic = (0..<Int.random(in: 1...4, using: &generator)).map { _ in
                    words.prefix(4).randomElement(using: &generator) ?? "a"
                }
                .joined(separator: "/")
                let expected = filters.filter { Self.matches($0.levels, TopicFilter.levels(of: topic)) }
                    .min { Self.rank($0) < Self.rank($1) }
                #expect(tree.match(topic) == expected?.text, "\(filters.map(\.text)) \(topic)")
            }
        }
    }

    private static func matches(_ filter: [String], _ topic: [String]) -> Bool {
        if topic[0].hasPrefix("$"), filter[0] == "+" || filter[0] == "#" { return false }
        for (index, level) in filter.enumerated() {
            if level == "#" { return topic.count >= index }
            guard index < topic.count, level == "+" || level == topic[index] else { return false }
        }
        return filter.count == topic.count
    }

    /// Names before `+` before `#`, and no `#` before one.
    private static func rank(_ filter: TopicFilter) -> String {
        filter.levels.map { $0 == "+" ? "1" : $0 == "#" ? "2" : "0" }.joined()
    }
}

@Suite struct DeviceTemplateTests {
    private let sample = Sample(fields: [
        Field("id", .text("m 7")), Field("n", .number(12)), Field("a.b", .text("x/y")), Field("f", .flag(true)),
    ])

    @Test(arguments: [
        ("${topic.2}", "b"), ("plant-${topic.1}-${payload.n}", "plant-a-12"), ("${payload.id}", "m 7"),
        ("fixed", "fixed"), ("${payload.a.b}", "x/y"),
        ("$5 {x}", "$5 {x}"),
    ])
    func names(template: String, name: String) throws {
        #expect(try DeviceTemplate(template).identifier(of: sample, topic: "a/b/c") == name)
    }

    @Test(arguments: ["${topic.9}", "${payload.none}", "${payload.f}"])
    func tellsWhatIsMissing(template: String) throws {
        let template = try DeviceTemplate(template)
        #expect(throws: DecodeFailure.self) { try template.identifier(of: sample, topic: "a/b/c") }
    }

    @Test(arguments: ["", "${", "${topic.0}", "${topic.x}", "${payload.}", "${device}", "a${topic.1"])
    func refuses(template: String) {
        #expect(throws: InvalidInput.self) { try DeviceTemplate(template) }
    }
}
