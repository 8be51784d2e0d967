import Assets
import Decoders
import Logging
import PostgreSQL
import Primitives
import Synchronization

/// Reads and writes sources and keeps the snapshot that messages are decoded by.
///
/// A write is in force for every message received after it returns: the snapshot is swapped and the broker has
/// answered for the new topic filters. Where another process ingests, the write waits until that one has subscribed.
public final class SourceStore: Sendable {
    /// Makes the decoder of a source whose format keeps state.
    public typealias StatefulFactory = @Sendable (Source) -> any StatefulDecoder
    /// Subscribes to topic filters, all that are wanted beside the native one; returns when the broker has answered.
    public typealias Subscribe = @Sendable ([String]) async -> Void

    private struct Stateful: Sendable {
        var definition: SourceDefinition
        var decoder: any StatefulDecoder
    }

    let database: any PostgresDatabase
    let plant: PlantStore
    private let clock: WallClock
    private let factories: [DecoderKind: StatefulFactory]
    private let announces: Bool
    private let logger: Logger
    private let writing = AsyncLock()
    private let current = Mutex(SourceSnapshot([]))
    private let stateful = Mutex<[Int32: Stateful]>([:])
    private let mustReset = Mutex(true)
    private let subscriber = Mutex<Subscribe?>(nil)
    private let subscribing = AsyncLock()
    /// The revision whose filters the broker was told.
    private let subscribed = Mutex<Int64?>(nil)
    /// The revision that ``snapshot`` has at least.
    private let held = Mutex<Int64>(-1)
    /// How long a write waits for the process that ingests to subscribe.
    private static let patience = Duration.seconds(10)
    /// What came lately, per source.
    public let traffic = SourceTraffic()

    /// Makes a store over a database; call ``load()`` before use.
    ///
    /// - Parameters:
    ///   - database: where statements run.
    ///   - plant: the profiles that fields are checked against.
    ///   - stateful: makes decoders that keep state, by format.
    ///   - announces: whether a write waits until new topic filters are subscribed to; not over an open transaction,
    ///     whose caller brings what it commits into force.
    ///   - clock: times of writes.
    ///   - logger: told of stored sources that cannot be used.
    public init(
        pool database: any PostgresDatabase,
        plant: PlantStore,
        stateful: [DecoderKind: StatefulFactory] = [:],
        announces: Bool = true,
        clock: WallClock,
        logger: Logger
    ) {
        self.database = database
        self.announces = announces
        self.plant = plant
        factories = stateful
        self.clock = clock
        self.logger = logger
    }

    var snapshot: SourceSnapshot { current.withLock { $0 } }

    /// Reads all sources from the database.
    public func load() async throws {
        try await writing.withLock { try await reload() }
    }

    /// The revision that memory has at least; -1 before ``load()``.
    public var revision: Int64 { held.withLock { $0 } }

    /// Reads all sources again if another process has written them; ``subscribe()`` remains to be called.
    public func follow() async throws {
        try await writing.withLock {
            if try await storedRevision() != revision { try await reload() }
        }
    }

    private func storedRevision() async throws -> Int64 {
        try await database.first(ConfigurationRevisionQueries.revision(of: .source)) ?? 0
    }

    /// All sources in the order of their keys, without the native one.
    public var sources: [Source] {
        snapshot.sources.values.map(\.source).sorted { $0.key < $1.key }
    }

    /// The source with that key.
    public func source(key: ResourceKey) throws(ResourceFailure) -> Source {
        guard let source = sources.first(where: { $0.key == key.text }) else { throw Self.missing(key) }
        return source
    }

    /// The key of a source; nil when it is no longer there.
    public func key(ofSource id: Int32) -> String? { snapshot.sources[id]?.source.key }

    /// The enabled source that takes a topic.
    public func sourceID(ofTopic topic: String) -> Int32? { snapshot.source(ofTopic: topic)?.source.id }

    /// The topic filters of the enabled sources.
    public var filters: [String] { snapshot.filters }

    /// Has every later change of the topic filters subscribed to, since this process ingests; nil when it no longer does.
    public func follow(_ subscribe: Subscribe?) {
        subscriber.withLock { $0 = subscribe }
        subscribed.withLock { $0 = nil }
    }

    /// Subscribes to the topic filters as they are now, if this process ingests; returns when the broker has answered.
    ///
    /// Never call it from within a batch: the broker's answer waits for that.
    public func subscribe() async throws {
        try await subscribing.withLock {
            guard let subscriber = subscriber.withLock({ $0 }) else { return }
            // In this order: the filters are of this revision or newer.
            let revision = revision
            await subscriber(filters)
            try await database.execute(ConfigurationRevisionQueries.apply(revision, of: .source))
            subscribed.withLock { $0 = revision }
        }
    }

    /// Whether this process ingests and has not subscribed since the sources were read last.
    public var isSubscriptionDue: Bool {
        subscriber.withLock { $0 != nil } && subscribed.withLock { $0 } != revision
    }

    /// A message from the broker: of a device in the native format, or of the source that takes its topic.
    public func message(topic: String, payload: [UInt8], receivedAt: Timestamp) -> TelemetryMessage {
        if let identifier = TelemetryMessage.identifier(inTopic: topic) {
            return TelemetryMessage(
                sender: .identifier(identifier),
                topic: topic,
                payload: payload,
                receivedAt: receivedAt
            )
        }
        return TelemetryMessage(
            sender: .source(SourceRoute(sourceID: sourceID(ofTopic: topic))),
            topic: topic,
            payload: payload,
            receivedAt: receivedAt,
            trace: MessageTrace()
        )
    }

    /// A draft with its decoder; one that keeps state has nothing to remember yet.
    func ready(_ definition: SourceDefinition) -> ReadySource {
        let draft = Source(id: 0, key: "", definition: definition, revision: 0, updatedAt: clock.now)
        let running = sources.first { source in
            source.definition.decoder == definition.decoder && source.definition.topicFilter == definition.topicFilter
        }
        let decoder = running.flatMap { snapshot.sources[$0.id]?.stateful } ?? factories[definition.decoder]?(draft)
        return ReadySource(draft, stateful: decoder)
    }

    // MARK: - Writes

    /// Creates or replaces a source.
    ///
    /// Writing what is stored already changes nothing, not even the revision.
    ///
    /// - Throws: `InvalidInput`, `ResourceFailure` (built in, a failed condition), `PostgresError`.
    @discardableResult
    public func put(
        key: ResourceKey,
        document: JSONValue,
        onlyIf condition: WriteCondition = .always
    ) async throws -> (source: Source, isNew: Bool) {
        try Self.refuseBuiltIn(key)
        let definition = try SourceDefinition(document, key: key.text, plant: plant.snapshot)
        let time = clock.now
        return try await changing { transaction in
            let old = try await transaction.first(SourceQueries.lock(key: key.text))
            try condition.check(old.map { ResourceVersion(id: $0.id, revision: $0.revision) })
            if let old, let source = old.source, source.definition == definition { return (source, false) }
            try self.checkFilter(of: definition, key: key)
            let statement =
                if let old {
                    SourceQueries.update(id: old.id, definition, at: time)
                } else {
                    SourceQueries.insert(key: key.text, definition, at: time)
                }
            guard let source = try await transaction.first(statement)?.source else { throw Self.missing(key) }
            try await ConfigurationHistory.note(
                .sources,
                key.text,
                from: old?.source?.json,
                to: source.json,
                in: transaction
            )
            return (source, old == nil)
        }
    }

    /// Deletes a source; what it kept and refused stays.
    ///
    /// - Throws: `ResourceFailure` (absent, built in, a failed condition), `PostgresError`.
    public func delete(key: ResourceKey, onlyIf condition: WriteCondition = .always) async throws {
        try Self.refuseBuiltIn(key)
        try await changing { transaction in
            guard let old = try await transaction.first(SourceQueries.lock(key: key.text)) else {
                throw Self.missing(key)
            }
            try condition.check(ResourceVersion(id: old.id, revision: old.revision))
            try await transaction.execute(SourceQueries.delete(id: old.id))
            let before = old.source?.json ?? ["key": .string(key.text)]
            try await ConfigurationHistory.note(.sources, key.text, from: before, to: nil, in: transaction)
        }
    }

    /// Two enabled sources with one filter would leave it to chance which takes a message.
    private func checkFilter(of definition: SourceDefinition, key: ResourceKey) throws(InvalidInput) {
        guard definition.isEnabled else { return }
        let other = sources.first { source in
            source.key != key.text && source.definition.isEnabled
                && source.definition.topicFilter == definition.topicFilter
        }
        guard let other else { return }
        throw InvalidInput(
            pointer: "/topicFilter",
            code: "duplicate",
            detail: "The enabled source “\(other.key)” has the same topic filter; disable one of them."
        )
    }

    /// Runs one write at a time, then brings it into force.
    private func changing<Value>(_ body: (Transaction) async throws -> Value) async throws -> Value {
        let (result, isNews) = try await writing.withLock {
            let old = snapshot.filters
            let result = try await database.atomically { try await body($0) }
            try await reload()
            return (result, old != snapshot.filters)
        }
        // Not while holding the lock: a batch may wait for that, and the broker's answer for the batch.
        if isNews, announces { try await bringIntoForce() }
        return result
    }

    /// Has the topic filters subscribed to, by this process or by the one that ingests.
    public func bringIntoForce() async throws {
        if subscriber.withLock({ $0 != nil }) { return try await subscribe() }
        let revision = revision
        let deadline = ContinuousClock.now + Self.patience
        while try await database.first(ConfigurationRevisionQueries.isApplied(revision, of: .source)) == false {
            guard ContinuousClock.now < deadline else {
                logger.warning("The process that ingests has not subscribed to new topics as yet")
                return
            }
            try await Task.sleep(for: .milliseconds(10))
        }
    }

    private func reload() async throws {
        let revision = try await storedRevision()
        var ready: [ReadySource] = []
        for row in try await database.query(SourceQueries.all()) {
            if let source = row.source {
                ready.append(ReadySource(source, stateful: statefulDecoder(of: source)))
            } else {
                logger.error("A stored source cannot be used", metadata: ["source": "\(row.key)"])
            }
        }
        let ids = Set(ready.map(\.source.id))
        stateful.withLock { known in known = known.filter { ids.contains($0.key) } }
        traffic.forget(allBut: ids)
        let snapshot = SourceSnapshot(ready)
        current.withLock { $0 = snapshot }
        held.withLock { $0 = revision }
    }

    /// The decoder with state of a source; it lives on as long as decoder and options stay the same.
    private func statefulDecoder(of source: Source) -> (any StatefulDecoder)? {
        guard let make = factories[source.definition.decoder] else { return nil }
        return stateful.withLock { known in
            if let old = known[source.id], old.definition.decoder == source.definition.decoder,
                old.definition.options == source.definition.options,
                old.definition.topicFilter == source.definition.topicFilter
            {
                return old.decoder
            }
            let made = make(source)
            known[source.id] = Stateful(definition: source.definition, decoder: made)
            return made
        }
    }

    private static func refuseBuiltIn(_ key: ResourceKey) throws(ResourceFailure) {
        guard key.text == Source.nativeKey else { return }
        throw .conflict(code: "built-in", detail: "The native source is built in and cannot be changed.")
    }

    private static func missing(_ key: ResourceKey) -> ResourceFailure { .notFound("source “\(key)”") }

    // MARK: - For the writer

    /// Starts the decoding of a batch; decoders with state start from what is committed.
    func beginBatch(plant: PlantSnapshot, states: StateTexts) async -> sending SourceBatch {
        let snapshot = snapshot
        if mustReset.withLock({ flag in
            defer { flag = false }
            return flag
        }) {
            for ready in snapshot.sources.values { await ready.stateful?.reset() }
        }
        return SourceBatch(snapshot: snapshot, plant: plant, states: states, database: database)
    }

    /// A batch failed or its outcome is unknown: decoders forget what is in memory before the next one.
    func invalidate() {
        mustReset.withLock { $0 = true }
    }
}
