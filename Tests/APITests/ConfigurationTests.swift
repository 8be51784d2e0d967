import Assets
import Foundation
import HTTPClient
import Logging
import PostgreSQL
import Primitives
import Secrets
import Synchronization
import TestSupport
import Testing

@testable import API

@Suite struct ConfigurationDocumentTests {
    private static func issues(_ text: String) throws -> [String] {
        do {
            _ = try ConfigurationDocument(try JSONValue(parsing: text))
            return []
        } catch let input as InvalidInput {
            return input.issues.map { "\($0.pointer) \($0.code)" }
        }
    }

    @Test func everyIssueOfTheFrameIsTold() throws {
        let text = #"{"formatVersion": 3, "rule": {}, "rules": {"A/b": {}, "c": 1, "d": {"key": "e"}}, "assets": []}"#
        #expect(
            try Self.issues(text) == [
                "/formatVersion format-version", "/assets type", "/rules/A~1b key", "/rules/c type", "/rules/d/key key",
                "/rule unknown-field",
            ]
        )
    }

    @Test func theOrderIsTheSameHoweverItWasWritten() throws {
        let text = #"{"rules": {"b": {"x": 1}, "a": {"y": 2, "x": 1}}, "formatVersion": 1, "profiles": {}}"#
        let document = try ConfigurationDocument(try JSONValue(parsing: text))
        #expect(
            document.json.text
                == #"{"formatVersion":1,"profiles":{},"rules":{"a":{"y":2,"x":1},"b":{"x":1}}}"#
        )
    }
}

@Suite struct ConfigurationDifferenceTests {
    private static func fields(_ before: JSONValue?, _ after: JSONValue?) -> [String] {
        ConfigurationDifference.Field.all(from: before, to: after).map { field in
            "\(field.pointer): \(field.before?.text ?? "-") > \(field.after?.text ?? "-")"
        }
    }

    @Test func valuesAreComparedOneByOne() {
        let before: JSONValue = ["a": 1, "b": ["x": [1, 2, 3], "y/~": true], "gone": nil]
        let after: JSONValue = ["b": ["x": [1, 5], "y/~": false], "a": 1, "new": "n"]
        #expect(
            Self.fields(before, after) == [
                "/b/x/1: 2 > 5", "/b/x/2: 3 > -", "/b/y~1~0: true > false", "/new: - > \"n\"", "/gone: null > -",
            ]
        )
    }

    @Test func whatIsMadeOrDeletedIsOneDifference() {
        #expect(Self.fields(nil, ["a": 1]) == [#": - > {"a":1}"#])
        #expect(Self.fields(["a": 1], nil) == [#": {"a":1} > -"#])
        #expect(Self.fields(["a": [1]], ["a": [1]]) == [])
    }
}

@Suite struct ConfigurationServiceTests {
    private static let logger = Logger(label: "test.api") { _ in SwiftLogNoOpLogHandler() }

    private static func with(_ body: (ConfigurationService, PostgresPool) async throws -> Void) async throws {
        let box = try SecretBox(key: Array(0..<32))
        let client = HTTPClient(.init())
        try await TemporaryPostgreSQL.withMigratedPool { pool in
            let service = ConfigurationService(
                database: pool,
                stores: { database in
                    ConfigurationStores(over: database, box: box, client: client, clock: .system, logger: logger)
                },
                takeOver: {}
            )
            try await body(service, pool)
        }
    }

    private static let plant = #"""
        {"formatVersion": 1,
         "profiles": {"motor": {"name": "Motor", "metrics": [{"key": "temperature"}]}},
         "assets": {"a": {"name": "A", "level": "line", "parent": "b"}, "b": {"name": "B", "level": "area", "parent": "c"},
                    "c": {"name": "C", "level": "site"}},
         "devices": {"m": {"profile": "motor", "asset": "a"}},
         "rules": {"hot": {"name": "Hot", "assets": ["b"], "severity": "low", "condition": "temperature > 1"}}}
        """#

    private static func document(_ text: String) throws -> ConfigurationDocument {
        try ConfigurationDocument(try JSONValue(parsing: text))
    }

    @Test func allStatementsFitTheSchema() async throws {
        try await assertPreparable(
            ConfigurationQueries.all + ConfigurationHistoryQueries.all,
            on: TemporaryPostgreSQL.shared().migratedDatabase()
        )
    }

    @Test func whatIsAppliedTwiceChangesOnce() async throws {
        try await Self.with { service, _ in
            let document = try Self.document(Self.plant)
            let first = try await service.apply(document, isPruning: false, isDryRun: false)
            #expect(first.count(.created) == 6 && first.unchanged == 0 && first.transaction != nil)
            let exported = try await service.export()
            let second = try await service.apply(exported, isPruning: true, isDryRun: false)
            #expect(second.differences.isEmpty && second.unchanged == 6)
            #expect(try await service.changes(of: nil, key: nil, before: nil, limit: 100).count == 6)
            #expect(try await service.export() == exported)
        }
    }

    @Test func aDryRunOrAFaultLeavesNothing() async throws {
        try await Self.with { service, _ in
            let rehearsed = try await service.apply(try Self.document(Self.plant), isPruning: false, isDryRun: true)
            #expect(rehearsed.count(.created) == 6 && rehearsed.transaction == nil)
            var faulty = try Self.document(Self.plant)
            let key = try #require(ResourceKey("cold"))
            faulty.sections[.rules]?[key] = [
                "name": "Cold", "profile": "nope", "severity": "low", "condition": "1 > 0",
            ]
            let broken = faulty
            let error = await #expect(throws: InvalidInput.self) {
                try await service.apply(broken, isPruning: false, isDryRun: false)
            }
            #expect(error?.issues.map(\.pointer) == ["/rules/cold/profile"])
            #expect(try await service.export().sections.values.allSatisfy(\.isEmpty))
            #expect(try await service.changes(of: nil, key: nil, before: nil, limit: 1).isEmpty)
        }
    }

    @Test func pruningEmptiesAPlantInOrder() async throws {
        try await Self.with { service, _ in
            _ = try await service.apply(try Self.document(Self.plant), isPruning: false, isDryRun: false)
            let empty = try Self.document(
                #"{"formatVersion": 1, "profiles": {}, "assets": {}, "devices": {}, "rules": {}}"#
            )
            let outcome = try await service.apply(empty, isPruning: true, isDryRun: false)
            #expect(outcome.count(.deleted) == 6)
            #expect(try await service.export().sections.values.allSatisfy(\.isEmpty))
        }
    }

    @Test func applicationsAtOnceTakeTurns() async throws {
        try await Self.with { service, _ in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 0..<4 {
                    group.addTask {
                        let text = #"{"formatVersion": 1, "assets": {"x": {"name": "N\#(number)", "level": "site"}}}"#
                        _ = try await service.apply(try Self.document(text), isPruning: false, isDryRun: false)
                    }
                }
                try await group.waitForAll()
            }
            let changes = try await service.changes(of: .assets, key: "x", before: nil, limit: 10)
            #expect(changes.count == 4)
            // Each began from what the one before had left.
            for (later, earlier) in zip(changes, changes.dropFirst()) { #expect(later.before == earlier.after) }
        }
    }
}
