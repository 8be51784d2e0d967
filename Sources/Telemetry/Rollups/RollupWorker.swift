import Assets
import Logging
import Observability
import PostgreSQL
import Primitives
import Synchronization

/// Computes rollups behind the ingest: moves the frontier, computes what it passed, repairs what late rows marked.
///
/// One per installation: it runs in the process that ingests. docs/store-protocol.md tells why it is right under every
/// interleaving.
public final class RollupWorker: Sendable {
    /// Most time of one device in one transaction: an hour of 1 kHz is 3.6 million readings.
    static let mostTime: Int64 = 6 * RollupSpan.hour.width
    /// Most marks in one transaction.
    static let mostMarks: Int64 = 200

    let pool: PostgresPool
    private let plant: PlantStore
    private let writer: IngestWriter
    private let metrics: StoreMetrics
    private let clock: WallClock
    private let logger: Logger
    private let progress = Mutex(Progress())

    private struct Progress {
        /// What is stored, by device; nil before it was read.
        var stored: [Int32: Timestamp]?
        /// The newest reading that each device had when this process began.
        var initial: [Int32: Timestamp] = [:]
        /// With which roll-over values the rollups are computed, by profile.
        var rollovers: [Int32: SlotRollovers] = [:]
    }

    /// Makes a worker; it uses one connection of the pool at a time.
    public init(
        pool: PostgresPool,
        plant: PlantStore,
        writer: IngestWriter,
        metrics: StoreMetrics,
        clock: WallClock,
        logger: Logger
    ) {
        self.pool = pool
        self.plant = plant
        self.writer = writer
        self.metrics = metrics
        self.clock = clock
        self.logger = logger
    }

    /// Works until the task is cancelled: a pass, then a rest.
    public func run(every rest: Duration = .seconds(5)) async {
        await RepeatedPass("Rollups", every: rest, logger: logger, afterFailure: forget, pass: pass).run()
    }

    /// Computes everything there is to compute now.
    public func pass() async throws {
        try await load()
        let targets = try await moveFrontier()
        // One model from here on, which knows every device of which there are readings: what is computed is computed
        // with the roll-over values that are noted.
        let snapshot = plant.snapshot
        let rollovers = try await adoptRollovers(of: snapshot, after: progress.withLock(\.rollovers))
        progress.withLock { $0.rollovers = rollovers }
        let behind = progress.withLock { progress in targets.keys.compactMap { progress.stored?[$0] }.min() }
        metrics.rollupsBehind.set(behind.map { max(0, clock.now.seconds(since: $0)) } ?? 0)
        for (device, target) in targets.sorted(by: { $0.key < $1.key }) {
            try await catchUp(device, to: target, snapshot)
        }
        while try await repair(snapshot) {}
        metrics.rollupsBehind.set(0)
        metrics.rollupsDirty.set(Double(try await pool.first(RollupQueries.dirtyCount()) ?? 0))
    }

    /// Forgets what it knows, so that the next pass reads it again.
    private func forget() { progress.withLock { $0 = Progress() } }

    private func load() async throws {
        if progress.withLock({ $0.stored != nil }) { return }
        try await writer.frontier.load(from: pool)
        let rows = try await pool.query(RollupQueries.progress())
        let rollovers = try await Self.appliedRollovers(in: pool)
        let snapshot = plant.snapshot
        let newest = try await pool.query(
            ReadingWriteQueries.newest(DeviceClasses(snapshot.devices.keys, snapshot))
        )
        progress.withLock { progress in
            progress.stored = Dictionary(rows.map { ($0.deviceID, $0.through) }) { first, _ in first }
            progress.rollovers = rollovers
            progress.initial = Dictionary(newest.map { ($0.deviceID, $0.timestamp) }) { first, _ in first }
        }
    }

    /// Moves the frontier of every device to the minute of its newest reading, while ingest rests; of one that is expected
    /// to report rarely to a wider bucket's begin, since narrower ones would not be kept.
    ///
    /// - Returns: the devices whose stored progress is behind, with where they shall come.
    private func moveFrontier() async throws -> [Int32: Timestamp] {
        let (stored, initial) = progress.withLock { ($0.stored ?? [:], $0.initial) }
        let snapshot = plant.snapshot
        return try await writer.whileIngestRests { newest in
            var targets: [Int32: Timestamp] = [:]
            for (device, time) in initial.merging(newest, uniquingKeysWith: max) {
                let interval = snapshot.devices[device].flatMap { snapshot.profile(of: $0) }?.reportingInterval
                let target = time.floored(to: Self.step(interval: interval).width)
                if stored[device].map({ $0 < target }) ?? true { targets[device] = target }
            }
            self.writer.frontier.advance(targets)
            return targets
        }
    }

    /// Computes a device's minutes from the stored progress on, in portions of bounded time.
    private func catchUp(_ device: Int32, to target: Timestamp, _ snapshot: PlantSnapshot) async throws {
        let computation = RollupComputation(device: device, plant: snapshot)
        var start = progress.withLock { $0.stored?[device] } ?? .earliestAccepted
        while start < target {
            try Task.checkCancellation()
            // Silence is skipped, be it years.
            let first = try await computation.firstReading(from: start, to: target, in: pool)
            let from = first.map { max(start, $0.floored(to: RollupSpan.hour.width)) } ?? target
            let end = min(target, from.floored(to: RollupSpan.hour.width).adding(microseconds: Self.mostTime))
            try await pool.transaction { transaction in
                if from < end {
                    try await computation.compute(from: from, to: end, through: end, in: transaction)
                }
                // The hour that was open when silence began ends with it.
                if start < from {
                    try await computation.close(at: start, through: end, in: transaction)
                }
                _ = try await transaction.execute(RollupQueries.setProgress(device: device, through: end))
            }
            let reached = end
            progress.withLock { $0.stored?[device] = reached }
            start = end
        }
    }

    /// Computes some marked minutes again.
    ///
    /// - Returns: whether there may be more.
    private func repair(_ snapshot: PlantSnapshot) async throws -> Bool {
        try Task.checkCancellation()
        let now = clock.now
        return try await pool.transaction { transaction in
            let taken = try await transaction.query(RollupQueries.takeDirty(limit: Self.mostMarks))
            for (device, minutes) in Dictionary(grouping: Set(taken), by: \.deviceID).sorted(by: { $0.key < $1.key }) {
                let computation = RollupComputation(device: device, plant: snapshot)
                let through = try await transaction.first(RollupQueries.progress(ofDevice: device))
                // What lies behind the stored progress will be computed anyway.
                guard let through else { continue }
                var ranges: [Range<Timestamp>] = []
                for minutes in Self.runs(minutes.map(\.minute).sorted().filter({ $0 < through })) {
                    // Rollups outlive readings: those of expired months must not be computed from what is left.
                    if computation.isExpired(minutes.lowerBound, now: now) { continue }
                    ranges.append(try await computation.widened(minutes, through: through, in: transaction))
                }
                for range in Self.joined(ranges.sorted { $0.lowerBound < $1.lowerBound }) {
                    try await computation.compute(
                        from: range.lowerBound,
                        to: range.upperBound,
                        through: through,
                        in: transaction
                    )
                }
            }
            return Int64(taken.count) == Self.mostMarks
        }
    }

    /// By what steps the buckets of a device are computed that is expected to report every `interval` seconds.
    static func step(interval: Double?) -> RollupSpan {
        let minutes = (interval ?? 0) / 60
        if minutes * Double(RollupDensity.fewInHour) >= 60 { return .hour }
        return minutes * Double(RollupDensity.fewInTenMinutes) >= 10 ? .tenMinutes : .minute
    }

    /// Joins neighbouring minutes.
    static func runs(_ minutes: [Timestamp]) -> [Range<Timestamp>] {
        joined(minutes.map { $0..<$0.adding(microseconds: RollupSpan.minute.width) })
    }

    /// Joins ranges, in the order of their begins, that touch or overlap.
    static func joined(_ ranges: [Range<Timestamp>]) -> [Range<Timestamp>] {
        var joined: [Range<Timestamp>] = []
        for range in ranges {
            if let last = joined.last, range.lowerBound <= last.upperBound {
                joined[joined.count - 1] = last.lowerBound..<max(last.upperBound, range.upperBound)
            } else {
                joined.append(range)
            }
        }
        return joined
    }
}
