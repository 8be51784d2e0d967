import Foundation
import Observability
import PostgreSQL
import Primitives
import Telemetry

extension ServerParts {
    /// Reports sizes; of the disk only when our own PostgreSQL has its data there.
    static func makeStorage(
        _ pool: PostgresPool,
        settings: Settings,
        metrics: PlantwrightMetrics,
        clock: WallClock
    ) -> StorageStore {
        StorageStore(
            pool: pool,
            behind: { metrics.store.rollupsBehind.value },
            disk: { settings.database == nil ? DiskUsage(ofDirectory: settings.dataDirectory) : nil },
            clock: clock
        )
    }

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
