import Synchronization

/// A number that only grows: events since the start of the process.
public final class Counter: Sendable {
    private let count = Atomic<UInt64>(0)

    /// Makes a counter that stands at 0.
    public init() {}

    /// Counts events.
    public func increment(by amount: Int = 1) {
        count.add(UInt64(clamping: amount), ordering: .relaxed)
    }

    /// How many were counted.
    public var value: UInt64 { count.load(ordering: .relaxed) }
}

/// A number that goes up and down.
public final class Gauge: Sendable {
    private let bits = Atomic<UInt64>(Double(0).bitPattern)

    /// Makes a gauge that stands at 0.
    public init() {}

    /// Sets the value.
    public func set(_ value: Double) {
        bits.store(value.bitPattern, ordering: .relaxed)
    }

    /// Adds to the value; a negative amount takes away.
    public func add(_ amount: Double) {
        var current = bits.load(ordering: .relaxed)
        while true {
            let next = (Double(bitPattern: current) + amount).bitPattern
            let (exchanged, original) = bits.weakCompareExchange(expected: current, desired: next, ordering: .relaxed)
            if exchanged { return }
            current = original
        }
    }

    /// The value now.
    public var value: Double { Double(bitPattern: bits.load(ordering: .relaxed)) }
}

/// How often values fell into each of a few ranges, with their sum.
public final class Histogram: Sendable {
    /// What was observed so far.
    public struct Snapshot: Hashable, Sendable {
        /// How many values were at most as great as the bound of the same index.
        public var cumulativeCounts: [UInt64]
        /// How many values there were.
        public var count: UInt64
        /// Their sum.
        public var sum: Double
    }

    private struct State {
        var counts: [UInt64]
        var sum = 0.0
    }

    /// The upper bounds of the ranges, ascending; the last range has none.
    public let bounds: [Double]
    private let state: Mutex<State>

    /// Makes an empty histogram.
    public init(bounds: [Double]) {
        let sorted = bounds.filter(\.isFinite).sorted()
        self.bounds = sorted
        state = Mutex(State(counts: Array(repeating: 0, count: sorted.count + 1)))
    }

    /// Counts a value; NaN is ignored.
    public func observe(_ value: Double) {
        guard !value.isNaN else { return }
        let index = bounds.firstIndex { value <= $0 } ?? bounds.count
        state.withLock { state in
            state.counts[index] += 1
            state.sum += value
        }
    }

    /// Counts a duration in seconds.
    public func observe(_ duration: Duration) {
        let (seconds, attoseconds) = duration.components
        observe(Double(seconds) + Double(attoseconds) / 1e18)
    }

    /// What was observed so far.
    public var snapshot: Snapshot {
        let state = self.state.withLock { $0 }
        var total: UInt64 = 0
        let cumulative = state.counts.map { count in
            total += count
            return total
        }
        return Snapshot(cumulativeCounts: Array(cumulative.dropLast()), count: total, sum: state.sum)
    }
}

extension Histogram {
    /// Bounds for durations in seconds, from half a millisecond to ten seconds.
    public static let secondsBounds: [Double] = [
        0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10,
    ]
}
