import Assets
import Primitives

/// What became of a device's readings, as far as one batch or one day goes.
///
/// `received` = `stored` + `merged` + `duplicate` + `conflict`; refused messages count as `rejected` and not as received,
/// since it is unknown how many readings they held.
public struct LedgerLine: Hashable, Sendable {
    /// Readings that came in, redelivered ones included.
    public var received: Int64 = 0
    /// New rows.
    public var stored: Int64 = 0
    /// Readings that added values to a row.
    public var merged: Int64 = 0
    /// Readings told before.
    public var duplicate: Int64 = 0
    /// Readings that contradict a stored one.
    public var conflict: Int64 = 0
    /// New rows that were older than the device's newest.
    public var late: Int64 = 0
    /// Messages refused.
    public var rejected: Int64 = 0
    /// How often the next reading came later than its profile's interval allows.
    public var gaps: Int64 = 0
    /// For how long readings were missing in all, in seconds.
    public var gapSeconds: Double = 0
    /// Messages that the sequence of the device's edge node left out and that never came (Sparkplug).
    ///
    /// Each counts for the edge node and for all of its devices that were online: whose it was is unknown.
    public var sequenceGaps: Int64 = 0
    /// The least time from the device's clock to ours, in seconds: far from 0, or below it, the device's clock is wrong.
    public var leastDelay: Double?

    /// Makes an empty line.
    public init() {}

    /// The line without what only makes sense for readings that come as they are measured: gaps and delay.
    var withoutTiming: LedgerLine {
        var line = self
        line.gaps = 0
        line.gapSeconds = 0
        line.leastDelay = nil
        return line
    }

    /// Adds what became of stored readings.
    mutating func add(_ counts: ReadingCounts) {
        stored += Int64(counts.stored)
        merged += Int64(counts.merged)
        duplicate += Int64(counts.duplicate)
        conflict += Int64(counts.conflict)
        late += Int64(counts.late)
    }

    /// Adds another line.
    public static func += (left: inout LedgerLine, right: LedgerLine) {
        left.received += right.received
        left.stored += right.stored
        left.merged += right.merged
        left.duplicate += right.duplicate
        left.conflict += right.conflict
        left.late += right.late
        left.rejected += right.rejected
        left.gaps += right.gaps
        left.gapSeconds += right.gapSeconds
        left.sequenceGaps += right.sequenceGaps
        left.leastDelay = [left.leastDelay, right.leastDelay].compactMap { $0 }.min()
    }
}

/// When a reading counts as missing.
struct GapRule {
    /// How many intervals may pass before the next reading.
    static let tolerance = 2.5

    /// The profile's reporting interval in seconds; 0 when it has none.
    let interval: Double

    /// For how long readings are missing between two successive ones, in seconds; nil when none is.
    func missing(from earlier: Timestamp, to later: Timestamp) -> Double? {
        guard interval > 0 else { return nil }
        let span = later.seconds(since: earlier)
        return span > interval * Self.tolerance ? span - interval : nil
    }
}
