import Assets
import Logging
import Observability
import PostgreSQL
import Primitives

/// Packs the readings of ended months into blocks, one small transaction each, and gives their space back.
///
/// It may be killed at any moment: a block and the rows it stands for change places in one transaction, after the block
/// was decoded and compared. One per installation: it runs in the process that ingests.
public final class PackingWorker: Sendable {
    /// A day with no more readings becomes one block, any other one an hour.
    static let fewReadings: Int64 = 4_000
    /// An hour with more readings stays as it is.
    static let mostReadings = 200_000

    private let pool: PostgresPool
    private let writer: IngestWriter
    private let metrics: StoreMetrics
    private let clock: WallClock
    private let logger: Logger
    /// How long after its end a month is packed, in seconds.
    private let packAfter: Double

    /// Makes a worker; it uses one connection of the pool at a time.
    public init(
        pool: PostgresPool,
        writer: IngestWriter,
        metrics: StoreMetrics,
        clock: WallClock,
        logger: Logger,
        packAfter: Duration = .seconds(2 * 86_400)
    ) {
        self.pool = pool
        self.writer = writer
        self.metrics = metrics
        self.clock = clock
        self.logger = logger
        self.packAfter = packAfter.seconds
    }

    /// Works until the task is cancelled: a pass, then a rest.
    public func run(every rest: Duration = .seconds(600)) async {
        await RepeatedPass("Packing", every: rest, logger: logger, pass: pass).run()
    }

    /// Packs everything that may be packed now.
    public func pass() async throws {
        let now = clock.now
        let due = try await pool.query(PartitionQueries.leaves()).compactMap { leaf -> ReadingPartition? in
            guard leaf.bytes > 0, let partition = ReadingPartition(name: leaf.name),
                partition.end.adding(seconds: packAfter) <= now, partition.expiry.map({ $0 > now }) ?? true
            else { return nil }
            return partition
        }
        guard let end = due.map(\.end).max() else { return }
        // From here on, whoever writes before that time looks for blocks and locks out their making.
        _ = try await writer.whileIngestRests { _ in self.writer.frontier.allowPacking(before: end) }
        for partition in due.sorted() { try await pack(partition) }
    }

    private func pack(_ partition: ReadingPartition) async throws {
        var isWhole = true
        var device = Int32.min
        while let next = try await pool.first(PackingQueries.nextDevice(from: device, in: partition)) {
            isWhole = try await pack(next, in: partition) && isWhole
            if next == .max { break }
            device = next + 1
        }
        if isWhole { try await empty(partition) }
    }

    /// Packs what a device has in a partition.
    ///
    /// - Returns: whether nothing was left.
    private func pack(_ device: Int32, in partition: ReadingPartition) async throws -> Bool {
        var isWhole = true
        var time = partition.month
        while let next = try await pool.first(PackingQueries.nextTime(device: device, from: time, in: partition)) {
            try Task.checkCancellation()
            let (end, isPacked) = try await packBlock(device, at: next, in: partition)
            isWhole = isWhole && isPacked
            time = end
        }
        return isWhole
    }

    /// Packs the day or hour that a time is in.
    ///
    /// - Returns: its end, and whether it was packed.
    private func packBlock(
        _ device: Int32,
        at time: Timestamp,
        in partition: ReadingPartition
    ) async throws -> (end: Timestamp, isPacked: Bool) {
        try await pool.transaction { transaction in
            let (day, hour) = (time.floored(to: PackedBlock.day), time.floored(to: PackedBlock.hour))
            guard try await transaction.first(PackedBlockQueries.tryLock(device: device)) == true else {
                return (hour.adding(microseconds: PackedBlock.hour), false)
            }
            let isDay = try await transaction.first(
                PackingQueries.fitsOneBlock(device: device, partition.retention, day: day, limit: Self.fewReadings)
            )
            let (start, width) = isDay == true ? (day, PackedBlock.day) : (hour, PackedBlock.hour)
            let stretch = RetentionSchedule.Stretch(
                from: start,
                to: start.adding(microseconds: width),
                retention: partition.retention
            )
            let readings = try await transaction.query(PackingQueries.readings(device: device, stretch))
            guard readings.count <= Self.mostReadings, let data = encode(readings, start: start) else {
                return (stretch.to, false)
            }
            try await replace(readings, stretch, by: data, width: width, in: partition, transaction)
            metrics.readingsPacked.increment(by: readings.count)
            return (stretch.to, true)
        }
    }

    /// The readings as bytes that were seen to give the same readings again; nil when they do not.
    private func encode(_ readings: [Reading], start: Timestamp) -> [UInt8]? {
        guard let device = readings.first?.deviceID, PackedBlock.fits(readings) else { return nil }
        let data = PackedBlock.encode(readings, start: start)
        do throws(PackingError) {
            let decoded = try PackedBlock.decode(data, device: device, start: start)
            if PackedBlock.areSame(decoded, readings) { return data }
        } catch {
            logger.error("A packed block cannot be read", metadata: ["error": "\(error)"])
        }
        logger.error("Readings stay unpacked", metadata: ["device": "\(device)", "start": "\(start.rfc3339)"])
        return nil
    }

    private func replace(
        _ readings: [Reading],
        _ stretch: RetentionSchedule.Stretch,
        by data: [UInt8],
        width: Int64,
        in partition: ReadingPartition,
        _ transaction: Transaction
    ) async throws {
        guard let device = readings.first?.deviceID else { return }
        let points = readings.reduce(0) { $0 + $1.values.slots.count { !$0.isNaN } }
        let block = StoredBlock(
            deviceID: device,
            retention: stretch.retention,
            start: stretch.from,
            points: Int32(clamping: points),
            bytes: data.count,
            readings: readings
        )
        let hours = Int16(width / PackedBlock.hour)
        _ = try await transaction.execute(PackedBlockQueries.insert(block, hours: hours, data: data))
        let deleted = try await transaction.execute(PackingQueries.delete(device: device, stretch))
        guard deleted == readings.count else { throw PackingFailure(expected: readings.count, deleted: deleted) }
        _ = try await transaction.execute(
            PackedBlockQueries.count(
                partition,
                rows: Int64(readings.count),
                points: Int64(points),
                bytes: Int64(data.count)
            )
        )
    }

    /// Gives the space of a partition back when nothing is left in it; others wait for it a fifth of a second at most.
    private func empty(_ partition: ReadingPartition) async throws {
        do {
            try await pool.transaction { transaction in
                _ = try await transaction.execute(PartitionQueries.shortLocalLockTimeout())
                _ = try await transaction.execute(PackingQueries.lock(partition))
                let left = PackingQueries.nextDevice(from: .min, in: partition)
                guard try await transaction.first(left) == nil else { return }
                _ = try await transaction.execute(PackingQueries.truncate(partition))
            }
        } catch let error as PostgresError where error.sqlState == .lockNotAvailable {
            logger.debug("A packed partition is in use", metadata: ["partition": "\(partition.name)"])
        }
    }
}

/// Rows changed while they were packed, which their lock should prevent; the transaction is rolled back.
struct PackingFailure: Error, Hashable {
    var expected: Int
    var deleted: Int
}

extension PackedBlock {
    /// Whether readings are the same bit for bit.
    package static func areSame(_ left: [Reading], _ right: [Reading]) -> Bool {
        left.count == right.count
            && zip(left, right).allSatisfy { left, right in
                left.deviceID == right.deviceID && left.timestamp == right.timestamp
                    && left.receivedAt == right.receivedAt && left.quality == right.quality
                    && left.values.slots.count == right.values.slots.count
                    && zip(left.values.slots, right.values.slots).allSatisfy {
                        $0.bitPattern == $1.bitPattern || ($0.isNaN && $1.isNaN)
                    }
            }
    }
}
