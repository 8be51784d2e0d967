import Assets
import PostgreSQL
import Primitives
import Testing

@testable import Alarms

@Suite("Writing rules", .timeLimit(.minutes(1)))
struct RuleStoreTests {
    private func hot(_ second: Double) -> Reading { PlantFixture.reading(1, second, 90) }

    @Test("PUT creates, replaces, and changes nothing when there is nothing to change")
    func put() async throws {
        try await Installation.with { site in
            let key = try site.key("hot")
            let first = try await site.put("hot", "temperature > 80")
            #expect(first.revision == 1 && first.updatedAt == Installation.now)
            #expect(try await site.put("hot", "temperature > 80").revision == 1)
            let second = try await site.put("hot", "temperature > 85", ["for": "PT5S", "clear": "temperature < 60"])
            #expect(second.revision == 2 && second.id == first.id)
            #expect(try await site.rules.rule(key: key) == second)
            let again = try await site.rules.put(key: key, document: site.rules.json(second))
            #expect(again.rule == second && !again.isNew)
            let third = try await site.rules.put(
                key: key,
                document: [
                    "name": "Hot", "assets": ["line-2", "line-1"], "severity": "low", "condition": "temperature > 85",
                ]
            )
            #expect(third.rule.revision == 3)
            #expect(site.rules.json(third.rule)["assets"] == ["line-2", "line-1"])
            #expect(site.rules.json(third.rule)["profile"] == .null)
        }
    }

    @Test("If-Match is honoured, absent rules are told as such")
    func preconditions() async throws {
        try await Installation.with { site in
            let key = try site.key("hot")
            let rule = try await site.put("hot", "temperature > 80")
            let document = site.rules.json(rule)
            let other = WriteCondition.version([ResourceVersion(id: rule.id, revision: 2)])
            await #expect(throws: ResourceFailure.preconditionFailed(current: rule.version)) {
                try await site.rules.put(key: key, document: document, onlyIf: other)
            }
            await #expect(throws: ResourceFailure.preconditionFailed(current: rule.version)) {
                try await site.rules.put(key: key, document: document, onlyIf: .absent)
            }
            await #expect(throws: ResourceFailure.preconditionFailed(current: rule.version)) {
                try await site.rules.delete(key: key, onlyIf: other)
            }
            try await site.rules.delete(key: key, onlyIf: .version([rule.version]))
            await #expect(throws: ResourceFailure.notFound("rule hot")) { try await site.rules.rule(key: key) }
            await #expect(throws: ResourceFailure.notFound("rule hot")) { try await site.rules.delete(key: key) }
            await #expect(throws: ResourceFailure.notFound("rule hot")) {
                try await site.rules.patch(key: key, document: [:])
            }
            for condition in [WriteCondition.version([rule.version]), .exists] {
                await #expect(throws: ResourceFailure.preconditionFailed(current: nil)) {
                    try await site.rules.put(key: key, document: document, onlyIf: condition)
                }
            }
            let reborn = try await site.rules.put(key: key, document: document, onlyIf: .absent).rule
            #expect(reborn.revision == rule.revision && reborn.version != rule.version)
            await #expect(throws: InvalidInput.self) { try await site.put("hot", "temprature > 80") }
        }
    }

    @Test("PATCH changes what it names, null takes away")
    func patch() async throws {
        try await Installation.with { site in
            let key = try site.key("hot")
            try await site.put("hot", "temperature > 80", ["clear": "temperature < 60"])
            let patched = try await site.rules.patch(key: key, document: ["severity": "low", "clear": nil])
            #expect(patched.severity == .low && patched.definition.clear == nil && patched.revision == 2)
            #expect(patched.definition.condition == "temperature > 80")
            let moved = try await site.rules.patch(key: key, document: ["profile": nil, "assets": ["site"]])
            #expect(moved.definition.scope == .assets([try #require(site.plant.snapshot.asset(key: "site")).id]))
            await #expect(throws: InvalidInput.self) { try await site.rules.patch(key: key, document: ["assets": nil]) }
            await #expect(throws: InvalidInput.self) { try await site.rules.patch(key: key, document: 5) }
            #expect(try await site.rules.rule(key: key) == moved)
        }
    }

    @Test("Rules are listed in pages by key")
    func list() async throws {
        try await Installation.with { site in
            for name in ["c", "a", "b"] { try await site.put(name, "temperature > 80") }
            try await site.put("d", "temperature > 80")
            try await site.rules.delete(key: site.key("d"))
            #expect(try await site.rules.rules(limit: 2).map(\.key) == ["a", "b"])
            #expect(try await site.rules.rules(after: "b", limit: 2).map(\.key) == ["c"])
        }
    }

    @Test("Deleting a rule clears its open alarms; a new one of that key starts afresh")
    func delete() async throws {
        try await Installation.with { site in
            let old = try await site.put("hot", "temperature > 80")
            try await site.deliver([hot(0)])
            try await site.rules.delete(key: site.key("hot"))
            let alarm = try #require(try await site.stored().first)
            #expect(alarm.clearReason == .ruleDeleted && alarm.clearedAt == Installation.now)
            #expect(alarm.ruleKey == "hot")
            #expect(try await site.phases().isEmpty)
            #expect(try await site.deliver([hot(1)]).raised.isEmpty)
            let new = try await site.put("hot", "temperature > 80")
            #expect(new.id != old.id && new.revision == 1)
            #expect(try await site.deliver([hot(2)]).raised.map(\.rule.id) == [new.id])
        }
    }

    @Test("A profile is in use while a rule names it, and no longer")
    func profileInUse() async throws {
        try await Installation.with { site in
            let key = try site.key("spare")
            let document: JSONValue = ["name": "Spare", "metrics": [["key": "speed", "kind": "gauge"]]]
            _ = try await site.plant.putProfile(key: key, document: document)
            try await site.put("fast", "speed > 80", ["profile": "spare"])
            await #expect(throws: ResourceFailure.self) { try await site.plant.deleteProfile(key: key) }
            try await site.rules.delete(key: site.key("fast"))
            try await site.plant.deleteProfile(key: key)
            #expect(site.plant.snapshot.profile(key: "spare") == nil)
        }
    }

    @Test("Disabling a rule clears its open alarms; enabling it starts afresh")
    func disable() async throws {
        try await Installation.with { site in
            try await site.put("hot", "temperature > 80")
            try await site.deliver([hot(0)])
            let key = try site.key("hot")
            try await site.rules.patch(key: key, document: ["enabled": false])
            #expect(try await site.stored().map(\.clearReason) == [.ruleDisabled])
            #expect(try await site.deliver([hot(1)]).raised.isEmpty)
            try await site.rules.patch(key: key, document: ["enabled": true])
            #expect(try await site.deliver([hot(2)]).raised.map(\.raisedAt) == [PlantFixture.at(2)])
        }
    }

    @Test("A new condition starts the wait anew and judges the open alarm")
    func newCondition() async throws {
        try await Installation.with { site in
            try await site.put("hot", "temperature > 80", ["for": "PT10S"])
            try await site.deliver([hot(0)])
            try await site.put("hot", "temperature > 85", ["for": "PT10S"])
            #expect(try await site.phases().isEmpty)
            #expect(try await site.deliver([hot(11)]).raised.isEmpty)
            #expect(try await site.deliver([hot(21)]).raised.count == 1)
            try await site.put("hot", "temperature > 95", ["for": "PT10S"])
            #expect(try await site.stored().map(\.isOpen) == [true])
            #expect(try await site.deliver([hot(22)]).cleared.count == 1)
        }
    }

    @Test("A rule that something uses stays")
    func inUse() async throws {
        struct Usage: RuleUsage {
            func user(ofRule ruleID: Int32, in session: any PostgresSession) async throws -> String? {
                ruleID == 1 ? "mapping “order”" : nil
            }
        }
        try await Installation.with(usage: Usage()) { site in
            try await site.put("hot", "temperature > 80")
            try await site.put("shaky", "vibration > 5")
            let failure = await #expect(throws: ResourceFailure.self) {
                try await site.rules.delete(key: site.key("hot"))
            }
            #expect(
                failure
                    == .conflict(
                        code: "in-use",
                        detail: "The rule “hot” is still used by mapping “order”; remove that first."
                    )
            )
            try await site.rules.delete(key: site.key("shaky"))
            #expect(try await site.rules.rules(limit: 9).map(\.key) == ["hot"])
        }
    }
}
