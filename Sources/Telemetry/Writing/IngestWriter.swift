import Assets
import Decoders
import Logging
import Observability
import PostgreSQL
import Primitives
import Synchronization

/// The one way into the store: takes messages, and returns only after everything that follows from them is committed.
///
/// A reading, the alarm it raises and the delivery the alarm causes commit in one transaction. In-memory state (newest
/// timestamps, the participants' states) changes only after COMMIT.
public final class IngestWriter: Sendable {
    let pool: PostgresPool
    let plant: PlantStore
    let participants: [any BatchParticipant]
    let sources: SourceStore?
    let metrics: PlantwrightMetrics
    let logger: Logger
    /// The newest values of every device.
    public let latest: LatestReadings
    /// The right to write, which each transaction checks; nil where nobody else can write.
    let lease: IngestLease?
    /// What other processes may write, which each transaction checks; nil where nobody else does.
    let configuration: (any IngestConfiguration)?
    private let clock: WallClock
    /// How far rollups and packing have come.
    public let frontier = StoreFrontier()
    private let gate = IngestGate()
    private let memory = Mutex(Memory())

    struct Memory {
        var newest = NewestTimestamps()
        var partitions: Set<ReadingPartition> = []
        /// Whether an earlier failure left the participants' memory in doubt.
        var mustReset = true
        /// Whether a COMMIT was sent whose answer never came: it may still come true.
        var isInDoubt = false
        var refusedSincePruning = 0
    }

    /// Makes a writer.
    ///
    /// One connection of the pool is used at a time; it must have `synchronous_commit = on`. The participants are called in
    /// their order in every batch's transaction.
    public init(
        pool: PostgresPool,
        plant: PlantStore,
        participants: [any BatchParticipant],
        sources: SourceStore? = nil,
        latest: LatestReadings,
        lease: IngestLease? = nil,
        configuration: (any IngestConfiguration)? = nil,
        clock: WallClock = .system,
        metrics: PlantwrightMetrics,
        logger: Logger
    ) {
        self.pool = pool
        self.plant = plant
        self.participants = participants
        self.sources = sources
        self.latest = latest
        self.lease = lease
        self.configuration = configuration
        self.clock = clock
        self.metrics = metrics
        self.logger = logger
    }

    /// Stores and evaluates messages.
    ///
    /// - Returns: one fate per message, in order, after COMMIT.
    /// - Throws: when nothing was committed or when it is unknown whether it was; the caller must not acknowledge.
    public func write(_ messages: [TelemetryMessage]) async throws -> [MessageFate] {
        if messages.isEmpty { return [] }
        return try await gate.submit(messages) { group in
            try await self.writeGroup(group, evaluates: true)
        }
    }

    /// Stores and evaluates kept messages, and settles their rows in the same transaction.
    ///
    /// Not together with what others submit: it may have to be tried again.
    ///
    /// - Throws: ``KeptRows/SettledMeanwhile``, with nothing written; else as ``write(_:)``.
    func writeAgain(_ messages: [TelemetryMessage]) async throws -> [MessageFate] {
        if messages.isEmpty { return [] }
        return try await gate.exclusively { try await self.writeGroup(messages, evaluates: true) }
    }

    /// Forgets what is in memory, since another process may have written meanwhile.
    public func invalidate() { forget() }

    /// Lets something look at the newest source time of each device, as far as known, and move the frontier, while no
    /// transaction is under way: be short.
    func whileIngestRests<Result>(_ body: ([Int32: Timestamp]) -> Result) async throws -> Result {
        try await gate.exclusively { body(self.memory.withLock { $0.newest.all }) }
    }

    /// Stores history without evaluating it.
    public func importHistory(_ readings: [Reading]) async throws -> ReadingCounts {
        try await gate.exclusively {
            let rows = readings.map { BatchDecoding.Row(reading: $0, message: 0, isTimed: true) }
            let counts = try await self.underCurrentConfiguration { revision in
                try await self.commit(
                    Work(rows: rows, messages: 1, plant: self.plant.snapshot, evaluates: false, revision: revision)
                )
            }
            self.count(counts, rejected: 0)
            return counts[0]
        }
    }

    /// Stores messages of history without evaluating them.
    ///
    /// - Returns: one fate per message, in order, after COMMIT.
    /// - Throws: as ``write(_:)``.
    public func importHistory(_ messages: [TelemetryMessage]) async throws -> [MessageFate] {
        if messages.isEmpty { return [] }
        return try await gate.exclusively { try await self.writeGroup(messages, evaluates: false) }
    }

    /// Writes a group; when the data itself cannot be stored, finds the message at fault by halving.
    private func writeGroup(_ messages: [TelemetryMessage], evaluates: Bool) async throws -> [MessageFate] {
        do {
            return try await underCurrentConfiguration { revision in
                try await writeOnce(messages, evaluates: evaluates, revision: revision)
            }
        } catch let error as PostgresError where error.sqlState?.conditionClass == "22" {
            guard messages.count > 1 else {
                logger.error("A message cannot be stored", metadata: ["error": "\(error)"])
                return try await refuse(messages[0], Rejection(.notStorable, "The store refused the values."))
            }
            let middle = messages.count / 2
            let first = try await writeGroup(Array(messages[..<middle]), evaluates: evaluates)
            return try await first + writeGroup(Array(messages[middle...]), evaluates: evaluates)
        }
    }

    private func refuse(_ message: TelemetryMessage, _ rejection: Rejection) async throws -> [MessageFate] {
        try await underCurrentConfiguration { revision in
            var work = Work(rows: [], messages: 1, plant: plant.snapshot, evaluates: false, revision: revision)
            work.refused.reject(message, device: nil, rejection)
            _ = try await commit(work)
        }
        metrics.messagesRejected.increment()
        return [.rejected(rejection)]
    }

    private func writeOnce(
        _ messages: [TelemetryMessage],
        evaluates: Bool,
        revision: Int64?
    ) async throws -> [MessageFate] {
        let snapshot = plant.snapshot
        let sourceBatch = await sources?.beginBatch(plant: snapshot, states: plant.states)
        var decoding = BatchDecoding(plant: snapshot, states: plant.states, sources: sourceBatch)
        try await decoding.decode(messages) { texts in
            try await self.plant.states.register(texts, in: self.pool)
        }
        let work = Work(
            rows: decoding.rows,
            messages: messages.count,
            plant: snapshot,
            evaluates: evaluates,
            revision: revision,
            refused: decoding.refused,
            rejectedByDevice: decoding.rejectedByDevice,
            kept: KeptRows(messages, decoding.fates),
            sources: sourceBatch
        )
        let counts = try await commit(work)
        var fates = decoding.fates
        var rejected = 0
        for (message, fate) in fates.enumerated() {
            switch fate {
            case .accepted: fates[message] = .accepted(counts[message])
            case .rejected: rejected += 1
            case .quarantined: break
            }
        }
        count(counts, rejected: rejected)
        return fates
    }

    private func count(_ counts: [ReadingCounts], rejected: Int) {
        var total = ReadingCounts()
        for part in counts { total += part }
        metrics.readingsStored.increment(by: total.stored)
        metrics.readingsDuplicate.increment(by: total.duplicate)
        metrics.readingsLate.increment(by: total.late)
        metrics.readingsConflict.increment(by: total.conflict)
        metrics.messagesRejected.increment(by: rejected)
    }
}

extension IngestWriter {
    /// What one transaction has to do.
    private struct Work {
        var rows: [BatchDecoding.Row]
        var messages: Int
        var plant: PlantSnapshot
        var evaluates: Bool
        /// The configuration that all this is based on.
        var revision: Int64?
        var refused = RefusedMessages()
        var rejectedByDevice: [Int32: Int32] = [:]
        var kept = KeptRows([], [])
        var sources: SourceBatch?
    }

    /// Writes, evaluates and commits.
    ///
    /// - Returns: what became of the readings of each message.
    private func commit(_ work: Work) async throws -> [ReadingCounts] {
        do {
            return try await commit(work, trustsNewest: true)
        } catch let error as PostgresError where error.sqlState == .uniqueViolation {
            // Somebody else wrote what memory did not know of: ask the store about every row.
            logger.warning("A reading was stored meanwhile", metadata: ["error": "\(error)"])
            return try await commit(work, trustsNewest: false)
        }
    }

    private func commit(_ work: Work, trustsNewest: Bool) async throws -> [ReadingCounts] {
        do {
            let epoch = try lease?.epoch()
            let newest = try await prepareMemory(for: work)
            let plan = BatchPlan(
                work.rows,
                messages: work.messages,
                newest: newest,
                plant: work.plant,
                trustsNewest: trustsNewest
            )
            try await ensure(plan.partitions)
            let late = LateRows(plan.staged, frontier: frontier.snapshot)
            let started = ContinuousClock.now
            let (outcome, apply) = try await pool.transaction { transaction in
                if !late.isEmpty { try await late.admit(in: transaction) }
                let outcome = try await ReadingWriter(plan: plan, newest: newest).write(in: transaction)
                try await work.refused.insert(in: transaction)
                try await work.kept.settle(in: transaction)
                var apply = try await work.sources?.write(in: transaction) ?? []
                apply += try await self.participate(work, outcome.evaluated, in: transaction)
                try await self.noteInLedger(outcome.ledger, work, epoch, in: transaction)
                return (outcome, apply)
            }
            for change in apply { change() }
            memory.withLock { $0.newest.advance(plan.fresh) }
            latest.update(outcome.evaluated)
            metrics.ingestCommitSeconds.observe((ContinuousClock.now - started).seconds)
            try await pruneRefused(adding: work.refused.count)
            return outcome.counts
        } catch {
            forget()
            if (error as? PostgresError)?.isOutcomeUnknown == true { memory.withLock { $0.isInDoubt = true } }
            throw error
        }
    }

    private func participate(
        _ work: Work,
        _ readings: [Reading],
        in transaction: Transaction
    ) async throws -> [@Sendable () -> Void] {
        guard work.evaluates, !readings.isEmpty else { return [] }
        let batch = StoredBatch(readings: readings, plant: work.plant)
        var apply: [@Sendable () -> Void] = []
        for participant in participants { apply.append(try await participant.process(batch, in: transaction)) }
        return apply
    }

    /// Writes the batch's ledger lines, and makes sure that this process still may write and by what configuration.
    private func noteInLedger(
        _ lines: [Int32: LedgerLine],
        _ work: Work,
        _ epoch: Int64?,
        in transaction: Transaction
    ) async throws {
        var lines = work.evaluates ? lines : lines.mapValues(\.withoutTiming)
        for (device, count) in work.rejectedByDevice { lines[device, default: LedgerLine()].rejected += Int64(count) }
        for (device, count) in work.sources?.sequenceGapsByDevice ?? [:] {
            lines[device, default: LedgerLine()].sequenceGaps += count
        }
        let batch = LedgerBatch(lines, at: clock.now)
        let statement = LedgerQueries.add(batch, epoch: epoch, configuration: work.revision)
        guard try await transaction.execute(statement) == 1 else { throw OutdatedWork() }
    }

    private func forget() {
        sources?.invalidate()
        memory.withLock { memory in
            memory.mustReset = true
            memory.newest.reset()
            // A partition may have expired meanwhile.
            memory.partitions = []
        }
    }

    /// Brings what the transaction relies on into memory.
    private func prepareMemory(for work: Work) async throws -> NewestTimestamps {
        if memory.withLock({ $0.mustReset }) {
            try await settleDoubt()
            // What failed may have failed by what another process wrote; the batch that is decoded finds out.
            try await configuration?.follow()
            // What the participants have stored may hold texts that another process added.
            try await plant.states.load(from: pool)
            for participant in participants { try await participant.reset() }
            try await frontier.load(from: pool)
            memory.withLock { $0.mustReset = false }
        }
        var newest = memory.withLock { $0.newest }
        try await newest.load(work.rows, plant: work.plant, from: pool)
        memory.withLock { $0.newest = newest }
        return newest
    }

    /// Waits until nothing more can come of a COMMIT whose answer never came.
    ///
    /// Were later readings stored before it came true, rollups could pass it by, and a caller who does not repeat would
    /// not make up for that.
    private func settleDoubt() async throws {
        guard memory.withLock({ $0.isInDoubt }), let session = lease?.sessionName else { return }
        var looks = 0
        while try await pool.first(LeaseQueries.isUnderWay(session: session)) == true {
            looks += 1
            // Its client is gone: a back end that has not noticed would wait for it for ever.
            if looks == 100 { _ = try await pool.execute(LeaseQueries.end(session: session)) }
            try await Task.sleep(for: .milliseconds(20))
        }
        memory.withLock { $0.isInDoubt = false }
    }

    /// Makes missing partitions, before the transaction begins.
    private func ensure(_ partitions: Set<ReadingPartition>) async throws {
        let known = memory.withLock(\.partitions)
        if partitions.isSubset(of: known) { return }
        for partition in partitions.subtracting(known).sorted() {
            try await partition.ensure(in: pool)
            memory.withLock { _ = $0.partitions.insert(partition) }
        }
    }

    /// Keeps quarantine and rejected messages bounded, now and then.
    private func pruneRefused(adding count: Int) async throws {
        let due = memory.withLock { memory in
            memory.refusedSincePruning += count
            guard memory.refusedSincePruning >= RefusedMessages.pruningStep else { return false }
            memory.refusedSincePruning = 0
            return true
        }
        guard due else { return }
        _ = try await pool.execute(RefusedMessageQueries.pruneQuarantine(limit: RefusedMessages.limit))
        _ = try await pool.execute(RefusedMessageQueries.pruneRejected(limit: RefusedMessages.limit))
    }
}

extension Duration {
    /// The length in seconds.
    var seconds: Double {
        Double(components.seconds) + Double(components.attoseconds) * 1e-18
    }
}
