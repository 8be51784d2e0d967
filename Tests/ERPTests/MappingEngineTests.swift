import Assets
import ERPConnectors
import Foundation
import PostgreSQL
import Primitives
import Testing

@testable import ERP

@Suite(.timeLimit(.minutes(1))) struct MappingEngineTests {
    private func world(
        _ mapping: JSONValue,
        key: String = "m",
        _ body: (ERPWorld) async throws -> Void
    ) async throws {
        try await ERPWorld.with { world in
            try await world.addConnector()
            try await world.mappings.put(key: world.key(key), document: mapping)
            try await body(world)
        }
    }

    @Test func anAlarmMakesADeliveryWithItsFieldsComputed() async throws {
        let fields: JSONObject = [
            "title": "Bearing of ${asset.name} at ${round(temperature, 1)} °C", "t": "${temperature}",
            "mode": "${mode}",
            "equipment": "${asset.equipment}", "severity": "${alarm.severity}", "at": "${alarm.raisedAt}",
            "rule": "${rule.name}", "device": "${device.key} ${device.name}", "ts": "${reading.ts}", "link": "${link}",
            "key": "${idempotencyKey}", "alarm": "${alarm.id}", "fixed": 7, "yes": true,
        ]
        try await world(ERPWorld.orderMapping(fields)) { world in
            let alarm = try await world.raise()
            #expect(try await world.deliver(alarm) == 1)
            let delivery = try #require(try await world.deliveries().first)
            #expect(delivery.state == "waiting" && delivery.alarmID == alarm.alarmID && delivery.item == nil)
            #expect(delivery.assetID == world.plant.snapshot.asset(key: "hall-1")?.id)
            #expect(delivery.nextAttemptAt == ERPWorld.start && delivery.readingTimestamp == ERPWorld.start)
            let time = JSONValue.string(ERPWorld.start.rfc3339)
            #expect(
                delivery.fields == [
                    "title": "Bearing of Hall 1 at 81.3 °C", "t": 81.26, "mode": "fault", "equipment": "EQ-7",
                    "severity": "high", "at": time, "rule": "Rule hot", "device": "motor-1 Motor-1", "ts": time,
                    "link": .string("http://pw.example/deliveries/\(delivery.id.uuidString.lowercased())"),
                    "key": .string(delivery.key), "alarm": .string(alarm.alarmID.uuidString.lowercased()), "fixed": 7,
                    "yes": true,
                ]
            )
        }
    }

    @Test func theKeyComesFromTheCause() async throws {
        try await world(ERPWorld.orderMapping()) { world in
            #expect(try await world.deliver(world.raise()) == 1)
            #expect(try await world.deliver(world.raise()) == 0, "the same cause again is the same delivery")
            #expect(try await world.deliver(world.raise(at: ERPWorld.start.adding(seconds: 0.001))) == 1)
            let keys = try await world.deliveries().map(\.key)
            #expect(keys.count == 2 && Set(keys).count == 2)
            #expect(keys.allSatisfy { $0.hasPrefix("pw-") && $0.count == 16 })
            // Stays for ever: a change of the derivation would double what is under way.
            #expect(keys.first == "pw-57swdoivxjhbc", "\(keys)")
        }
    }

    @Test func aFailingTemplateMakesADeadDeliveryAndNoFailure() async throws {
        try await world(ERPWorld.orderMapping(["title": "at ${temperature}", "ok": "${device.key}"])) { world in
            #expect(try await world.deliver(world.raise(values: [.nan])) == 1)
            let delivery = try #require(try await world.deliveries().first)
            #expect(delivery.state == "dead" && delivery.reason == "template-failed")
            #expect(delivery.detail == "/fields/title: ${temperature} has no value.")
            #expect(delivery.fields == ["ok": "motor-1"])
        }
    }

    @Test func namesOfAnotherProfileFailAtRunTimeOnly() async throws {
        try await world(ERPWorld.orderMapping(["title": "${temperature} °C"], rule: "site")) { world in
            #expect(
                try await world.deliver(world.raise("site"), world.raise("site", device: "silo-1", values: [3])) == 2
            )
            let deliveries = try await world.deliveries()
            #expect(Set(deliveries.map(\.state)) == ["waiting", "dead"])
            let dead = try #require(deliveries.first { $0.state == "dead" })
            #expect(dead.detail?.contains("temperature") == true)
        }
    }

    @Test func oldAlarmsCauseNoDelivery() async throws {
        try await world(ERPWorld.orderMapping()) { world in
            let day = 86_400.0
            let old = try await world.raise(receivedAt: ERPWorld.start.adding(seconds: day + 1))
            #expect(try await world.deliver(old) == 0)
            let just = try await world.raise(receivedAt: ERPWorld.start.adding(seconds: day))
            #expect(try await world.deliver(just) == 1)
        }
    }

    @Test func onlyEnabledMappingsOfTheRuleActAndChangesAreInForce() async throws {
        try await world(ERPWorld.orderMapping()) { world in
            #expect(try await world.deliver(world.raise("site")) == 0)
            try await world.mappings.patch(key: world.key("m"), document: ["enabled": false])
            #expect(try await world.deliver(world.raise()) == 0)
            try await world.mappings.patch(
                key: world.key("m"),
                document: ["enabled": true, "fields": ["title": "New"]]
            )
            #expect(try await world.deliver(world.raise()) == 1)
            let delivery = try #require(try await world.deliveries().first)
            #expect(delivery.fields == ["title": "New"] && delivery.mappingRevision == 3)
            try await world.mappings.delete(key: world.key("m"))
            #expect(try await world.deliver(world.raise(at: ERPWorld.start.adding(seconds: 9))) == 0)
        }
    }

    @Test func whatIsGoneMeanwhileDoesNotFailTheTransaction() async throws {
        try await world(ERPWorld.stockMapping()) { world in
            let reading = try world.reading(40, at: 0, device: "silo-2")
            try await world.pool.execute(ERPTestQueries.removeDevice(world.device("silo-2").id))
            try await world.observe([reading])
            #expect(try await world.deliveries().count == 1)
        }
    }

    @Test func withoutMappingsNothingIsAsked() async throws {
        try await ERPWorld.with { world in
            let alarm = try await world.raise()
            await world.pool.shutdown()
            #expect(
                try await world.engine.deliveries(forAlarms: [alarm], plant: world.plant.snapshot, in: world.pool).count
                    == 0
            )
            let apply = try await world.engine.observe(
                readings: [try world.reading(1, at: 0)],
                plant: world.plant.snapshot,
                in: world.pool
            )
            apply()
        }
    }
}

@Suite(.timeLimit(.minutes(1))) struct MetricMappingTests {
    private func world(
        _ mapping: JSONValue = ERPWorld.stockMapping(),
        _ body: (ERPWorld) async throws -> Void
    ) async throws {
        try await ERPWorld.with { world in
            try await world.addConnector()
            try await world.mappings.put(key: world.key("stock"), document: mapping)
            try await body(world)
        }
    }

    private func quantities(_ world: ERPWorld) async throws -> [String] {
        try await world.deliveries().map { "\($0.fields["quantity"]?.text ?? "-") \($0.state)" }
    }

    @Test func changesMakeDeliveriesAndNewerOnesSupersede() async throws {
        try await world { world in
            try await world.observe([try world.reading(40, at: 0), try world.reading(40.4, at: 20)])
            #expect(try await quantities(world) == ["40 waiting"])
            try await world.observe([try world.reading(41, at: 25), try world.reading(43, at: 26)])
            #expect(try await quantities(world) == ["40 superseded", "41 waiting"])
            try await world.observe([try world.reading(43, at: 35), try world.reading(20, at: 45)])
            #expect(
                try await quantities(world) == ["40 superseded", "41 superseded", "43 superseded", "20 waiting"]
            )
        }
    }

    @Test func eachDeviceHasItsOwnMarkAndItem() async throws {
        try await world(ERPWorld.stockMapping([:])) { world in
            try await world.observe([try world.reading(40, at: 0), try world.reading(7.25, at: 0, device: "silo-2")])
            let deliveries = try await world.deliveries()
            #expect(Set(deliveries.map(\.item)) == ["silo-1", "silo-2"])
            #expect(deliveries.allSatisfy { $0.state == "waiting" })
            let fields: Set<JSONValue> = [["item": "silo-1", "quantity": 40], ["item": "silo-2", "quantity": 7.25]]
            #expect(Set(deliveries.map(\.fields)) == fields, "item and quantity have defaults")
        }
    }

    @Test func lateAndOldValuesAreIgnored() async throws {
        try await world { world in
            try await world.observe([try world.reading(40, at: 100)])
            try await world.observe([try world.reading(90, at: 50), try world.reading(90, at: 100)])
            var old = try world.reading(95, at: 200)
            old.receivedAt = old.timestamp.adding(seconds: 86_401)
            try await world.observe([old])
            #expect(try await quantities(world) == ["40 waiting"])
        }
    }

    @Test func whatIsNotCommittedIsForgotten() async throws {
        struct Crash: Error {}
        try await world { world in
            try await world.observe([try world.reading(40, at: 0)])
            // The transaction fails after the engine has written.
            await #expect(throws: Crash.self) {
                try await world.pool.transaction { transaction in
                    _ = try await world.engine.observe(
                        readings: [try world.reading(50, at: 20)],
                        plant: world.plant.snapshot,
                        in: transaction
                    )
                    throw Crash()
                }
            }
            #expect(try await quantities(world) == ["40 waiting"])
            // The redelivered reading is evaluated as if the first attempt had never been.
            try await world.observe([try world.reading(50, at: 20)])
            #expect(try await quantities(world) == ["40 superseded", "50 waiting"])
        }
    }

    @Test func whatIsCommittedIsKnownEvenWhenNobodySaidSo() async throws {
        try await world { world in
            // COMMIT succeeded, but its answer was lost: the closure is never called.
            _ = try await world.pool.transaction { transaction in
                try await world.engine.observe(
                    readings: [try world.reading(40, at: 0)],
                    plant: world.plant.snapshot,
                    in: transaction
                )
            }
            try await world.observe([try world.reading(40.2, at: 60)])
            #expect(try await quantities(world) == ["40 waiting"])
        }
    }

    @Test func marksOutliveTheProcess() async throws {
        try await world { world in
            try await world.observe([try world.reading(40, at: 0)])
            try await world.engine.load()
            try await world.observe([try world.reading(40.2, at: 60)])
            #expect(try await quantities(world) == ["40 waiting"])
            var changed = ERPWorld.stockMapping(interval: "PT1S").object ?? [:]
            changed["name"] = "Renamed"
            try await world.mappings.put(key: world.key("stock"), document: .object(changed))
            try await world.observe([try world.reading(40.3, at: 70)])
            #expect(try await quantities(world) == ["40 superseded", "40.3 waiting"], "another trigger begins anew")
        }
    }

    @Test func aNewerFigureWaitsForAnOlderOneThatMayStillArrive() async throws {
        try await world { world in
            try await world.observe([try world.reading(40, at: 0)])
            let first = try #require(try await world.deliveries().first)
            let settled = ERPWorld.start.adding(seconds: 300)
            try await world.pool.execute(ERPTestQueries.setState(first.id, "uncertain", next: settled))
            try await world.observe([try world.reading(50, at: 20)])
            let deliveries = try await world.deliveries()
            #expect(deliveries.map(\.state) == ["superseded", "waiting"])
            #expect(deliveries.last?.nextAttemptAt == settled)
        }
    }

    @Test func whatIsBeingSentIsNotSuperseded() async throws {
        try await world { world in
            try await world.observe([try world.reading(40, at: 0)])
            let first = try #require(try await world.deliveries().first)
            try await world.pool.execute(ERPTestQueries.setState(first.id, "leased", next: ERPWorld.start))
            try await world.observe([try world.reading(50, at: 20)])
            #expect(try await quantities(world) == ["40 leased", "50 waiting"])
        }
    }

    @Test(
        arguments: [
            (["item": "", "quantity": "${level}"], "/fields/item: The item must be a text of 1 to 255 characters."),
            (["item": "PP", "quantity": "${level} t"], "/fields/quantity: The quantity must be a number."),
        ] as [(JSONObject, String)]
    )
    func figuresThatMakeNoSenseAreDead(_ fields: JSONObject, _ detail: String) async throws {
        try await world(ERPWorld.stockMapping(fields)) { world in
            try await world.observe([try world.reading(40, at: 0)])
            let delivery = try #require(try await world.deliveries().first)
            #expect(delivery.state == "dead" && delivery.reason == "template-failed" && delivery.detail == detail)
        }
    }
}
