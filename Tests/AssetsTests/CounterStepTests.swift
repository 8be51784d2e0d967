import SeededRandom
import Testing

@testable import Assets

@Suite struct CounterStepTests {
    private static let rollovers = [1, 10, 256, 65_536, 9_999_999, 10_000_000, 4_294_967_296]

    /// Growth of up to half of the range a step, shown modulo the range: the sum is what really was counted.
    @Test(arguments: 0..<200)
    func whatIsShownModuloTheRangeAddsUpToTheTruth(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let rollover = Self.rollovers.randomElement(using: &random) ?? 65_536
        let most = max(1, [rollover / 2, rollover / 16].randomElement(using: &random) ?? 1)
        var (truth, shown, sum) = (0, Int.random(in: 0..<rollover, using: &random), 0.0)
        var wraps = 0
        for _ in 0..<400 {
            // A counter of range 1 shows nothing but 0.
            let increment = rollover == 1 ? 0 : Int.random(in: 0...most, using: &random)
            let next = (shown + increment) % rollover
            let step = CounterStep(from: Double(shown), to: Double(next), rollover: Double(rollover))
            if shown + increment >= rollover {
                wraps += 1
                #expect(step == .rollover(Double(increment)))
            } else {
                #expect(step == .growth(Double(increment)))
            }
            truth += increment
            sum += step.increase
            shown = next
        }
        #expect(sum == Double(truth), "rollover \(rollover)")
        #expect(rollover == 1 || wraps > 0)
    }

    /// A counter that is reset in the lower half of its range, or to more than would be half a round, is not thought to
    /// have rolled over.
    @Test(arguments: 0..<200)
    func resetsAreStillRecognised(seed: UInt64) {
        var random = SeededGenerator(seed: seed &+ 1_000)
        let rollover = Double(Self.rollovers[3...].randomElement(using: &random) ?? 65_536)
        let before = Double.random(in: 1..<rollover, using: &random).rounded(.down)
        let after = Double.random(in: 0..<before, using: &random).rounded(.down)
        let step = CounterStep(from: before, to: after, rollover: rollover)
        if rollover - before + after > rollover / 2 {
            #expect(step == .reset(after))
        } else {
            #expect(step == .rollover(rollover - before + after))
            #expect(before >= rollover / 2, "only what stands in the upper half can roll over")
        }
        #expect(step.increase <= max(after, rollover / 2))
        #expect(CounterStep(from: before, to: after, rollover: nil) == .reset(after))
    }

    @Test func theEdgesOfTheRule() {
        func step(_ earlier: Double, _ later: Double, _ rollover: Double? = 65_536) -> CounterStep {
            CounterStep(from: earlier, to: later, rollover: rollover)
        }
        #expect(step(65_535, 0) == .rollover(1))
        #expect(step(65_535, 32_767) == .rollover(32_768), "half of the range")
        #expect(step(65_535, 32_768) == .reset(32_768), "more than half of it")
        #expect(step(32_768, 0) == .rollover(32_768))
        #expect(step(32_767, 0) == .reset(0))
        #expect(step(100, 100) == .growth(0))
        #expect(step(0, 65_535) == .growth(65_535), "a rise is a rise, however large")
        #expect(step(9_999_999, 4, 9_999_999) == .rollover(4), "a display that shows its last value")
        #expect(step(70_000, 5) == .reset(5), "beyond the range: the roll-over value is not the counter's")
        #expect(step(65_000, -5) == .reset(0), "a negative value is none of a counter's")
        #expect(step(99_999.5, 0.25, 100_000) == .rollover(0.75))
    }
}
