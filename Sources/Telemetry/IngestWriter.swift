import Assets
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
    private let gate = IngestGate()
    private let memory = Mutex(Memory())

    struct Memory {
        var newest = NewestTimestamps()
        var partitions: Set<Timestamp> = []
        /// Whether an earlier failure left the participants' memory in doubt.
        var mustReset = true
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
        metrics: PlantwrightMetrics,
        logger: Logger
    ) {
        self.pool = pool
        self.plant = plant
        self.participants = participants
        self.sources = sources
        self.latest = latest
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
            try await self.writeGroup(group)
        }
    }

    /// Stores history without evaluating it.
    public func importHistory(_ readings: [Reading]) async throws -> ReadingCounts {
        try await gate.exclusively {
            var plan = BatchPlan(capacity: readings.count)
            var counts = ReadingCounts()
            for reading in readings { plan.add(reading, message: 0, counts: &counts) }
            let stored = try await self.commit(
                plan,
                refused: RefusedMessages(),
                plant: self.plant.snapshot,
                evaluates: false
            )
            counts += stored.total
            return counts
        }
    }

    /// Writes a group; when the data itself cannot be stored, finds the message at fault by halving.
    private func writeGroup(_ messages: [TelemetryMessage]) async throws -> [MessageFate] {
        do {
            return try await writeOnce(messages)
        } catch let error as PostgresError where error.sqlState?.conditionClass == "22" {
            guard messages.count > 1 else {
                logger.error("A message cannot be stored", metadata: ["error": "\(error)"])
                return try await refuse(messages[0], Rejection(.notStorable, "The store refused the values."))
            }
            let middle = messages.count / 2
            let first = try await writeGroup(Array(messages[..<middle]))
            return try await first + writeGroup(Array(messages[middle...]))
        }
    }

    private func refuse(_ message: TelemetryMessage, _ rejection: Rejection) async throws -> [MessageFate] {
        var refused = RefusedMessages()
        refused.reject(message, device: nil, rejection)
        _ = try await commit(BatchPlan(capacity: 0), refused: refused, plant: plant.snapshot, evaluates: false)
        metrics.messagesRejected.increment()
        return [.rejected(rejection)]
    }

    private func writeOnce(_ messages: [TelemetryMessage]) async throws -> [MessageFate] {
        let snapshot = plant.snapshot
        let sourceBatch = await sources?.beginBatch(plant: snapshot, states: plant.states)
        var decoding = BatchDecoding(plant: snapshot, states: plant.states, sources: sourceBatch)
        try await decoding.decode(messages) { texts in
            try await self.plant.states.register(texts, in: self.pool)
        }
        let stored = try await commit(
            decoding.plan,
            refused: decoding.refused,
            plant: snapshot,
            evaluates: true,
            sources: sourceBatch
        )
        for (message, counts) in stored.perMessage { decoding.add(counts, toMessage: message) }
        count(decoding.fates, ignoredKeys: decoding.ignoredKeys)
        return decoding.fates
    }

    private func count(_ fates: [MessageFate], ignoredKeys: Int) {
        var total = ReadingCounts()
        var rejected = 0
        for fate in fates {
            switch fate {
            case .accepted(let counts): total += counts
            case .rejected: rejected += 1
            case .quarantined: break
            }
        }
        metrics.readingsStored.increment(by: total.stored)
        metrics.readingsDuplicate.increment(by: total.duplicate)
        metrics.readingsLate.increment(by: total.late)
        metrics.readingsConflict.increment(by: total.conflict)
        metrics.messagesRejected.increment(by: rejected)
    }

    // MARK: - One transaction

    struct Stored {
        var total = ReadingCounts()
        var perMessage: [(message: Int, counts: ReadingCounts)] = []
    }

    private func commit(
        _ plan: BatchPlan,
        refused: RefusedMessages,
        plant: PlantSnapshot,
        evaluates: Bool,
        sources: SourceBatch? = nil
    ) async throws -> Stored {
        do {
            try await prepareMemory(for: plan)
            let newest = memory.withLock { $0.newest }
            let started = ContinuousClock.now
            let (outcome, apply) = try await pool.transaction { transaction in
                let outcome = try await ReadingWriter(plan: plan, newest: newest).write(in: transaction)
                try await refused.insert(in: transaction)
                var apply: [@Sendable () -> Void] = try await sources?.write(in: transaction) ?? []
                if evaluates, !outcome.evaluated.isEmpty {
                    let batch = StoredBatch(readings: outcome.evaluated, plant: plant)
                    for participant in self.participants {
                        apply.append(try await participant.process(batch, in: transaction))
                    }
                }
                return (outcome, apply)
            }
            for change in apply { change() }
            memory.withLock { $0.newest.advance(plan.rows) }
            latest.update(outcome.evaluated)
            metrics.ingestCommitSeconds.observe((ContinuousClock.now - started).seconds)
            try await pruneRefused(adding: refused.count)
            return outcome.stored
        } catch {
            self.sources?.invalidate()
            memory.withLock { memory in
                memory.mustReset = true
                memory.newest.reset()
            }
            throw error
        }
    }

    /// Brings what the transaction relies on into memory, and makes missing partitions before it begins.
    private func prepareMemory(for plan: BatchPlan) async throws {
        if memory.withLock({ $0.mustReset }) {
            for participant in participants { try await participant.reset() }
            memory.withLock { $0.mustReset = false }
        }
        var newest = memory.withLock { $0.newest }
        try await newest.load(Set(plan.rows.map(\.deviceID)), from: pool)
        let known = memory.withLock { memory in
            memory.newest = newest
            return memory.partitions
        }
        for month in Set(plan.rows.map { $0.timestamp.startOfMonth() }).subtracting(known).sorted() {
            _ = try await pool.first(ReadingWriteQueries.ensurePartition(month: month))
            memory.withLock { _ = $0.partitions.insert(month) }
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
