import Primitives

/// How finely a chart is read and drawn.
struct ChartResolution: Hashable {
    /// The widest buckets to read; nil for readings.
    var source: RollupSpan?
    /// Width of a bucket of the answer in microseconds, a multiple of the source's.
    var width: Int64

    /// Fewer points than this make a coarse picture: then narrower buckets are read.
    static let fewestPoints = 300
    /// With more readings than this, minutes are read even if they make fewer points.
    static let mostReadings = 12_000

    /// The widest rollup that still makes enough points of a span; nil when even minutes do not.
    static func source(span: Int64, points: Int) -> RollupSpan? {
        let enough = Int64(min(points, fewestPoints))
        return RollupSpan.allCases.last { span / $0.width >= enough }
    }

    /// Widths that people can read off an axis, in seconds.
    private static let round: [Int64] = [
        1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1_200, 1_800, 3_600, 7_200, 10_800, 14_400, 21_600, 43_200, 86_400,
    ]

    /// The smallest round width with which at most `points` aligned buckets touch the span.
    static func width(span: Int64, points: Int, source: RollupSpan?) -> Int64 {
        if points < 2 { return span + 1 }
        let step = source?.width ?? 1
        let atLeast = span / Int64(points - 1) + 1
        let width = round.lazy.map { $0 * 1_000_000 }.first { $0 >= atLeast && $0 % step == 0 }
        let day: Int64 = 86_400_000_000
        return width ?? ((atLeast - 1) / day + 1) * day
    }
}
