import Assets
import ERPConnectors
import Expressions
import Foundation
import Logging
import PostgreSQL
import Primitives
import Synchronization

/// Makes deliveries of raised alarms and changed values, inside the transaction that stores the readings.
///
/// Fields are computed now, so that a delivery says what was true when its cause happened, whatever is configured later.
/// Memory holds the mappings that act and what each delivered last, as committed; it changes only through the closure of
/// ``observe(readings:plant:in:)``. When that was not called before the next batch, everything is loaded anew.
public final class MappingEngine: Sendable {
    private struct Memory {
        var set: MappingSet?
        var compiled: [CompilationKey: Result<CompiledFields, InvalidInput>] = [:]
        /// Whether a batch wrote something and was not applied as yet.
        var isInDoubt = false
        /// Counts the changes that make ``set`` stale.
        var changes = 0
    }

    private struct CompilationKey: Hashable {
        var mappingID: Int32
        var mappingRevision: Int32
        var profileID: Int32
        var profileRevision: Int32
    }

    private let session: any PostgresSession
    private let states: StateTexts
    private let clock: WallClock
    private let logger: Logger
    private let maker: DeliveryMaker
    private let memory = Mutex(Memory())

    /// Makes an engine; it loads mappings with its first batch.
    ///
    /// - Parameters:
    ///   - session: where ``load()`` reads mappings from.
    ///   - states: the codes of state texts.
    ///   - clock: when deliveries are made.
    ///   - identifiers: the deliveries' rows.
    ///   - link: the address of the evidence page of a delivery.
    ///   - logger: what goes wrong with templates.
    public init(
        session: any PostgresSession,
        states: StateTexts,
        clock: WallClock,
        identifiers: IdentifierSource,
        link: @escaping @Sendable (UUID) -> String,
        logger: Logger
    ) {
        self.session = session
        self.states = states
        self.clock = clock
        self.logger = logger
        maker = DeliveryMaker(states: states, identifiers: identifiers, link: link)
    }

    /// Reads mappings and what they delivered last from the database.
    ///
    /// Call it at start, after a change, and when it is unknown whether a transaction was committed.
    public func load() async throws {
        let changes = memory.withLock { memory in
            memory.changes += 1
            return memory.changes
        }
        try await load(changes, session)
    }

    /// Makes the next batch load everything anew.
    public func invalidate() {
        memory.withLock { $0.changes += 1 }
        memory.withLock { $0.set = nil }
    }

    /// Writes the deliveries of raised alarms; without mappings on their rules it runs no statement.
    ///
    /// - Parameters:
    ///   - alarms: the alarms, whose rows are written already.
    ///   - plant: the plant model that their readings were decoded with.
    ///   - session: the transaction that stores the readings.
    /// - Returns: how many deliveries were written, dead ones included.
    /// - Throws: `PostgresError`; never because of a template.
    @discardableResult
    public func deliveries(
        forAlarms alarms: [AlarmTrigger],
        plant: PlantSnapshot,
        in session: any PostgresSession
    ) async throws -> Int {
        if alarms.isEmpty { return 0 }
        let set = try await current(session)
        var drafts: [DeliveryDraft] = []
        for alarm in alarms {
            guard let device = plant.devices[alarm.deviceID] else { continue }
            for document in set.byRule[alarm.ruleID] ?? [] {
                let age = alarm.receivedAt.seconds(since: alarm.raisedAt)
                if age > document.mapping.definition.maxAge.seconds { continue }
                let cause = DeliveryCause(
                    device: device,
                    plant: plant,
                    values: alarm.values,
                    timestamp: alarm.raisedAt,
                    receivedAt: alarm.receivedAt,
                    alarm: alarm
                )
                drafts.append(delivery(document, cause, hasAlarm: true))
            }
        }
        return try await write(drafts, in: session)
    }

    /// Writes the deliveries of changed values; without mappings on their profiles it runs no statement.
    ///
    /// - Parameters:
    ///   - readings: per device in increasing source time, none older than the device's newest.
    ///   - plant: the plant model that they were decoded with.
    ///   - session: the transaction that stores the readings.
    /// - Returns: takes the batch into memory; call it after COMMIT, and only then.
    /// - Throws: `PostgresError`; never because of a template.
    public func observe(
        readings: [Reading],
        plant: PlantSnapshot,
        in session: any PostgresSession
    ) async throws -> @Sendable () -> Void {
        let steps = try await current(session).steps(readings, plant: plant)
        if steps.isEmpty { return {} }
        memory.withLock { $0.isInDoubt = true }
        let drafts = steps.map { step in
            let cause = DeliveryCause(
                device: step.device,
                plant: plant,
                values: step.reading.values,
                timestamp: step.reading.timestamp,
                receivedAt: step.reading.receivedAt,
                value: step.value
            )
            return delivery(step.document, cause, hasAlarm: false)
        }
        // Of several in one batch only the last mark counts.
        var marks: [MappingSet.Unit: MappingState] = [:]
        for step in steps {
            marks[step.unit] = MappingState(
                mappingID: step.document.mapping.id,
                deviceID: step.device.id,
                value: step.value,
                timestamp: step.reading.timestamp
            )
        }
        for mark in marks.values { try await session.execute(MappingQueries.note(mark)) }
        try await write(drafts, in: session)
        return { [self] in
            memory.withLock { memory in
                memory.isInDoubt = false
                memory.set?.advance(steps)
            }
        }
    }

    @discardableResult
    private func write(_ drafts: [DeliveryDraft], in session: any PostgresSession) async throws -> Int {
        if drafts.isEmpty { return 0 }
        let time = clock.now
        var count = 0
        for draft in drafts where try await session.first(DeliveryInsertQueries.insert(draft, at: time)) != nil {
            count += 1
            if let failure = draft.failure {
                logger.warning(
                    "a delivery is dead because its fields cannot be computed",
                    metadata: ["mapping": "\(draft.mapping.key)", "delivery": "\(draft.id)", "reason": "\(failure)"]
                )
            } else if draft.item != nil {
                let settled = try await session.first(DeliveryInsertQueries.supersede(by: draft, at: time))
                if let settled = settled ?? nil {
                    try await session.execute(DeliveryInsertQueries.postpone(draft.id, until: settled))
                }
            }
        }
        if count > 0 { try await session.execute(DeliveryInsertQueries.notify()) }
        return count
    }
}

extension MappingEngine {
    private func load(_ changes: Int, _ session: any PostgresSession) async throws {
        let documents = try await session.query(MappingQueries.enabled())
        let set = MappingSet(documents, states: try await session.query(MappingQueries.states()))
        memory.withLock { memory in
            // A later change loads again; what it reads must not be replaced by this.
            guard memory.changes == changes else { return }
            memory.set = set
            memory.isInDoubt = false
            memory.compiled = [:]
        }
    }

    /// What is in memory, loaded anew when it is stale or in doubt.
    private func current(_ session: any PostgresSession) async throws -> MappingSet {
        while true {
            let (known, changes) = memory.withLock { memory in
                (memory.isInDoubt ? nil : memory.set, memory.changes)
            }
            if let known { return known }
            try await load(changes, session)
        }
    }

    private func delivery(_ document: MappingDocument, _ cause: DeliveryCause, hasAlarm: Bool) -> DeliveryDraft {
        maker.delivery(document, compiled(document, cause.plant.profile(of: cause.device), hasAlarm: hasAlarm), cause)
    }

    /// The templates compiled for a profile, once per revision of either.
    private func compiled(
        _ document: MappingDocument,
        _ profile: Profile?,
        hasAlarm: Bool
    ) -> Result<CompiledFields, InvalidInput> {
        let key = CompilationKey(
            mappingID: document.mapping.id,
            mappingRevision: document.revision,
            profileID: profile?.id ?? 0,
            profileRevision: profile?.revision ?? 0
        )
        if let known = memory.withLock({ $0.compiled[key] }) { return known }
        let scope = Scope(mappingOn: profile, states: states, hasAlarm: hasAlarm)
        let result: Result<CompiledFields, InvalidInput>
        do throws(InvalidInput) {
            result = .success(try CompiledFields(document.mapping.definition.fields, scope: scope))
        } catch {
            result = .failure(error)
        }
        memory.withLock { $0.compiled[key] = result }
        return result
    }
}
