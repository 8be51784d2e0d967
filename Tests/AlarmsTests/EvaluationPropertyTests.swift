import Assets
import Foundation
import Primitives
import SeededRandom
import Testing

@testable import Alarms

@Suite("Evaluation is deterministic")
struct EvaluationPropertyTests {
    /// An alarm without its identifier, which each attempt makes anew.
    private struct Occurrence: Hashable {
        var rule: Int32
        var device: Int32
        var raisedAt: Timestamp
        var clearedAt: Timestamp?
    }

    private let rules = [
        PlantFixture.rule(1, "temperature > 80"),
        PlantFixture.rule(2, "temperature > 80", hold: 3_000),
        PlantFixture.rule(3, "temperature > 80 and vibration > 5", hold: 1_000, clear: "temperature < 60"),
        PlantFixture.rule(4, "mode == 'fault'", scope: .assets([10])),
        PlantFixture.rule(5, "level < 50", hold: 2_000, scope: .assets([11])),
    ]

    private var set: RuleSet { RuleSet(rules: rules, plant: PlantFixture.plant, states: PlantFixture.states) }

    private func readings(_ generator: inout SeededGenerator) -> [Reading] {
        var readings: [Reading] = []
        for second in 0..<60 {
            for device: Int32 in 1...3 where Int.random(in: 0..<4, using: &generator) > 0 {
                func value(_ choices: [Double?]) -> Double? { choices.randomElement(using: &generator) ?? nil }
                readings.append(
                    device == 3
                        ? PlantFixture.reading(3, Double(second), value([40, 60, nil]))
                        : PlantFixture.reading(
                            device,
                            Double(second),
                            value([50, 70, 85, 90, nil]),
                            value([0, 1, 2, 3, nil]),
                            value([4, 6, nil])
                        )
                )
            }
        }
        return readings
    }

    /// Evaluates batches one after the other; an attempt that `fails` is dropped as after a crash and made again.
    private func run(_ batches: [[Reading]], fails: (Int) -> Bool = { _ in false }) -> Set<Occurrence> {
        var phases = [RulePhase](repeating: .normal, count: set.units.count)
        var alarms: [UUID: Occurrence] = [:]
        let (set, identifiers) = (self.set, countingIdentifiers())
        for (index, batch) in batches.enumerated() {
            if fails(index) {
                _ = set.evaluate(batch, phases: phases, plant: PlantFixture.plant, identifiers: identifiers)
            }
            let evaluation = set.evaluate(batch, phases: phases, plant: PlantFixture.plant, identifiers: identifiers)
            for (unit, phase) in evaluation.phases { phases[unit] = phase }
            for alarm in evaluation.raised {
                alarms[alarm.id] = Occurrence(
                    rule: alarm.rule.id,
                    device: alarm.deviceID,
                    raisedAt: alarm.raisedAt,
                    clearedAt: alarm.clearedAt
                )
            }
            for alarm in evaluation.cleared { alarms[alarm.id]?.clearedAt = alarm.clearedAt }
        }
        return Set(alarms.values)
    }

    private func split(_ readings: [Reading], _ generator: inout SeededGenerator) -> [[Reading]] {
        var rest = readings[...]
        var batches: [[Reading]] = []
        while !rest.isEmpty {
            let count = Int.random(in: 1...15, using: &generator)
            batches.append(Array(rest.prefix(count)))
            rest = rest.dropFirst(count)
        }
        return batches
    }

    @Test("Batches cut anywhere, and batches that crashed and came again, give the same alarms", arguments: 1...20)
    func batches(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        let readings = readings(&generator)
        let whole = run([readings])
        #expect(whole.count > 10, "the readings must cause alarms")
        #expect(whole.contains { $0.clearedAt == nil } || whole.contains { $0.clearedAt != nil })
        for _ in 0..<5 {
            let batches = split(readings, &generator)
            let crashes = Set(batches.indices.filter { _ in Bool.random(using: &generator) })
            #expect(run(batches) == whole)
            #expect(run(batches, fails: crashes.contains) == whole)
        }
        #expect(run(readings.map { [$0] }) == whole)
    }

    @Test("Devices do not influence each other: their order among one another is irrelevant", arguments: 30...35)
    func order(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        let readings = readings(&generator)
        let byDevice = ([1, 2, 3] as [Int32]).flatMap { device in readings.filter { $0.deviceID == device } }
        #expect(run([byDevice]) == run([readings]))
    }

    @Test("A backtest finds the alarms that the evaluation raises", arguments: 40...45)
    func backtest(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        let readings = readings(&generator)
        let all = run([readings])
        for rule in rules {
            var backtest = Backtest(rule.definition, plant: PlantFixture.plant, states: PlantFixture.states)
            for reading in readings { backtest.consume(reading) }
            let found = backtest.result.occurrences.map {
                Occurrence(rule: rule.id, device: $0.deviceID, raisedAt: $0.raisedAt, clearedAt: $0.clearedAt)
            }
            #expect(Set(found) == all.filter { $0.rule == rule.id })
            #expect(backtest.result.alarms == found.count)
            let devices = Set(backtest.devices.map(\.id))
            #expect(backtest.result.readings == readings.count { devices.contains($0.deviceID) })
        }
    }
}
