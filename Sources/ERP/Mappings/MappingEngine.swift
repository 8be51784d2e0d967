import Assets
import Expressions
import Foundation
import Logging
import PostgreSQL
import Primitives
import Synchronization

/// Makes deliveries of alarms and changed values, inside the transaction that stores the readings.
///
/// Fields are computed now, so that a delivery says what was true when its cause happened, whatever is configured later.
/// Memory holds the mappings that act and what each remembers of its devices, as committed; it changes only through the
/// closure of ``observe(readings:plant:in:)``. When that was not called before the next batch, everything is loaded anew.
public final class MappingEngine: Sendable {
    private struct Memory {
        var set: MappingSet?
        var compiled: [CompilationKey: Result<CompiledMapping, InvalidInput>] = [:]
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
        maker = DeliveryMaker(identifiers: identifiers, link: link)
    }

    /// Reads mappings and what they remember from the database.
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
        memory.withLock { memory in
            memory.changes += 1
            memory.set = nil
        }
    }

    /// Writes the deliveries of alarms; without mappings on their rules it runs no statement.
    ///
    /// - Parameters:
    ///   - raised: raised alarms, whose rows are written already.
    ///   - returned: alarms that readings ended, as their rows say already.
    ///   - plant: the plant model that their readings were decoded with.
    ///   - session: the transaction that stores the readings.
    /// - Returns: what was written.
    /// - Throws: `PostgresError`; never because of a template.
    @discardableResult
    public func deliveries(
        forAlarms raised: [AlarmTrigger],
        returned: [AlarmReturn] = [],
        plant: PlantSnapshot,
        in session: any PostgresSession
    ) async throws -> WrittenDeliveries {
        if raised.isEmpty, returned.isEmpty { return WrittenDeliveries() }
        let set = try await current(session)
        let ends = try await ended(returned, set, session)
        let events = (raised + ends).enumerated().sorted { ($0.element.time, $0.offset) < ($1.element.time, $1.offset) }
        var written = WrittenDeliveries()
        var writer = writer(session)
        for (_, alarm) in events {
            guard let device = plant.devices[alarm.deviceID] else { continue }
            for document in set.byRule[alarm.ruleID] ?? [] {
                let definition = document.mapping.definition
                guard (definition.rule?.event == .returned) == (alarm.clearedAt != nil) else { continue }
                if alarm.receivedAt.seconds(since: alarm.time) > definition.maxAge.seconds { continue }
                let cause = DeliveryCause(
                    origin: CauseOrigin(device, in: plant),
                    values: alarm.values,
                    timestamp: alarm.time,
                    receivedAt: alarm.receivedAt,
                    alarm: alarm
                )
                let compiled = compiled(document, plant.profile(of: device))
                guard let draft = maker.delivery(document, compiled, cause, checksCondition: true) else { continue }
                try await writer.write(draft, alarm, document.connectorKey, &written)
            }
        }
        try await writer.finish(written)
        return written
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
        let batch = try await current(session).steps(readings, plant: plant) { compiled($0, $1) }
        if batch.marks.isEmpty, batch.causes.isEmpty { return {} }
        memory.withLock { $0.isInDoubt = true }
        let states = batch.marks.map { unit, entry in
            MappingState(
                mappingID: unit.mappingID,
                deviceID: unit.deviceID,
                value: entry.mark.value,
                timestamp: entry.mark.timestamp,
                state: entry.mark.json(metric: entry.document.mapping.definition.metric?.metric ?? "")
            )
        }
        if !states.isEmpty { try await session.execute(MappingStateQueries.note(states)) }
        var written = WrittenDeliveries()
        var writer = writer(session)
        for (course, cause) in batch.causes {
            guard let draft = maker.delivery(course.document, course.compiled, cause, checksCondition: false) else {
                continue
            }
            try await writer.write(draft, nil, course.document.connectorKey, &written)
        }
        try await writer.finish(written)
        return { [self] in
            memory.withLock { memory in
                memory.isInDoubt = false
                // A mapping was written meanwhile: what it remembers may have been read before this batch's COMMIT.
                if memory.set?.advance(batch) == false { memory.set = nil }
            }
        }
    }
}

extension MappingEngine {
    private func writer(_ session: any PostgresSession) -> DeliveryWriter {
        DeliveryWriter(session: session, time: clock.now, logger: logger)
    }

    /// The ended alarms that a mapping waits for, with what their rows say.
    private func ended(
        _ returned: [AlarmReturn],
        _ set: MappingSet,
        _ session: any PostgresSession
    ) async throws -> [AlarmTrigger] {
        let wanted = returned.filter { alarm in
            set.byRule[alarm.ruleID]?.contains { $0.mapping.definition.rule?.event == .returned } == true
        }
        if wanted.isEmpty { return [] }
        let rows = try await session.query(GuardQueries.ended(wanted.map(\.alarmID)))
        let byID = Dictionary(rows.map { ($0.id, $0) }) { first, _ in first }
        return wanted.compactMap { alarm in
            byID[alarm.alarmID].map { row in
                AlarmTrigger(
                    alarmID: row.id,
                    ruleID: alarm.ruleID,
                    ruleKey: row.ruleKey,
                    ruleName: row.ruleName,
                    severity: row.severity,
                    raisedAt: row.raisedAt,
                    receivedAt: alarm.receivedAt,
                    deviceID: row.deviceID,
                    assetID: row.assetID,
                    values: alarm.values,
                    clearedAt: alarm.clearedAt
                )
            }
        }
    }

    private func load(_ changes: Int, _ session: any PostgresSession) async throws {
        let documents = try await session.query(MappingQueries.enabled())
        let set = MappingSet(documents, states: try await session.query(MappingStateQueries.states()))
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

    /// The expressions compiled for a profile, once per revision of either.
    private func compiled(_ document: MappingDocument, _ profile: Profile?) -> Result<CompiledMapping, InvalidInput> {
        let key = CompilationKey(
            mappingID: document.mapping.id,
            mappingRevision: document.revision,
            profileID: profile?.id ?? 0,
            profileRevision: profile?.revision ?? 0
        )
        if let known = memory.withLock({ $0.compiled[key] }) { return known }
        let result = CompiledMapping.compile(document.mapping.definition, profile, states)
        memory.withLock { $0.compiled[key] = result }
        return result
    }
}

extension CompiledMapping {
    /// Compiles a mapping for a profile.
    static func compile(
        _ definition: MappingDefinition,
        _ profile: Profile?,
        _ states: StateTexts
    ) -> Result<CompiledMapping, InvalidInput> {
        Result { () throws(InvalidInput) in
            try CompiledMapping(
                fields: definition.fields,
                options: definition.options,
                profile: profile,
                states: states,
                context: definition.context
            )
        }
    }
}
