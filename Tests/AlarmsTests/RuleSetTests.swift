import Assets
import Expressions
import Primitives
import Testing

@testable import Alarms

@Suite("Which rules apply to which devices")
struct RuleSetTests {
    private func applied(_ rules: Rule...) -> [String] {
        let set = RuleSet(rules: rules, plant: PlantFixture.plant, states: PlantFixture.states)
        return set.units.indices.map { "\(set.key(of: $0).ruleID)@\(set.key(of: $0).deviceID)" }.sorted()
    }

    @Test("A rule of a profile applies to all its devices")
    func profile() {
        #expect(applied(PlantFixture.rule(5, "temperature > 80")) == ["5@1", "5@2"])
    }

    @Test("A rule of assets applies to their devices and those below, when the profile has the metrics")
    func assets() {
        #expect(applied(PlantFixture.rule(5, "temperature > 80", scope: .assets([11]))) == ["5@1"])
        #expect(applied(PlantFixture.rule(5, "temperature > 80", scope: .assets([10]))) == ["5@1", "5@2"])
        #expect(applied(PlantFixture.rule(5, "level < 5", scope: .assets([10]))) == ["5@3"])
        #expect(applied(PlantFixture.rule(5, "level < 5", scope: .assets([12]))).isEmpty)
        #expect(applied(PlantFixture.rule(5, "level < 5", scope: .assets([99]))).isEmpty)
    }

    @Test("Rules that are disabled or do not fit the profile apply to nothing")
    func skipped() {
        #expect(applied(PlantFixture.rule(5, "temperature > 80", isEnabled: false)).isEmpty)
        #expect(applied(PlantFixture.rule(5, "torque > 80")).isEmpty)
        #expect(applied(PlantFixture.rule(5, "temperature > 80", clear: "torque < 1")).isEmpty)
    }

    @Test("A unit is found by its key")
    func keys() {
        let rules = [PlantFixture.rule(5, "temperature > 80"), PlantFixture.rule(6, "vibration > 7")]
        let set = RuleSet(rules: rules, plant: PlantFixture.plant, states: PlantFixture.states)
        #expect(set.units.count == 4)
        for unit in set.units.indices { #expect(set.unit(set.key(of: unit)) == unit) }
        #expect(set.unit(RuleSet.UnitKey(ruleID: 5, deviceID: 3)) == nil)
        #expect(set.unit(RuleSet.UnitKey(ruleID: 7, deviceID: 1)) == nil)
        #expect(set.units(of: 99).isEmpty)
    }

    @Test("A batch tells what was raised and cleared, with the readings that did it")
    func evaluation() throws {
        let set = RuleSet(
            rules: [PlantFixture.rule(5, "temperature > 80 or mode == 'fault'")],
            plant: PlantFixture.plant,
            states: PlantFixture.states
        )
        let readings = [
            PlantFixture.reading(1, 0, 81), PlantFixture.reading(2, 0, 20, 2), PlantFixture.reading(1, 1, 20, 3),
            PlantFixture.reading(1, 2, 82), PlantFixture.reading(3, 0, 99),
        ]
        let evaluation = set.evaluate(
            readings,
            phases: [.normal, .normal],
            plant: PlantFixture.plant,
            identifiers: countingIdentifiers()
        )
        #expect(evaluation.raised.map(\.deviceID) == [1, 2, 1])
        #expect(evaluation.raised.map(\.raisedAt) == [0, 0, 2].map { PlantFixture.at($0) })
        #expect(evaluation.raised.map(\.receivedAt) == [0.5, 0.5, 2.5].map { PlantFixture.at($0) })
        #expect(evaluation.raised.map(\.clearedAt) == [PlantFixture.at(1), nil, nil])
        #expect(evaluation.raised.map(\.assetID) == [11, 12, 11])
        #expect(evaluation.raised[1].reading == readings[1])
        #expect(evaluation.cleared.map(\.id) == [evaluation.raised[0].id])
        #expect(evaluation.cleared.map(\.reason) == [.condition])
        let phase = try #require(set.unit(RuleSet.UnitKey(ruleID: 5, deviceID: 1)).flatMap { evaluation.phases[$0] })
        #expect(phase == .active(alarm: evaluation.raised[2].id, since: PlantFixture.at(2)))
    }
}
