import Assets
import Primitives

extension ReadingStore {
    /// One line of a chart of several devices.
    public struct Series: Sendable {
        /// The device.
        public var device: Device
        /// Its metric.
        public var metric: Metric

        /// Names a series.
        public init(device: Device, metric: Metric) {
            self.device = device
            self.metric = metric
        }
    }

    /// How many devices are read at the same time.
    static let parallelReads = 4

    /// Ranges for a chart, one result per series in the order asked for.
    public func columns(
        of series: [Series],
        from: Timestamp,
        to: Timestamp,
        points: Int
    ) async throws -> [ReadingColumns] {
        try await withThrowingTaskGroup(of: (Int, ReadingColumns).self) { group in
            var found = [ReadingColumns?](repeating: nil, count: series.count)
            for (index, one) in series.enumerated() {
                if index >= Self.parallelReads, let (done, columns) = try await group.next() { found[done] = columns }
                group.addTask {
                    let columns = try await self.columns(
                        device: one.device,
                        metrics: [one.metric],
                        from: from,
                        to: to,
                        points: points
                    )
                    return (index, columns)
                }
            }
            for try await (done, columns) in group { found[done] = columns }
            return found.compactMap { $0 }
        }
    }
}
