import Assets
import Primitives

/// The UTC months whose partitions exist.
struct KnownMonths {
    private var starts: Set<Timestamp> = []
    /// The month in which the last rows lay, to be tried first.
    private var recent: Range<Timestamp>?

    /// The months of rows that are not known to have a partition, the earliest first.
    func missing(for rows: [BatchDecoding.Row]) -> [Timestamp] {
        var missing: Set<Timestamp> = []
        for row in rows {
            if let recent, recent.contains(row.reading.timestamp) { continue }
            let month = row.reading.timestamp.startOfMonth()
            if !starts.contains(month) { missing.insert(month) }
        }
        return missing.sorted()
    }

    /// Notes that a month has its partition.
    mutating func insert(_ month: Timestamp) {
        starts.insert(month)
        // No month is shorter; the days that are missing at its end are found in the set.
        let reach = month..<month.adding(seconds: 28 * 86_400)
        if recent.map({ $0.lowerBound < month }) ?? true { recent = reach }
    }
}
