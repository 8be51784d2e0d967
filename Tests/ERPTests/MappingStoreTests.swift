import ERPConnectors
import PostgreSQL
import Primitives
import Testing

@testable import ERP

@Suite(.timeLimit(.minutes(1))) struct MappingStoreTests {
    private func issues(_ world: ERPWorld, _ document: JSONValue) async throws -> [String] {
        do {
            try await world.mappings.put(key: world.key("m"), document: document)
            return []
        } catch let error as InvalidInput {
            return error.issues.map { "\($0.pointer) \($0.code)" }
        }
    }

    @Test func writesReadAndVersions() async throws {
        try await ERPWorld.with { world in
            try await world.addConnector()
            let (made, isNew) = try await world.mappings.put(key: world.key("m"), document: ERPWorld.orderMapping())
            #expect(isNew && made.revision == 1)
            #expect(
                made.json == [
                    "key": "m", "name": "Order", "trigger": ["rule": "hot"], "connector": "erp",
                    "operation": "work-order.create", "fields": ["title": "Hot: ${device.name}"], "maxAge": "P1D",
                    "enabled": true, "condition": nil, "lookups": [:], "attach": false, "attachChart": false,
                    "approval": false,
                    "limits": nil,
                    "window": nil, "step": nil, "deadBand": nil, "factor": nil, "version": 1,
                ]
            )
            #expect(try await world.mappings.put(key: world.key("m"), document: made.json).mapping.revision == 1)
            let patched = try await world.mappings.patch(
                key: world.key("m"),
                document: ["fields": ["title": "Very hot"], "maxAge": "PT1H", "enabled": false]
            )
            #expect(patched.revision == 2 && patched.json["fields"] == ["title": "Very hot"])
            #expect(patched.json["maxAge"] == "PT1H" && patched.json["enabled"] == false)
            let stock = try await world.mappings.put(key: world.key("s"), document: ERPWorld.stockMapping()).mapping
            #expect(
                stock.json["trigger"] == [
                    "metric": "level", "profile": "silo", "minChange": 0.5, "minInterval": "PT10S",
                ]
            )
            #expect(try await world.mappings.list().map(\.key) == ["m", "s"])
            try await world.mappings.delete(key: world.key("m"), onlyIf: .version([patched.version]))
            #expect(try await world.mappings.list().map(\.key) == ["s"])
            let reborn = try await world.mappings.put(key: world.key("m"), document: ERPWorld.orderMapping())
            #expect(reborn.isNew && reborn.mapping.revision == 1)
        }
    }

    @Test func everySavedDocumentIsKept() async throws {
        try await ERPWorld.with { world in
            try await world.addConnector()
            let key = try world.key("m")
            try await world.mappings.put(key: key, document: ERPWorld.orderMapping(), by: "Ann")
            world.clock.advance(seconds: 60)
            let changes: JSONValue = [
                "fields": ["title": "${lookups.code}"], "condition": "temperature > 1", "approval": true,
                "lookups": ["code": ["expression": "rule.key", "table": ["hot": "H"], "default": "?"]],
                "limits": ["perAsset": 3], "trigger": ["on": "recurred", "within": "PT2H"],
            ]
            let second = try await world.mappings.patch(key: key, document: changes, by: "Bob")
            try await world.mappings.put(key: key, document: second.json, by: "Cid")
            let versions = try await world.mappings.versions(key: key)
            #expect(versions.map(\.version) == [2, 1] && versions.map(\.savedBy) == ["Bob", "Ann"])
            #expect(versions[0].document == second.json && versions[1].document["fields"]?["title"] != nil)
            #expect(versions[0].savedAt == ERPWorld.start.adding(seconds: 60))
            #expect(second.json["limits"] == ["perAsset": 3, "per": "P1D"])
            #expect(second.json["trigger"] == ["rule": "hot", "on": "recurred", "within": "PT2H"])
            #expect(try await world.mappings.get(key: key).json == second.json)
        }
    }

    private static let misplaced: [(JSONValue, [String])] = [
        (
            ["window": "PT1H", "step": 1, "deadBand": 1, "factor": 2],
            [
                "/window not-applicable", "/step not-applicable", "/deadBand not-applicable", "/factor not-applicable",
            ]
        ),
        (
            ["factor": 0, "step": -1, "window": "PT0S"],
            ["/window out-of-range", "/step out-of-range", "/factor out-of-range", "/window not-applicable"]
        ),
        (
            ["limits": ["perAsset": 1.5, "per": "PT0S", "x": 1]],
            ["/limits/perAsset type", "/limits/per out-of-range", "/limits/x unknown-field"]
        ),
        (["attach": true], ["/attach operation-not-configured"]),
        (["attach": 1, "approval": "yes"], ["/attach type", "/approval type"]),
        (["condition": "temprature > 1"], ["/condition unknown-name"]),
        (["condition": "temperature"], ["/condition type-mismatch"]),
        (["lookups": ["a-b": ["expression": "mode", "table": [:]]]], ["/lookups/a-b name"]),
        (["lookups": ["a": ["expression": "lookups.a", "table": ["x": 1]]]], ["/lookups/a/table type"]),
        (["lookups": ["a": ["expression": "lookups.a", "table": [:]]]], ["/lookups/a/expression unknown-name"]),
        (["lookups": ["a": ["table": [:]]]], ["/lookups/a/expression required"]),
        (["trigger": ["rule": "hot", "on": "cleared"]], ["/trigger/on choice"]),
        (["trigger": ["rule": "hot", "within": "PT1H"]], ["/trigger/within not-applicable"]),
        (["condition": nil, "lookups": nil, "limits": nil, "window": nil, "version": 9, "warnings": []], []),
    ]

    @Test func optionsAreChecked() async throws {
        try await ERPWorld.with { world in
            try await world.addConnector()
            for (options, expected) in Self.misplaced {
                var document = ERPWorld.orderMapping().object ?? [:]
                for member in options.object?.members ?? [] { document[member.name] = member.value }
                #expect(try await issues(world, .object(document)) == expected, "\(options.text)")
            }
            var stock = ERPWorld.stockMapping().object ?? [:]
            stock["limits"] = ["perAsset": 1]
            stock["window"] = "PT1H"
            #expect(try await issues(world, .object(stock)) == ["/window not-applicable", "/limits not-applicable"])
        }
    }

    @Test func defaultsOfMetricTriggers() async throws {
        try await ERPWorld.with { world in
            try await world.addConnector()
            let document: JSONValue = [
                "name": "S", "trigger": ["metric": "level", "profile": "silo"], "connector": "erp",
                "operation": "stock.set", "fields": [:],
            ]
            let made = try await world.mappings.put(key: world.key("s"), document: document).mapping
            #expect(made.json["trigger"] == ["metric": "level", "profile": "silo", "minInterval": "PT1M"])
        }
    }

    @Test func everyFaultIsFoundWithItsPlace() async throws {
        try await ERPWorld.with { world in
            try await world.addConnector()
            #expect(
                try await issues(world, [:]) == [
                    "/name required", "/trigger required", "/connector required", "/operation required",
                    "/fields required",
                ]
            )
            #expect(
                try await issues(
                    world,
                    [
                        "name": "M", "trigger": ["rule": "none"], "connector": "none", "operation": "meter.record",
                        "fields": ["id": "x", "list": []], "maxAge": "PT0S", "colour": "red",
                    ]
                ) == [
                    "/fields/id reserved", "/fields/list type",
                    "/maxAge out-of-range", "/colour unknown-field", "/trigger/rule unknown-reference",
                    "/connector unknown-reference",
                ]
            )
        }
    }

    @Test func templatesAreCheckedAgainstTheTriggersNames() async throws {
        try await ERPWorld.with { world in
            try await world.addConnector()
            let fields: JSONObject = [
                "title": "${temprature}", "a/b": "${round(temperature}", "c": "${device.name + 1}",
                "fine": "${if(mode == 'fault', 'x', alarm.severity)} ${asset.equipment} ${link} ${reading.ts}",
            ]
            #expect(
                try await issues(world, ERPWorld.orderMapping(fields)) == [
                    "/fields/title unknown-name", "/fields/a~1b syntax", "/fields/c type-mismatch",
                ]
            )
            #expect(
                try await issues(world, ERPWorld.stockMapping(["item": "${alarm.id}", "quantity": "${level}"])) == [
                    "/fields/item unknown-name"
                ]
            )
            #expect(try await issues(world, ERPWorld.orderMapping(["title": "${temperature}"], rule: "site")) == [])
            #expect(try await issues(world, ERPWorld.orderMapping(["title": "${level}"], rule: "site")) == [])
            #expect(
                try await issues(world, ERPWorld.orderMapping(["title": "${humidity}"], rule: "site")) == [
                    "/fields/title unknown-name"
                ]
            )
        }
    }

    @Test func theErrorTellsThePosition() async throws {
        try await ERPWorld.with { world in
            try await world.addConnector()
            do {
                try await world.mappings.put(
                    key: world.key("m"),
                    document: ERPWorld.orderMapping(["title": "Hot: ${temprature}"])
                )
                Issue.record("accepted")
            } catch let error as InvalidInput {
                let detail = try #require(error.issues.first).detail
                #expect(detail.hasPrefix("Line 1, column 8:") && detail.contains("temperature"), "\(detail)")
            }
        }
    }

    @Test func theConnectorsTemplatesMustFitTheFields() async throws {
        try await ERPWorld.with { world in
            try await world.addConnector()
            #expect(try await issues(world, ERPWorld.orderMapping(["name": "x"])) == ["/fields connector-template"])
            try await world.connectors.patch(key: world.key("erp"), document: ["options": ["create": nil]])
            #expect(try await issues(world, ERPWorld.orderMapping()) == ["/connector operation-not-configured"])
        }
    }

    private static let triggers: [(JSONValue, [String])] = [
        (["metric": "level"], ["/trigger/profile required"]),
        (["metric": "level", "profile": "none"], ["/trigger/profile unknown-reference"]),
        (["metric": "weight", "profile": "silo"], ["/trigger/metric unknown-metric"]),
        (["metric": "mode", "profile": "motor"], ["/trigger/metric metric-kind"]),
        (["metric": "level", "profile": "silo", "minChange": -1], ["/trigger/minChange out-of-range"]),
        (["metric": "level", "profile": "silo", "minInterval": "1 minute"], ["/trigger/minInterval duration"]),
        (
            ["metric": "level", "profile": "silo", "rule": "hot"],
            ["/trigger/metric unknown-field", "/trigger/profile unknown-field"]
        ),
        ([:], ["/trigger required"]), ("hot", ["/trigger type"]), (["rule": nil], ["/trigger/rule required"]),
    ]

    @Test func triggersAreChecked() async throws {
        try await ERPWorld.with { world in
            try await world.addConnector()
            for (trigger, expected) in Self.triggers {
                var document = ERPWorld.stockMapping(["item": "PP"]).object ?? [:]
                document["trigger"] = trigger
                #expect(try await issues(world, .object(document)) == expected, "\(trigger.text)")
            }
        }
    }

    @Test func alarmsNeedAQuantityForStock() async throws {
        try await ERPWorld.with { world in
            try await world.addConnector()
            var document = ERPWorld.orderMapping(["item": "PP"]).object ?? [:]
            document["operation"] = "stock.set"
            #expect(try await issues(world, .object(document)) == ["/fields/quantity required"])
        }
    }

    @Test func tellsWhoUsesARule() async throws {
        try await ERPWorld.with { world in
            try await world.addConnector()
            let rule = try await world.raise().ruleID
            #expect(try await MappingStore.user(ofRule: rule, in: world.pool) == nil)
            try await world.mappings.put(key: world.key("m"), document: ERPWorld.orderMapping())
            #expect(try await MappingStore.user(ofRule: rule, in: world.pool) == "mapping “m”")
        }
    }
}
