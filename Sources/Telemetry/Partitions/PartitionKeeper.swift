import Assets
import Logging
import Observability
import PostgreSQL
import Primitives

/// Makes partitions ahead of need and drops those whose retention has passed, without blocking who writes.
///
/// One per installation: it runs in the process that ingests.
public final class PartitionKeeper: Sendable {
    private let pool: PostgresPool
    private let plant: PlantStore
    private let metrics: StoreMetrics
    private let clock: WallClock
    private let logger: Logger

    /// Makes a keeper; it uses one connection of the pool at a time.
    public init(
        pool: PostgresPool,
        plant: PlantStore,
        metrics: StoreMetrics,
        clock: WallClock,
        logger: Logger
    ) {
        self.pool = pool
        self.plant = plant
        self.metrics = metrics
        self.clock = clock
        self.logger = logger
    }

    /// Works until the task is cancelled: a pass, then a rest.
    public func run(every rest: Duration = .seconds(900)) async {
        await RepeatedPass("Partitions", every: rest, logger: logger, pass: pass).run()
    }

    /// Makes what will be needed, drops what has expired, notes the size.
    public func pass() async throws {
        let now = clock.now
        for retention in plant.snapshot.retentionClasses.sorted() {
            for months in 0...1 {
                let time = now.startOfMonth(addingMonths: months)
                let partition = ReadingPartition(retention: retention, holding: time)
                if try await partition.ensure(in: pool) {
                    logger.info("Made a partition", metadata: ["partition": "\(partition.name)"])
                }
            }
        }
        try await expire(now)
        try await pool.execute(StorageQueries.sample(at: now))
    }

    private func expire(_ now: Timestamp) async throws {
        for month in try await pool.query(PartitionQueries.packedMonths()) where Self.isOver(month.partition, now) {
            while try await pool.execute(PartitionQueries.deletePacked(month.partition, limit: 1_000)) > 0 {
                try Task.checkCancellation()
            }
            try await pool.execute(PartitionQueries.forgetPacked(month.partition))
        }
        for leaf in try await pool.query(PartitionQueries.leaves()) {
            guard let partition = ReadingPartition(name: leaf.name) else { continue }
            // A detached one was left over when its dropping was interrupted.
            guard leaf.parent == nil || leaf.isPending || Self.isOver(partition, now) else { continue }
            do {
                try await drop(leaf)
                metrics.partitionsDropped.increment()
                logger.notice("Dropped expired readings", metadata: ["partition": "\(leaf.name)"])
            } catch let error as PostgresError where error.sqlState == .lockNotAvailable {
                logger.info("An expired partition is in use", metadata: ["partition": "\(leaf.name)"])
            }
        }
    }

    private static func isOver(_ partition: ReadingPartition, _ now: Timestamp) -> Bool {
        partition.expiry.map { $0 <= now } ?? false
    }

    /// Detaches and drops a table; waits for nobody longer than a fifth of a second while others wait for it.
    private func drop(_ leaf: LeafPartition) async throws {
        try await pool.withConnection { connection in
            _ = try await connection.execute(PartitionQueries.shortLockTimeout())
            do {
                if let parent = leaf.parent {
                    let statement =
                        leaf.isPending
                        ? PartitionQueries.finishDetaching(leaf.name, from: parent)
                        : PartitionQueries.detach(leaf.name, from: parent)
                    _ = try await connection.execute(statement)
                }
                _ = try await connection.execute(PartitionQueries.drop(leaf.name))
            } catch {
                _ = try await connection.execute(PartitionQueries.usualLockTimeout())
                throw error
            }
            _ = try await connection.execute(PartitionQueries.usualLockTimeout())
        }
    }
}
