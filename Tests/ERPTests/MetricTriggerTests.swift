import Assets
import Primitives
import Testing

@testable import ERP

@Suite struct MetricTriggerTests {
    private func trigger(change: Double?, interval: Int64 = 60_000) -> MetricTrigger {
        MetricTrigger(
            metric: "level",
            profileID: 1,
            minChange: change,
            minInterval: ISODuration(milliseconds: interval)
        )
    }

    private func fires(
        _ trigger: MetricTrigger,
        _ value: Double,
        at seconds: Int64,
        after last: (Double, Int64)?
    ) -> Bool {
        trigger.fires(
            value,
            at: Timestamp(milliseconds: seconds * 1_000),
            after: last.map { MetricMark(value: $0.0, timestamp: Timestamp(milliseconds: $0.1 * 1_000)) },
            leastChange: trigger.minChange
        )
    }

    @Test func theFirstValueAlwaysFires() {
        #expect(fires(trigger(change: 5), 0, at: 0, after: nil))
    }

    @Test func anyChangeFiresByDefault() {
        #expect(fires(trigger(change: nil), 41.01, at: 60, after: (41, 0)))
        #expect(!fires(trigger(change: nil), 41, at: 60, after: (41, 0)))
    }

    @Test func smallChangesDoNotFire() {
        #expect(!fires(trigger(change: 0.5), 41.4, at: 60, after: (41, 0)))
        #expect(fires(trigger(change: 0.5), 41.5, at: 60, after: (41, 0)))
        #expect(fires(trigger(change: 0.5), 40.5, at: 60, after: (41, 0)))
        // 10.1 - 10.0 is a little less than 0.1 in binary.
        #expect(fires(trigger(change: 0.1), 10.1, at: 60, after: (10, 0)))
        #expect(fires(trigger(change: 0), 41, at: 60, after: (41, 0)), "zero means every interval")
    }

    @Test func nothingFiresWithinTheInterval() {
        #expect(!fires(trigger(change: 1), 99, at: 59, after: (41, 0)))
        #expect(fires(trigger(change: 1), 99, at: 60, after: (41, 0)))
        #expect(fires(trigger(change: 1, interval: 0), 99, at: 1, after: (41, 0)))
    }

    @Test func aCountersChangeIsThatOverItsRollover() {
        let last = MetricMark(value: 65_530, timestamp: Timestamp(milliseconds: 0))
        let now = Timestamp(milliseconds: 60_000)
        func fires(_ value: Double, _ rollover: Double?) -> Bool {
            trigger(change: 10).fires(value, at: now, after: last, leastChange: 10, rollover: rollover)
        }
        #expect(!fires(3, 65_536) && fires(4, 65_536), "9 and 10 further on")
        #expect(fires(3, nil), "without a roll-over value it fell by 65,527")
        #expect(fires(40_000, 65_536), "a reset")
    }

    @Test func lateValuesNeverFire() {
        #expect(!fires(trigger(change: 1, interval: 0), 99, at: 100, after: (41, 100)))
        #expect(!fires(trigger(change: 1, interval: 0), 99, at: 99, after: (41, 100)))
    }
}
