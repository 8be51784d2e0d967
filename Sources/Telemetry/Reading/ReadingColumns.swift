import Assets
import Primitives

/// A chart's data: columns over common times.
public struct ReadingColumns: Sendable {
    /// One metric's column.
    public enum Column: Sendable {
        /// One value per time; null where there is none and in gaps.
        case values([JSONValue])
        /// Per bucket; null where a bucket has no value. `increase` is that of counters, resets and roll-overs
        /// considered.
        case buckets(minimum: [Double?], maximum: [Double?], average: [Double?], increase: [Double?]?)
    }

    /// Width of a bucket in seconds; 0 when the readings are raw.
    public var bucket: Double
    /// What most of it was read from; nil for readings.
    public var source: RollupSpan?
    /// Source times, or starts of buckets.
    public var times: [Timestamp]
    /// Columns by metric key, in the order asked for.
    public var series: [(metric: Metric, column: Column)]

    /// The contract's name of the source: `raw`, `PT1M`, `PT10M`, `PT1H`.
    public var resolution: String { source?.name ?? "raw" }
}
