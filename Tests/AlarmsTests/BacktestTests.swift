import Assets
import Primitives
import Testing

@testable import Alarms

@Suite("Backtests")
struct BacktestTests {
    private func backtest(_ rule: Rule, limit: Int = 1_000) -> Backtest {
        Backtest(rule.definition, plant: PlantFixture.plant, states: PlantFixture.states, limit: limit)
    }

    @Test("The devices are those that the rule applies to, be it disabled")
    func devices() {
        func keys(_ rule: Rule) -> [String] { backtest(rule).devices.map(\.key) }
        #expect(keys(PlantFixture.rule(1, "temperature > 80", isEnabled: false)) == ["motor-1", "motor-2"])
        #expect(keys(PlantFixture.rule(1, "temperature > 80", scope: .assets([12]))) == ["motor-2"])
        #expect(keys(PlantFixture.rule(1, "level > 80", scope: .assets([10]))) == ["tank-1"])
        #expect(keys(PlantFixture.rule(1, "torque > 80")).isEmpty)
    }

    @Test("All alarms are counted, the first are listed")
    func limit() {
        var backtest = backtest(PlantFixture.rule(1, "temperature > 80"), limit: 3)
        for second in 0..<20 {
            backtest.consume(PlantFixture.reading(1, Double(second), second.isMultiple(of: 2) ? 90 : 10))
            backtest.consume(PlantFixture.reading(2, Double(second), 10))
            backtest.consume(PlantFixture.reading(3, Double(second), 90))
        }
        let result = backtest.result
        #expect(result.alarms == 10)
        #expect(result.occurrences.count == 3)
        #expect(result.isTruncated)
        #expect(result.readings == 40)
        #expect(result.devices[1] == BacktestResult.DeviceCounts(readings: 20, alarms: 10))
        #expect(result.devices[2] == BacktestResult.DeviceCounts(readings: 20, alarms: 0))
        #expect(result.devices[3] == nil, "not a device of the rule")
        #expect(result.occurrences.map(\.clearedAt) == [1, 3, 5].map { PlantFixture.at($0) })
    }

    @Test("The API's form lists alarms by time and devices by key")
    func json() {
        var backtest = backtest(PlantFixture.rule(1, "temperature > 80"))
        backtest.consume(PlantFixture.reading(2, 5, 90))
        backtest.consume(PlantFixture.reading(1, 0, 90))
        backtest.consume(PlantFixture.reading(1, 2, 10))
        let json = backtest.result.json(in: PlantFixture.plant)
        #expect(
            json == [
                "readings": 3, "alarmCount": 2, "truncated": false,
                "alarms": [
                    [
                        "device": "motor-1", "raisedAt": "2026-01-01T00:00:00.000Z",
                        "clearedAt": "2026-01-01T00:00:02.000Z", "durationSeconds": 2.0,
                    ],
                    [
                        "device": "motor-2", "raisedAt": "2026-01-01T00:00:05.000Z", "clearedAt": nil,
                        "durationSeconds": nil,
                    ],
                ],
                "devices": [
                    ["device": "motor-1", "readings": 2, "alarms": 1],
                    ["device": "motor-2", "readings": 1, "alarms": 1],
                ],
            ]
        )
    }
}
