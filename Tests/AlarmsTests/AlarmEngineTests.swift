import Assets
import Foundation
import Observability
import PostgreSQL
import Primitives
import SeededRandom
import Synchronization
import TestSupport
import Testing

@testable import Alarms

@Suite("Evaluation in the transaction of a batch", .timeLimit(.minutes(1)))
struct AlarmEngineTests {
    private func hot(_ second: Double, device: Int32 = 1) -> Reading { PlantFixture.reading(device, second, 90) }
    private func cold(_ second: Double, device: Int32 = 1) -> Reading { PlantFixture.reading(device, second, 20) }

    @Test("Every statement fits the schema and its decoder")
    func statements() async throws {
        let database = try await TemporaryPostgreSQL.shared().migratedDatabase()
        try await assertPreparable(
            EvaluationQueries.all + RuleQueries.all + AlarmQueries.all + AlarmHistoryQueries.all
                + RuleVersionQueries.all,
            on: database
        )
    }

    @Test("An alarm is raised, stored with its causes, and cleared")
    func lifeCycle() async throws {
        try await Installation.with { site in
            let rule = try await site.put("hot", "temperature > 80", ["severity": "critical"])
            let raised = try await site.deliver([cold(0), hot(1), hot(2)]).raised
            #expect(raised.map(\.reading) == [hot(1)])
            #expect(raised.map(\.rule) == [rule])
            let open = try #require(try await site.stored().first)
            #expect(open.id == raised.first?.id)
            #expect(open.ruleKey == "hot" && open.ruleName == "Hot" && open.ruleRevision == rule.revision)
            #expect(open.deviceID == 1 && open.assetID == site.plant.snapshot.asset(key: "line-1")?.id)
            #expect(open.severity == .critical && open.isOpen && open.clearReason == nil)
            #expect(open.raisedAt == PlantFixture.at(1) && open.receivedAt == PlantFixture.at(1.5))
            #expect(try await site.phases() == ["hot/motor-1 active 1"])
            #expect(site.metrics.alarmsRaised.value == 1)

            let cleared = try await site.deliver([hot(3), cold(4)]).cleared
            #expect(cleared.map(\.id) == [open.id])
            let closed = try await site.alarms.alarm(open.id)
            #expect(closed.clearedAt == PlantFixture.at(4) && closed.clearReason == .condition)
            #expect(try await site.phases().isEmpty)
            #expect(try await site.stored().count == 1)
        }
    }

    @Test("Several alarms of one rule and device in one batch")
    func severalInOneBatch() async throws {
        try await Installation.with { site in
            try await site.put("hot", "temperature > 80")
            try await site.deliver([hot(0)])
            let result = try await site.deliver([cold(1), hot(2), cold(3), hot(4), hot(2, device: 2)])
            #expect(result.raised.map(\.clearedAt) == [PlantFixture.at(3), nil, nil])
            #expect(result.cleared.count == 2)
            let stored = try await site.stored().filter { $0.deviceID == 1 }
            #expect(stored.map(\.raisedAt) == [0, 2, 4].map { PlantFixture.at($0) })
            #expect(stored.map(\.clearedAt) == [PlantFixture.at(1), PlantFixture.at(3), nil])
            #expect(try await site.phases() == ["hot/motor-1 active 4", "hot/motor-2 active 2"])
        }
    }

    @Test("A wait and an open alarm outlive the server")
    func restart() async throws {
        try await Installation.with { site in
            try await site.put("hot", "temperature > 80", ["for": "PT10S"])
            try await site.deliver([hot(0)])
            #expect(try await site.phases() == ["hot/motor-1 pending 0"])
            let second = site.restartedEngine()
            #expect(try await site.deliver([hot(9)], engine: second).raised.isEmpty)
            #expect(try await site.deliver([hot(10)], engine: second).raised.map(\.raisedAt) == [PlantFixture.at(10)])
            let third = site.restartedEngine()
            #expect(try await site.deliver([hot(11)], engine: third).raised.isEmpty)
            #expect(try await site.deliver([cold(12)], engine: third).cleared.count == 1)
            #expect(try await site.stored().map(\.clearedAt) == [PlantFixture.at(12)])
        }
    }

    @Test("A batch that causes no step runs no statement")
    func quiet() async throws {
        try await Installation.with { site in
            try await site.put("hot", "temperature > 80", ["for": "PT10S"])
            try await site.put("shaky", "vibration > 5")
            try await site.deliver([hot(0)])
            let session = CountingSession(site.pool)
            let quiet = [hot(1), cold(1, device: 2), PlantFixture.reading(1, 2, nil)]
            _ = try await site.engine.evaluate(quiet, plant: site.plant.snapshot, in: session)
            #expect(session.statements.isEmpty)
            try await site.pool.transaction { transaction in
                let counting = CountingSession(transaction)
                let readings = [
                    hot(20), PlantFixture.reading(2, 2, 20, nil, 9), PlantFixture.reading(2, 3, 20, nil, 1),
                ]
                _ = try await site.engine.evaluate(readings, plant: site.plant.snapshot, in: counting)
                #expect(
                    counting.statements.map { $0.replacing("alarms.evaluation.", with: "") }
                        == ["take-turn", "lock-rules", "insert", "store"]
                )
            }
        }
    }

    @Test("What was rolled back is evaluated again, what was committed is not")
    func crashes() async throws {
        try await Installation.with { site in
            try await site.put("hot", "temperature > 80")
            #expect(try await site.deliver([hot(0)], .rolledBack).raised.count == 1)
            #expect(try await site.stored().isEmpty)
            #expect(try await site.deliver([hot(0)], .rolledBack).raised.count == 1)
            #expect(try await site.deliver([hot(0)], .committed).raised.count == 1)
            #expect(site.metrics.alarmsRaised.value == 0, "counted when it is taken into memory")
            #expect(try await site.deliver([hot(1), cold(2)]).cleared.count == 1)
            #expect(try await site.stored().count == 1)
        }
    }

    @Test("Random batches and random crashes give the alarms of one undisturbed run", arguments: 1...3)
    func property(seed: UInt64) async throws {
        try await Installation.with { site in
            let definitions = [
                try await site.put("a", "temperature > 80"),
                try await site.put("b", "temperature > 80", ["for": "PT3S"]),
                try await site.put("c", "mode == 'fault'", ["clear": "mode == 'idle'"]),
            ]
            var generator = SeededGenerator(seed: seed)
            let fault = try #require(site.plant.states.code(of: "fault"))
            let idle = try #require(site.plant.states.code(of: "idle"))
            let readings = (0..<120).map { second in
                PlantFixture.reading(
                    Int32.random(in: 1...2, using: &generator),
                    Double(second),
                    [20, 70, 90, 95, nil].randomElement(using: &generator) ?? nil,
                    [Double(fault), Double(idle), 1, nil].randomElement(using: &generator) ?? nil
                )
            }
            var engine = site.engine
            var rest = readings[...]
            while !rest.isEmpty {
                let batch = Array(rest.prefix(Int.random(in: 1...12, using: &generator)))
                let fate = Installation.Fate.allCases.randomElement(using: &generator) ?? .applied
                try await site.deliver(batch, fate, engine: engine)
                if fate != .rolledBack { rest = rest.dropFirst(batch.count) }
                if Int.random(in: 0..<4, using: &generator) == 0 { engine = site.restartedEngine() }
            }
            for rule in definitions {
                var backtest = Backtest(rule.definition, plant: site.plant.snapshot, states: site.plant.states)
                for reading in readings { backtest.consume(reading) }
                let expected = Set(backtest.result.occurrences)
                let stored = try await site.stored(AlarmFilter(ruleID: rule.id)).map {
                    BacktestResult.Occurrence(deviceID: $0.deviceID, raisedAt: $0.raisedAt, clearedAt: $0.clearedAt)
                }
                #expect(stored.count == expected.count && Set(stored) == expected, "\(rule.key)")
                #expect(!stored.isEmpty)
            }
        }
    }

    @Test("A rule that changes while a batch is evaluated counts as it was committed")
    func staleRules() async throws {
        try await Installation.with { site in
            try await site.put("hot", "temperature > 80")
            let other = site.restartedEngine()
            try await site.deliver([cold(0)], engine: other)
            // The other engine is not told, as when the write commits in the middle of its batch.
            try await site.put("hot", "temperature > 95")
            #expect(try await site.deliver([hot(1)], engine: other).raised.isEmpty)
            let raised = try await site.deliver([PlantFixture.reading(1, 2, 96)], engine: other).raised
            #expect(raised.map(\.rule.revision) == [2])
            try await site.rules.patch(key: site.key("hot"), document: ["enabled": false])
            #expect(try await site.deliver([PlantFixture.reading(2, 3, 96)], engine: other).raised.isEmpty)
            #expect(try await site.stored().map(\.clearReason) == [.ruleDisabled])
        }
    }

    @Test("Disabling a rule waits for a batch that raises its alarm, and clears it")
    func disablingDuringABatch() async throws {
        try await Installation.with { site in
            try await site.put("hot", "temperature > 80")
            let key = try site.key("hot")
            let change = Mutex<Task<Rule, any Error>?>(nil)
            try await site.pool.transaction { transaction in
                let session = CountingSession(transaction) { statement in
                    guard statement == "alarms.evaluation.lock-rules" else { return }
                    change.withLock { $0 = Task { try await site.rules.patch(key: key, document: ["enabled": false]) } }
                    // From here on the change must wait, before the alarm is written.
                    await #expect(throws: Never.self) { try await site.lockIsAwaited() }
                }
                let result = try await site.engine.evaluate([hot(0)], plant: site.plant.snapshot, in: session)
                #expect(result.raised.count == 1)
            }
            _ = try await change.withLock { $0 }?.value
            let alarm = try #require(try await site.stored().first)
            #expect(alarm.clearReason == .ruleDisabled && alarm.clearedAt == Installation.now)
            #expect(try await site.phases().isEmpty)
            #expect(try await site.deliver([hot(1)]).raised.isEmpty)
        }
    }

    @Test("Loading waits for a transaction whose outcome is not known yet")
    func doubtfulCommit() async throws {
        try await Installation.with { site in
            try await site.put("hot", "temperature > 80")
            let second = site.restartedEngine()
            let later = try await site.pool.transaction { transaction in
                _ = try await site.engine.evaluate([hot(0)], plant: site.plant.snapshot, in: transaction)
                let later = Task { try await site.deliver([hot(1)], engine: second) }
                try await site.lockIsAwaited()
                return later
            }
            #expect(try await later.value.raised.isEmpty)
            #expect(try await site.stored().count == 1)
        }
    }

    @Test("An alarm of a device that its rule no longer watches is cleared with the next batch")
    func strays() async throws {
        try await Installation.with { site in
            try await site.put("hot", "temperature > 80", ["profile": nil, "assets": ["line-1"]])
            try await site.put("slow", "vibration < 1", ["profile": nil, "assets": ["line-1"], "for": "PT5S"])
            let first = try await site.deliver([PlantFixture.reading(1, 0, 90, nil, 0)]).raised
            #expect(try await site.phases() == ["hot/motor-1 active 0", "slow/motor-1 pending 0"])
            _ = try await site.plant.putDevice(
                key: site.key("motor-1"),
                document: ["name": "Motor 1", "profile": "motor", "asset": "line-2"]
            )
            for fate in [Installation.Fate.rolledBack, .applied] {
                let cleared = try await site.deliver([cold(1, device: 2)], fate).cleared
                #expect(cleared.map(\.id) == first.map(\.id) && cleared.map(\.reason) == [.ruleDisabled])
            }
            #expect(try await site.deliver([cold(2, device: 2)]).cleared.isEmpty)
            #expect(try await site.stored().map(\.clearedAt) == [Installation.now])
            #expect(try await site.phases().isEmpty)
        }
    }
}
