import Primitives

/// The course of one metric.
public struct ChartPanel: Hashable, Sendable {
    /// How values follow each other.
    public enum Course: Hashable, Sendable {
        /// A measured number: points are joined.
        case line
        /// One of a few states, by the place of its name in this list: steps.
        case states([String])
    }

    /// A value at a time; a point without one is a gap.
    public struct Point: Hashable, Sendable {
        /// When.
        public var time: Timestamp
        /// The value, or the average of a stretch that begins then.
        public var value: Double?
        /// The lowest value of the stretch; nil for a single reading.
        public var low: Double?
        /// The highest value of the stretch.
        public var high: Double?

        /// Makes a point.
        public init(_ time: Timestamp, _ value: Double?, low: Double? = nil, high: Double? = nil) {
            self.time = time
            self.value = value
            self.low = low
            self.high = high
        }
    }

    /// A value that a rule compares with.
    public struct Threshold: Hashable, Sendable {
        /// The value.
        public var value: Double
        /// What is said of it: `> 80`.
        public var label: String

        /// Makes a threshold.
        public init(_ value: Double, _ label: String) {
            self.value = value
            self.label = label
        }
    }

    /// What people call the metric.
    public var name: String
    /// Its unit as people write it; empty for none.
    public var unit: String
    /// How values follow each other.
    public var course: Course
    /// The points in order of time.
    public var points: [Point]
    /// What a rule compares with.
    public var thresholds: [Threshold]

    /// Makes a panel.
    public init(
        name: String,
        unit: String = "",
        course: Course = .line,
        points: [Point],
        thresholds: [Threshold] = []
    ) {
        self.name = name
        self.unit = unit
        self.course = course
        self.points = points
        self.thresholds = thresholds
    }
}

extension ChartPanel {
    /// The lowest and the highest value with their times; nil without any.
    var extremes: (low: (value: Double, time: Timestamp), high: (value: Double, time: Timestamp))? {
        var low: (value: Double, time: Timestamp)?
        var high: (value: Double, time: Timestamp)?
        for point in points {
            guard let value = point.value, value.isFinite else { continue }
            let (bottom, top) = (min(point.low ?? value, value), max(point.high ?? value, value))
            if low.map({ bottom < $0.value }) ?? true { low = (bottom, point.time) }
            if high.map({ top > $0.value }) ?? true { high = (top, point.time) }
        }
        guard let low, let high else { return nil }
        return (low, high)
    }

    /// The values that the axis must show; thresholds too, unless they would squeeze the values to nothing.
    var span: ClosedRange<Double>? {
        guard let extremes else {
            let values = thresholds.map(\.value).filter(\.isFinite)
            return values.min().flatMap { low in values.max().map { low...$0 } }
        }
        var (low, high) = (extremes.low.value, extremes.high.value)
        let extent = max(high - low, abs(high) * 0.05, 1e-300)
        for threshold in thresholds where threshold.value.isFinite {
            let isNear = threshold.value >= low - 8 * extent && threshold.value <= high + 8 * extent
            if isNear { (low, high) = (min(low, threshold.value), max(high, threshold.value)) }
        }
        return low...high
    }
}
