import Assets
import Primitives

/// Which buckets are worth a row: where a device reports so rarely that narrow buckets would be as many as its readings,
/// the readings themselves are read in their place.
///
/// A closed bucket of ten minutes with few readings has no minutes, a closed hour with few has no ten minutes; the number
/// of readings in its own row tells. It follows from the readings alone, not from what a profile expects, so it is the
/// same however they came. Where readings expire nothing is left out: the rollups outlive them. In a bucket that is still
/// open everything narrower is kept.
struct RollupDensity {
    /// A bucket of ten minutes with so many readings at most has no minutes: two readings per minute.
    static let fewInTenMinutes: Int32 = 20
    /// An hour with so many readings at most has no ten minutes.
    static let fewInHour: Int32 = 12

    let retention: RetentionSchedule

    /// Whether the narrower buckets of a closed one are left out.
    func isSparse(_ span: RollupSpan, _ bucket: Timestamp, readings: Int32) -> Bool {
        guard retention.retention(at: bucket) == .forever else { return false }
        switch span {
        case .minute: return false
        case .tenMinutes: return readings <= Self.fewInTenMinutes
        case .hour: return readings <= Self.fewInHour
        }
    }
}
