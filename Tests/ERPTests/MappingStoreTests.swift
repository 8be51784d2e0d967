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
                    "enabled": true,
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
                    "/operation unsupported-operation", "/fields/id reserved", "/fields/list type",
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
