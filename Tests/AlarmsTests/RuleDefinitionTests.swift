import Assets
import Primitives
import Testing

@testable import Alarms

@Suite("Reading rules")
struct RuleDefinitionTests {
    private func read(_ document: JSONValue) throws(InvalidInput) -> RuleDefinition {
        try RuleDefinition(document, plant: PlantFixture.plant, states: PlantFixture.states)
    }

    private func issues(_ document: JSONValue) -> [String] {
        do {
            _ = try read(document)
            return []
        } catch {
            return error.issues.map { "\($0.pointer) \($0.code)" }
        }
    }

    private func document(_ changes: JSONObject) -> JSONValue {
        var object: JSONObject = [
            "name": "Hot", "profile": "motor", "severity": "high", "condition": "temperature > 80",
        ]
        for member in changes.members { object[member.name] = member.value }
        return .object(object)
    }

    @Test("Defaults: no wait, cleared by the condition, enabled")
    func defaults() throws {
        let rule = try read(document([:]))
        #expect(
            rule
                == RuleDefinition(
                    name: "Hot",
                    scope: .profile(1),
                    severity: .high,
                    condition: "temperature > 80",
                    hold: ISODuration(milliseconds: 0),
                    clear: nil,
                    isEnabled: true
                )
        )
    }

    @Test("All fields, and back")
    func whole() throws {
        let document: JSONValue = [
            "key": "hot", "name": "Hot", "profile": nil, "assets": ["line-1", "site", "line-1"], "severity": "critical",
            "condition": "temperature > 80", "for": "PT1M30S", "clear": "temperature < 70", "enabled": false,
        ]
        let definition = try read(document)
        #expect(definition.scope == .assets([11, 10]))
        #expect(definition.hold.milliseconds == 90_000)
        #expect(definition.clear == "temperature < 70")
        #expect(!definition.isEnabled)
        let rule = Rule(id: 1, key: "hot", definition: definition, revision: 1, updatedAt: PlantFixture.start)
        var expected = document.object
        expected?["assets"] = ["line-1", "site"]
        #expect(rule.json(in: PlantFixture.plant) == expected.map(JSONValue.object))
    }

    @Test("Every issue is told, at its place")
    func allIssues() {
        let found = issues([
            "severity": "awful", "condition": "temperature >", "for": "soon", "clear": 5, "enabled": "yes",
            "assets": ["line-1", "nowhere", 5], "colour": "red",
        ])
        #expect(
            found == [
                "/name required", "/assets/1 unknown-reference", "/assets/2 type", "/severity choice", "/for duration",
                "/clear type", "/enabled type", "/colour unknown-field",
            ]
        )
    }

    @Test(
        "What a rule watches",
        arguments: [
            (["profile": nil], "/profile required"), (["profile": "engine"], "/profile unknown-reference"),
            (["profile": "No Key"], "/profile key"), (["assets": ["line-1"]], "/assets conflict"),
            (["profile": nil, "assets": []], "/assets type"), (["profile": nil, "assets": "line-1"], "/assets type"),
        ] as [(JSONObject, String)]
    )
    func scope(changes: JSONObject, issue: String) {
        #expect(issues(document(changes)) == [issue])
    }

    @Test(
        "Expressions are checked against the metrics, with code and position",
        arguments: [
            (
                "condition", "temprature > 80", "unknown-name",
                "Line 1, column 1: There is nothing called temprature. Did you mean temperature?"
            ),
            ("condition", "temperature > 80 and", "syntax", "Line 1, column 21: The expression ends too early."),
            (
                "condition", "temperature", "type-mismatch",
                "Line 1, column 1: The expression must be a boolean, and temperature is a number. Compare it, such as temperature > 0."
            ),
            ("clear", "mode > 3", "type-mismatch", "Line 1, column 1: \">\" needs numbers, and mode is a state."),
        ]
    )
    func expressions(field: String, source: String, code: String, detail: String) {
        let error = #expect(throws: InvalidInput.self) { try read(document([field: .string(source)])) }
        #expect(error?.issues == [InputIssue(pointer: "/\(field)", code: code, detail: detail)])
    }

    @Test("A rule of assets must fit one profile there, or any while there are no devices")
    func expressionsOfAssets() throws {
        func rule(_ condition: String, _ asset: String) -> JSONValue {
            document(["profile": nil, "assets": [.string(asset)], "condition": .string(condition)])
        }
        #expect(issues(rule("level < 5", "line-1")).isEmpty)
        #expect(issues(rule("temperature > 5", "line-1")).isEmpty)
        #expect(issues(rule("level < 5", "line-2")) == ["/condition unknown-name"])
        #expect(issues(rule("mode > 5", "line-1")) == ["/condition type-mismatch"])
        let empty = PlantSnapshot(
            profiles: PlantFixture.plant.profiles,
            assets: PlantFixture.plant.assets,
            devices: [:]
        )
        _ = try RuleDefinition(rule("level < 5", "line-2"), plant: empty, states: PlantFixture.states)
        #expect(throws: InvalidInput.self) {
            try RuleDefinition(rule("torque < 5", "line-2"), plant: empty, states: PlantFixture.states)
        }
        let bare = PlantSnapshot(profiles: [:], assets: PlantFixture.plant.assets, devices: [:])
        _ = try RuleDefinition(rule("anything < 5", "line-2"), plant: bare, states: PlantFixture.states)
        #expect(throws: InvalidInput.self) {
            try RuleDefinition(rule("anything <", "line-2"), plant: bare, states: PlantFixture.states)
        }
    }

    @Test("Severities are ordered")
    func severities() {
        #expect(Severity.allCases.shuffled().sorted() == [.low, .medium, .high, .critical])
    }
}
