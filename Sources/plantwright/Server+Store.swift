import Foundation
import Observability
import Primitives
import Telemetry

extension ServerParts {
    /// What works on stored readings in the process that ingests: rollups, packing, partitions.
    func storeWorkers() -> [@Sendable () async -> Void] {
        let clock = WallClock.system
        let roller = RollupWorker(
            pool: pool,
            plant: plant,
            writer: writer,
            metrics: metrics.store,
            clock: clock,
            logger: logger
        )
        let packer = PackingWorker(
            pool: pool,
            writer: writer,
            metrics: metrics.store,
            clock: clock,
            logger: logger
        )
        let keeper = PartitionKeeper(
            pool: pool,
            plant: plant,
            metrics: metrics.store,
            clock: clock,
            logger: logger
        )
        return [{ await roller.run() }, { await packer.run() }, { await keeper.run() }]
    }
}

extension DiskUsage {
    /// Asks the file system (POSIX `statvfs`) that holds a directory.
    ///
    /// - Returns: nil when it cannot be asked.
    init?(ofDirectory path: String) {
        var figures = statvfs()
        guard statvfs(path, &figures) == 0 else { return nil }
        let block = Int64(clamping: figures.f_frsize)
        let total = block.multipliedReportingOverflow(by: Int64(clamping: figures.f_blocks))
        let free = block.multipliedReportingOverflow(by: Int64(clamping: figures.f_bavail))
        guard !total.overflow, !free.overflow else { return nil }
        self.init(path: path, total: total.partialValue, free: free.partialValue)
    }
}
