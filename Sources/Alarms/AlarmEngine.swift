import Assets
import Logging
import Observability
import PostgreSQL
import Primitives
import Synchronization

/// What the evaluation of a batch wrote into its transaction.
public struct AlarmBatchResult: Sendable {
    /// Alarms raised, in the order of the readings.
    public var raised: [RaisedAlarm]
    /// Alarms cleared, those of ``raised`` included.
    public var cleared: [ClearedAlarm]
    /// Takes the batch into memory; call it after COMMIT, and only then.
    public let apply: @Sendable () -> Void
}

/// Evaluates rules on readings inside the transaction that stores them.
///
/// Memory holds the phase of every rule and device as committed. A batch is evaluated against it, writes its steps into
/// the transaction and changes memory only through ``AlarmBatchResult/apply``. When that was not called before the next
/// batch, the outcome of the transaction is in doubt, and everything is loaded anew. Batches are evaluated one after
/// the other.
public final class AlarmEngine: Sendable {
    private struct Memory {
        var loaded: Loaded?
        /// Counts the changes that make ``loaded`` stale.
        var changes = 0
        /// Whether a batch wrote something and was not applied as yet.
        var isInDoubt = false
    }

    /// The rules and phases as of one moment.
    private struct Loaded {
        var rules: RuleSet
        var phases: [RulePhase]
        /// Phases of units that are no more: their rule is gone or no longer applies to the device.
        var strays: [StoredPhase]
        var plant: PlantSnapshot
        var changes: Int
    }

    private let states: StateTexts
    private let clock: WallClock
    private let identifiers: IdentifierSource
    private let metrics: PlantwrightMetrics
    private let logger: Logger
    private let memory = Mutex(Memory())

    /// Makes an engine; it loads rules and phases with its first batch.
    ///
    /// - Parameters:
    ///   - states: the codes of state texts.
    ///   - clock: times of alarms that end without a reading.
    ///   - identifiers: identifiers of new alarms.
    ///   - metrics: where raised alarms are counted, after COMMIT.
    ///   - logger: where trouble is told.
    public init(
        states: StateTexts,
        clock: WallClock,
        identifiers: IdentifierSource,
        metrics: PlantwrightMetrics,
        logger: Logger
    ) {
        self.states = states
        self.clock = clock
        self.identifiers = identifiers
        self.metrics = metrics
        self.logger = logger
    }

    /// Makes the next batch load rules and phases from the database.
    ///
    /// Call it after a change of rules, and when it is unknown whether a transaction was committed.
    @inline(never)  // see “Mutexes and suspensions” in docs/architecture.md
    public func invalidate() {
        memory.withLock { $0.changes += 1 }
    }

    /// Evaluates readings and writes the alarms and phases that follow; without any it runs no statement.
    ///
    /// - Parameters:
    ///   - readings: per device in increasing source time, none older than the device's newest.
    ///   - plant: the plant model that they were decoded with.
    ///   - session: the transaction that stores the readings.
    /// - Returns: what was raised and cleared.
    /// - Throws: ``AlarmEngineError``, `PostgresError`; the transaction must then be rolled back.
    public func evaluate(
        _ readings: [Reading],
        plant: PlantSnapshot,
        in session: any PostgresSession
    ) async throws -> AlarmBatchResult {
        for _ in 0..<5 {
            let loaded = try await current(plant, session)
            let evaluation = loaded.rules.evaluate(
                readings,
                phases: loaded.phases,
                plant: plant,
                identifiers: identifiers
            )
            if evaluation.isEmpty, loaded.strays.isEmpty {
                return AlarmBatchResult(raised: [], cleared: []) {}
            }
            try await session.execute(EvaluationQueries.takeTurn())
            guard try await locksRules(of: evaluation, loaded, session) else {
                logger.debug("A rule changed during the evaluation of a batch; evaluating again")
                invalidate()
                continue
            }
            memory.withLock { $0.isInDoubt = true }
            let swept = try await sweep(loaded.strays, session)
            try await write(evaluation, loaded, session)
            return AlarmBatchResult(raised: evaluation.raised, cleared: swept + evaluation.cleared) { [self] in
                apply(evaluation)
            }
        }
        throw AlarmEngineError.rulesKeepChanging
    }

    private func apply(_ evaluation: Evaluation) {
        memory.withLock { memory in
            memory.isInDoubt = false
            memory.loaded?.strays = []
            for (unit, phase) in evaluation.phases { memory.loaded?.phases[unit] = phase }
        }
        metrics.alarmsRaised.increment(by: evaluation.raised.count)
    }

    /// What is in memory, loaded anew when it is stale or in doubt.
    private func current(_ plant: PlantSnapshot, _ session: any PostgresSession) async throws -> Loaded {
        let (known, changes) = memory.withLock { memory in
            let isValid =
                memory.loaded?.changes == memory.changes && memory.loaded?.plant === plant && !memory.isInDoubt
            return (isValid ? memory.loaded : nil, memory.changes)
        }
        if let known { return known }
        try await session.execute(EvaluationQueries.takeTurn())
        let rules = RuleSet(rules: try await session.query(EvaluationQueries.rules()), plant: plant, states: states)
        var phases = [RulePhase](repeating: .normal, count: rules.units.count)
        var strays: [StoredPhase] = []
        for stored in try await session.query(EvaluationQueries.phases()) {
            if let unit = rules.unit(stored.key) { phases[unit] = stored.phase } else { strays.append(stored) }
        }
        let loaded = Loaded(rules: rules, phases: phases, strays: strays, plant: plant, changes: changes)
        memory.withLock { memory in
            memory.loaded = loaded
            memory.isInDoubt = false
        }
        return loaded
    }
}

extension AlarmEngine {
    /// Locks the rules that took steps until the transaction ends.
    ///
    /// - Returns: whether all of them are still as they were evaluated. A configuration write waits for the lock, or
    ///   was committed before it and shows in the revision.
    private func locksRules(
        of evaluation: Evaluation,
        _ loaded: Loaded,
        _ session: any PostgresSession
    ) async throws -> Bool {
        var revisions: [Int32: Int32] = [:]
        for unit in evaluation.phases.keys {
            let rule = loaded.rules.rules[loaded.rules.units[unit].rule]
            revisions[rule.id] = rule.revision
        }
        if revisions.isEmpty { return true }
        let stored = try await session.query(EvaluationQueries.lockRules(revisions.keys.sorted()))
        return stored.count == revisions.count && stored.allSatisfy { revisions[$0.id] == $0.revision }
    }

    private func write(_ evaluation: Evaluation, _ loaded: Loaded, _ session: any PostgresSession) async throws {
        let new = Set(evaluation.raised.map(\.id))
        let cleared = evaluation.cleared.filter { !new.contains($0.id) }
        // First the ends, then the beginnings: at most one alarm per rule and device is open.
        if !cleared.isEmpty { try await session.execute(EvaluationQueries.clear(cleared)) }
        if !evaluation.raised.isEmpty { try await session.execute(EvaluationQueries.insert(evaluation.raised)) }
        var stored: [StoredPhase] = []
        var forgotten: [RuleSet.UnitKey] = []
        for (unit, phase) in evaluation.phases where phase != loaded.phases[unit] {
            let key = loaded.rules.key(of: unit)
            if phase == .normal { forgotten.append(key) } else { stored.append(StoredPhase(key: key, phase: phase)) }
        }
        if !forgotten.isEmpty { try await session.execute(EvaluationQueries.forget(forgotten)) }
        if !stored.isEmpty { try await session.execute(EvaluationQueries.store(stored)) }
    }

    /// Ends what can no longer end by a reading.
    private func sweep(_ strays: [StoredPhase], _ session: any PostgresSession) async throws -> [ClearedAlarm] {
        if strays.isEmpty { return [] }
        let time = clock.now
        let cleared = strays.compactMap { stray -> ClearedAlarm? in
            guard case .active(let alarm, _) = stray.phase else { return nil }
            return ClearedAlarm(
                id: alarm,
                ruleID: stray.key.ruleID,
                deviceID: stray.key.deviceID,
                clearedAt: time,
                reason: .ruleDisabled
            )
        }
        if !cleared.isEmpty { try await session.execute(EvaluationQueries.clear(cleared)) }
        try await session.execute(EvaluationQueries.forget(strays.map(\.key)))
        return cleared
    }
}

/// Why a batch was not evaluated, apart from the database.
public enum AlarmEngineError: Error, Hashable, Sendable {
    /// Rules changed again and again while the batch was evaluated; the batch may be tried again.
    case rulesKeepChanging
}
