import Assets
import Foundation
import Logging
import PostgreSQL
import Primitives
import Synchronization

/// Dry runs in the background: what a mapping would have sent in the last days.
///
/// Results live in memory for an hour and are made again by whoever still wants them.
public final class DryRuns: Sendable {
    private struct Job {
        var run: DryRun
        var task: Task<Void, Never>?
    }

    /// How many run at once.
    public static let concurrent = 2
    /// How many are kept, running ones included.
    static let kept = 20
    /// How long a result is kept, in seconds.
    static let lifetime = 3_600.0
    /// The longest history.
    public static let longest = 366

    private let session: any PostgresSession
    private let plant: PlantStore
    private let registry: ConnectorRegistry
    private let history: any DryRunHistory
    private let clock: WallClock
    private let identifiers: IdentifierSource
    private let link: @Sendable (UUID) -> String
    private let logger: Logger
    private let jobs = Mutex<[UUID: Job]>([:])

    /// Makes a keeper of dry runs.
    public init(
        session: any PostgresSession,
        plant: PlantStore,
        registry: ConnectorRegistry,
        history: any DryRunHistory,
        clock: WallClock,
        identifiers: IdentifierSource,
        link: @escaping @Sendable (UUID) -> String,
        logger: Logger
    ) {
        self.session = session
        self.plant = plant
        self.registry = registry
        self.history = history
        self.clock = clock
        self.identifiers = identifiers
        self.link = link
        self.logger = logger
    }

    /// Starts a dry run.
    ///
    /// - Parameters:
    ///   - key: the mapping's key.
    ///   - draft: a document to try instead of the saved one; it is compared with the saved one, which is compared with
    ///     the version before it.
    ///   - days: how much history, up to now.
    /// - Returns: the run's address.
    /// - Throws: ``InvalidInput`` with pointers under `/mapping`, ``ResourceFailure`` (`too-many-dry-runs`, no such
    ///   mapping), `PostgresError`.
    public func start(key: ResourceKey, draft: JSONValue?, days: Int) async throws -> UUID {
        let versions = try await session.query(MappingVersionQueries.list(key: key.text))
        guard let document = draft ?? versions.first?.document else {
            throw ResourceFailure.notFound("mapping \(key)")
        }
        let after = try await side(key, document, version: 0)
        let older = draft == nil ? versions.dropFirst().first : versions.first
        var assumptions: [String] = []
        var before: Prepared?
        if let older {
            do {
                before = try await side(key, older.document, version: older.version)
            } catch is InvalidInput {
                assumptions.append("Version \(older.version) cannot be run any more, so nothing is compared with it.")
            }
        }
        assumptions += after.assumptions
        let id = identifiers.next()
        let run = DryRun(id: id, days: days, comparedWith: before?.document.revision, assumptions: assumptions)
        try jobs.withLock { jobs throws(ResourceFailure) in
            Self.forget(&jobs, at: clock.now)
            guard jobs.values.count(where: { $0.run.state == .running }) < Self.concurrent else {
                throw .conflict(
                    code: "too-many-dry-runs",
                    detail: "\(Self.concurrent) dry runs are going on; wait for one or cancel it."
                )
            }
            jobs[id] = Job(run: run)
        }
        let earlier = before
        let task = Task { await self.run(id, after, earlier, days) }
        let isCancelled = jobs.withLock { jobs in
            jobs[id]?.task = task
            return jobs[id]?.run.state == .cancelled
        }
        if isCancelled { task.cancel() }
        return id
    }

    /// A run as it stands.
    ///
    /// - Throws: ``ResourceFailure`` when there is none, or its result is no longer kept.
    public func get(_ id: UUID) throws(ResourceFailure) -> DryRun {
        let run = jobs.withLock { jobs in
            Self.forget(&jobs, at: clock.now)
            return jobs[id]?.run
        }
        guard let run else { throw .notFound("dry run \(id.uuidString.lowercased())") }
        return run
    }

    /// Ends a run; of one that has ended the result is forgotten.
    ///
    /// - Throws: ``ResourceFailure`` when there is none.
    public func cancel(_ id: UUID) throws(ResourceFailure) {
        let now = clock.now
        let job = jobs.withLock { jobs -> Job? in
            guard let job = jobs[id] else { return nil }
            if job.run.state == .running {
                jobs[id]?.run.state = .cancelled
                jobs[id]?.run.endedAt = now
            } else {
                jobs[id] = nil
            }
            return job
        }
        guard let job else { throw .notFound("dry run \(id.uuidString.lowercased())") }
        job.task?.cancel()
    }

    private static func forget(_ jobs: inout [UUID: Job], at now: Timestamp) {
        jobs = jobs.filter { _, job in
            job.run.endedAt.map { now.seconds(since: $0) < lifetime } ?? true
        }
        let ended = jobs.values.compactMap { job in job.run.endedAt.map { (job.run.id, $0) } }.sorted { $0.1 < $1.1 }
        for (id, _) in ended.prefix(max(0, jobs.count - kept + 1)) { jobs[id] = nil }
    }
}

extension DryRuns {
    /// A version that can be run.
    private struct Prepared: Sendable {
        var document: MappingDocument
        var rule: RuleReference?

        var assumptions: [String] {
            let definition = document.mapping.definition
            guard DeliveryGuard.isNeeded(definition) else { return [] }
            var texts = ["Orders count as open when the ERP really had them open at the time."]
            if definition.options.attaches {
                texts.append("An order that this mapping would have made counts as open until its alarm ended.")
            }
            return texts
        }
    }

    private func side(_ key: ResourceKey, _ document: JSONValue, version: Int32) async throws -> Prepared {
        do {
            let draft = try MappingDraft(document)
            let check = MappingCheck(plant: plant.snapshot, states: plant.states)
            let result = try await check.check(draft, registry: registry, in: session)
            guard let definition = result.definition, let connector = result.connector else {
                throw InvalidInput(result.issues)
            }
            let mapping = Mapping(id: 0, key: key.text, definition: definition, revision: version, updatedAt: clock.now)
            return Prepared(
                document: MappingDocument(mapping: mapping, connectorKey: connector.key, ruleKey: result.rule?.key),
                rule: result.rule
            )
        } catch let error as InvalidInput {
            throw InvalidInput(
                error.issues.map { InputIssue(pointer: "/mapping" + $0.pointer, code: $0.code, detail: $0.detail) }
            )
        }
    }

    private func run(_ id: UUID, _ after: Prepared, _ before: Prepared?, _ days: Int) async {
        do {
            let to = clock.now
            let from = to.adding(seconds: -Double(days) * 86_400)
            let rules = [after.rule, before?.rule].compactMap(\.self)
            let snapshot = plant.snapshot
            let runner = DryRunner(
                history: history,
                plant: snapshot,
                from: from,
                to: to,
                rules: Dictionary(rules.map { ($0.id, $0) }) { first, _ in first }
            )
            let version = try await version(after, snapshot, since: from)
            var earlier: DryRunVersion?
            if let before { earlier = try await self.version(before, snapshot, since: from) }
            try await runner.run(version, before: earlier) { progress, tally, counts in
                self.change(id) { $0.take(progress, tally, counts) }
            }
            let erp = registry.connector(id: after.document.mapping.definition.connectorID)?.erp
            let found = jobs.withLock { $0[id]?.run.tally.examples } ?? []
            let examples = found.map { DryRun.example($0, after.document, erp) }
            end(id, .done) { $0.examples = examples }
        } catch {
            if error is CancellationError || Task.isCancelled { return end(id, .cancelled) { _ in } }
            logger.error("A dry run failed", metadata: ["error": "\(error)"])
            end(id, .failed) { $0.error = "The history could not be read." }
        }
    }

    private func version(
        _ prepared: Prepared,
        _ snapshot: PlantSnapshot,
        since: Timestamp
    ) async throws -> DryRunVersion {
        let definition = prepared.document.mapping.definition
        let orders =
            DeliveryGuard.isNeeded(definition)
            ? try await session.query(PastOrderQueries.orders(connector: definition.connectorID, since: since)) : []
        return DryRunVersion(
            document: prepared.document,
            plant: snapshot,
            states: plant.states,
            orders: orders,
            link: link(UUID.none)
        )
    }

    private func change(_ id: UUID, _ body: (inout DryRun) -> Void) {
        jobs.withLock { jobs in
            guard var run = jobs[id]?.run, run.state == .running else { return }
            body(&run)
            jobs[id]?.run = run
        }
    }

    private func end(_ id: UUID, _ state: DryRun.State, _ body: (inout DryRun) -> Void) {
        let now = clock.now
        change(id) { run in
            body(&run)
            run.state = state
            run.endedAt = now
        }
    }
}
