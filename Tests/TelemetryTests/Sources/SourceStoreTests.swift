import Assets
import Decoders
import Logging
import Primitives
import Synchronization
import Testing

@testable import Telemetry

@Suite struct SourceStoreTests {
    private static func issues(_ body: () async throws -> Void) async throws -> [String] {
        do {
            try await body()
            return []
        } catch let invalid as InvalidInput {
            return invalid.issues.map { "\($0.pointer) \($0.code)" }
        }
    }

    @Test func keepsWhatWasWritten() async throws {
        try await SourceWorkshop.with { shop in
            let document: JSONValue = [
                "name": "Hall", "topicFilter": "hall/+/#", "decoder": "json", "deviceKey": "x-${topic.2}",
                "fields": ["temperature": "t", "total": ["path": "e", "unit": "W.h", "expression": "value * 2"]],
                "options": ["items": "list", "timeFormat": "ms"], "compression": "auto", "enabled": false,
            ]
            let source = try await shop.put("hall", document)
            var expected = try #require(document.object)
            expected["key"] = "hall"
            for member in expected.members { #expect(source.json[member.name] == member.value) }
            #expect(source.revision == 1)
            #expect(try await shop.put("hall", document).revision == 1)
            #expect(shop.sources.filters.isEmpty)
            expected["enabled"] = true
            #expect(try await shop.put("hall", .object(expected)).revision == 2)
            #expect(shop.sources.filters == ["hall/+/#"])
            try await shop.sources.delete(key: try SourceWorkshop.key("hall"))
            #expect(shop.sources.sources.isEmpty && shop.sources.filters.isEmpty)
        }
    }

    /// What is wrong with a source, as JSON text, and the issues that are told.
    private static let faults: [(String, [String])] = [
        (#"{"decoder":"json"}"#, ["/topicFilter required"]),
        (#"{"topicFilter":"a/#/b","decoder":"json","deviceKey":"x"}"#, ["/topicFilter topic-filter"]),
        (#"{"topicFilter":"$share/g/a","decoder":"json","deviceKey":"x"}"#, ["/topicFilter topic-filter"]),
        (#"{"topicFilter":"plantwright/v1/+/telemetry","decoder":"json"}"#, ["/topicFilter reserved"]),
        (#"{"topicFilter":"a/b","decoder":"json"}"#, ["/deviceKey required"]),
        (#"{"topicFilter":"a/b","decoder":"json","deviceKey":"${nothing}"}"#, ["/deviceKey template"]),
        (#"{"topicFilter":"a/+","decoder":"xml"}"#, ["/decoder choice"]),
        (#"{"topicFilter":"a/+","decoder":"json","options":{"what":1}}"#, ["/options/what unknown-field"]),
        (#"{"topicFilter":"a/+","decoder":"json","compression":"lzma"}"#, ["/compression choice"]),
        (fields(#"{"path":"t","unit":"furlong"}"#), ["/fields/temperature/unit unknown-unit"]),
        (fields(#"{"path":"t","unit":"bar"}"#), ["/fields/temperature/unit unknown-conversion"]),
        (fields(#"{"path":"t","expression":"value *"}"#), ["/fields/temperature/expression syntax"]),
        (fields(#"{"path":"t","expression":"value > 3"}"#), ["/fields/temperature/expression type-mismatch"]),
        (fields(#"{"lat":"a","lon":"b"}"#), ["/fields/temperature type-mismatch"]),
        (fields(#"{"pat":"a"}"#), ["/fields/temperature/path required", "/fields/temperature/pat unknown-field"]),
        (fields("7"), ["/fields/temperature type"]),
    ]

    private static func fields(_ temperature: String) -> String {
        #"{"topicFilter":"a/+","decoder":"json","fields":{"temperature":\#(temperature)}}"#
    }

    @Test(arguments: faults.indices)
    func refusesWhatCannotWork(index: Int) async throws {
        let (text, expected) = Self.faults[index]
        let document = try JSONValue(parsing: text)
        try await SourceWorkshop.with { shop in
            let issues = try await Self.issues { try await shop.put("s", document) }
            #expect(issues == expected, "\(text)")
            #expect(shop.sources.sources.isEmpty)
        }
    }

    @Test func twoEnabledSourcesHaveDifferentFilters() async throws {
        try await SourceWorkshop.with { shop in
            try await shop.put("one", ["topicFilter": "a/+", "decoder": "json"])
            let second: JSONValue = ["topicFilter": "a/+", "decoder": "json"]
            let issues = try await Self.issues { try await shop.put("two", second) }
            #expect(issues == ["/topicFilter duplicate"])
            try await shop.put("two", ["topicFilter": "a/+", "decoder": "json", "enabled": false])
        }
    }

    @Test func theNativeSourceCannotBeChanged() async throws {
        try await SourceWorkshop.with { shop in
            await #expect(throws: ResourceFailure.self) {
                try await shop.put("native", ["topicFilter": "a/+", "decoder": "json"])
            }
            await #expect(throws: ResourceFailure.self) {
                try await shop.sources.delete(key: try SourceWorkshop.key("native"))
            }
        }
    }

    @Test func writesHonourConditions() async throws {
        try await SourceWorkshop.with { shop in
            let key = try SourceWorkshop.key("one")
            let document: JSONValue = ["topicFilter": "a/+", "decoder": "json"]
            let source = try await shop.sources.put(key: key, document: document, onlyIf: .absent).source
            await #expect(throws: ResourceFailure.preconditionFailed(current: source.version)) {
                try await shop.sources.put(key: key, document: document, onlyIf: .absent)
            }
            await #expect(throws: ResourceFailure.preconditionFailed(current: source.version)) {
                try await shop.sources.delete(key: key, onlyIf: .version([]))
            }
            try await shop.sources.delete(key: key, onlyIf: .version([source.version]))
        }
    }

    @Test func changesOfTheFiltersAreFollowed() async throws {
        try await SourceWorkshop.with { shop in
            let seen = Mutex<[[String]]>([])
            shop.sources.follow { filters in seen.withLock { $0.append(filters) } }
            try await shop.put("one", ["topicFilter": "a/+", "decoder": "json"])
            try await shop.put("one", ["topicFilter": "a/+", "decoder": "json", "name": "other"])
            try await shop.put("two", ["topicFilter": "b/+", "decoder": "csv"])
            try await shop.sources.delete(key: try SourceWorkshop.key("one"))
            #expect(seen.withLock { $0 } == [["a/+"], ["a/+", "b/+"], ["b/+"]])
        }
    }

    @Test func sourcesSurviveARestart() async throws {
        try await SourceWorkshop.with { shop in
            let source = try await shop.put(
                "one",
                [
                    "topicFilter": "a/+", "decoder": "json", "fields": ["total": "z", "mode": "a"],
                    "options": ["timeFormat": "ms", "items": "x"],
                ]
            )
            let again = SourceStore(pool: shop.pool, plant: shop.plant, clock: .system, logger: Logger(label: "test"))
            try await again.load()
            #expect(again.sources == [source])
            #expect(again.sources.first?.json == source.json)
        }
    }
}
