import Assets
import ERPConnectors
import Foundation
import Logging
import Primitives
import Testing

@testable import ERP

/// A history that tests make up.
private struct MadeUpHistory: DryRunHistory {
    var alarms: [PastAlarm] = []
    var readings: [Int32: [Reading]] = [:]
    /// Called before each portion.
    var gate: @Sendable () async throws -> Void = {}

    func alarms(
        ofRule ruleID: Int32,
        byEnd: Bool,
        from: Timestamp,
        to: Timestamp,
        _ body: ([PastAlarm]) async throws -> Void
    ) async throws {
        try await gate()
        let found = alarms.filter { alarm in
            let time = byEnd ? alarm.clearedAt : alarm.raisedAt
            return time.map { from <= $0 && $0 < to } ?? false
        }
        for alarm in found { try await body([alarm]) }
    }

    func readings(
        of device: Device,
        from: Timestamp,
        to: Timestamp,
        _ body: ([Reading]) async throws -> Void
    ) async throws {
        try await gate()
        var rest = (readings[device.id] ?? []).filter { from <= $0.timestamp && $0.timestamp < to }[...]
        while !rest.isEmpty {
            try await body(Array(rest.prefix(7)))
            rest = rest.dropFirst(7)
        }
    }
}

@Suite(.timeLimit(.minutes(1))) struct DryRunTests {
    private func runs(_ world: ERPWorld, _ history: MadeUpHistory) -> DryRuns {
        DryRuns(
            session: world.pool,
            plant: world.plant,
            registry: world.registry,
            history: history,
            clock: world.clock.clock,
            identifiers: .system,
            link: { _ in "http://pw.example/deliveries/…" },
            logger: Logger(label: "test.dry-run") { _ in SwiftLogNoOpLogHandler() }
        )
    }

    private func finished(_ runs: DryRuns, _ id: UUID) async throws -> JSONValue {
        while try runs.get(id).state == .running { await Task.yield() }
        return try runs.get(id).json
    }

    private func alarm(
        _ world: ERPWorld,
        hour: Double,
        device: String = "motor-1",
        severity: String = "high"
    ) throws
        -> PastAlarm
    {
        let device = try world.device(device)
        let time = ERPWorld.start.adding(seconds: (hour - 48) * 3_600)
        return PastAlarm(
            id: UUID(),
            deviceID: device.id,
            assetID: device.assetID,
            severity: severity,
            raisedAt: time,
            receivedAt: time.adding(seconds: 1),
            clearedAt: time.adding(seconds: 600)
        )
    }

    private func reading(_ world: ERPWorld, _ alarm: PastAlarm, _ temperature: Double) -> Reading {
        Reading(
            deviceID: alarm.deviceID,
            timestamp: alarm.raisedAt,
            receivedAt: alarm.receivedAt,
            quality: 0,
            values: MetricValues(slots: [temperature, 0])
        )
    }

    @Test func alarmsBecomeRequestsAndAreCompared() async throws {
        try await ERPWorld.with { world in
            try await world.addConnector()
            let key = try world.key("m")
            try await world.mappings.put(key: key, document: ERPWorld.orderMapping(["title": "Hot ${alarm.severity}"]))
            var history = MadeUpHistory()
            history.alarms = [
                try alarm(world, hour: 1), try alarm(world, hour: 2, severity: "low"),
                try alarm(world, hour: 3, severity: "critical"),
            ]
            var draft = ERPWorld.orderMapping(["title": "Hot ${alarm.severity}"]).object ?? [:]
            draft["condition"] = "alarm.severity != 'low'"
            draft["fields"] = ["title": "${if(alarm.severity == 'critical', 'Very hot', 'Hot high')}"]
            let runs = runs(world, history)
            let id = try await runs.start(key: key, draft: .object(draft), days: 7)
            let result = try await finished(runs, id)
            #expect(result["state"] == "done" && result["progress"] == 1.0 && result["days"] == 7)
            #expect(result["causes"] == 3 && result["deliveries"] == 2 && result["failed"] == 0)
            #expect(result["suppressed"] == [["reason": "condition", "count": 1]])
            let examples = try #require(result["examples"]?.array)
            #expect(examples.count == 2 && examples[0]["device"]?["key"] == "motor-1" && examples[0]["issues"] == [])
            #expect(examples[0]["request"]?["url"] == "https://erp.example/api/orders")
            #expect(examples[0]["request"]?["body"]?["title"] == examples[0]["fields"]?["title"])
            let difference = try #require(result["difference"])
            #expect(difference["version"] == 1 && difference["removed"] == 1 && difference["added"] == 0)
            #expect(examples.map { $0["fields"]?["title"] ?? .null } == ["Very hot", "Hot high"])
            #expect(difference["changed"] == 1)
            #expect(try await world.deliveries().isEmpty, "nothing is stored")
        }
    }

    @Test func metricsOfTheReadingAreReadOnlyWhenTheyMatter() async throws {
        try await ERPWorld.with { world in
            try await world.addConnector()
            let key = try world.key("m")
            var history = MadeUpHistory()
            history.alarms = [try alarm(world, hour: 1), try alarm(world, hour: 2)]
            history.readings[history.alarms[0].deviceID] = [reading(world, history.alarms[0], 81)]
            let runs = runs(world, history)
            let draft = ERPWorld.orderMapping(["title": "${temperature} °C"])
            let result = try await finished(runs, try await runs.start(key: key, draft: draft, days: 7))
            #expect(result["deliveries"] == 1 && result["failed"] == 1 && result["difference"] == .null)
            let titles = result["examples"]?.array?.map { $0["fields"]?["title"] ?? .null }
            #expect(titles == [.null, "81 °C"])
        }
    }

    @Test func limitsAndMissingOrdersAreCounted() async throws {
        try await ERPWorld.with { world in
            try await world.addConnector()
            let key = try world.key("m")
            var history = MadeUpHistory()
            history.alarms = try (1...5).map { try alarm(world, hour: Double($0)) }
            let runs = runs(world, history)
            var draft = ERPWorld.orderMapping().object ?? [:]
            draft["limits"] = ["perAsset": 2, "per": "PT3H"]
            let limited = try await finished(runs, try await runs.start(key: key, draft: .object(draft), days: 7))
            #expect(limited["deliveries"] == 4 && limited["suppressed"] == [["reason": "limit", "count": 1]])
            draft["limits"] = nil
            draft["trigger"] = ["rule": "hot", "on": "recurred", "within": "PT1H"]
            let recurred = try await finished(runs, try await runs.start(key: key, draft: .object(draft), days: 7))
            #expect(recurred["deliveries"] == 4, "an hour after the start is less than an hour after the end")
            #expect(recurred["suppressed"] == [["reason": "not-recurred", "count": 1]])
            #expect(recurred["assumptions"]?.array?.isEmpty == false)
        }
    }

    @Test func figuresFollowTheReadings() async throws {
        try await ERPWorld.with { world in
            try await world.addConnector()
            let key = try world.key("s")
            try await world.mappings.put(key: key, document: ERPWorld.stockMapping())
            let device = try world.device("silo-1")
            var history = MadeUpHistory()
            history.readings[device.id] = (0..<100).map { index in
                let time = ERPWorld.start.adding(seconds: Double(index - 200) * 60)
                let values = MetricValues(slots: [Double(index) / 10, 0])
                return Reading(deviceID: device.id, timestamp: time, receivedAt: time, quality: 0, values: values)
            }
            let runs = runs(world, history)
            var draft = ERPWorld.stockMapping().object ?? [:]
            draft["deadBand"] = 1
            let id = try await runs.start(key: key, draft: .object(draft), days: 1)
            let result = try await finished(runs, id)
            #expect(result["deliveries"] == 10)
            #expect(result["difference"]?["removed"] == 10 && result["difference"]?["added"] == 0)
            // Another trigger: nothing stays.
            draft = ERPWorld.orderMapping(rule: "site").object ?? [:]
            let other = try await finished(runs, try await runs.start(key: key, draft: .object(draft), days: 1))
            #expect(other["deliveries"] == 0 && other["difference"]?["removed"] == 20)
        }
    }

    @Test func faultsAndLimitsOfRuns() async throws {
        try await ERPWorld.with { world in
            try await world.addConnector()
            let key = try world.key("m")
            var history = MadeUpHistory()
            history.gate = { try await Task.sleep(for: .seconds(600)) }
            let runs = runs(world, history)
            await #expect(throws: ResourceFailure.self) { try await runs.start(key: key, draft: nil, days: 1) }
            do {
                _ = try await runs.start(key: key, draft: ERPWorld.orderMapping(["title": "${x}"]), days: 1)
                Issue.record("started")
            } catch let error as InvalidInput {
                #expect(error.issues.map(\.pointer) == ["/mapping/fields/title"])
            }
            let first = try await runs.start(key: key, draft: ERPWorld.orderMapping(), days: 1)
            let second = try await runs.start(key: key, draft: ERPWorld.orderMapping(), days: 1)
            #expect(try runs.get(first).state == .running)
            await #expect(throws: ResourceFailure.self) {
                try await runs.start(key: key, draft: ERPWorld.orderMapping(), days: 1)
            }
            try runs.cancel(first)
            #expect(try runs.get(first).state == .cancelled && runs.get(second).state == .running)
            try runs.cancel(first)
            #expect(throws: ResourceFailure.self, "forgotten") { try runs.get(first) }
            try runs.cancel(second)
            world.clock.advance(seconds: 3_601)
            #expect(throws: ResourceFailure.self, "kept for an hour") { try runs.get(second) }
        }
    }
}
