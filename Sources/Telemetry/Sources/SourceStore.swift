import Assets
import Decoders
import Logging
import PostgreSQL
import Primitives
import Synchronization

/// Reads and writes sources and keeps the snapshot that messages are decoded by.
///
/// A write is in force for every message received after it returns: the snapshot is swapped and the broker has
/// answered for the new topic filters.
public final class SourceStore: Sendable {
    /// Makes the decoder of a source whose format keeps state.
    public typealias StatefulFactory = @Sendable (Source) -> any StatefulDecoder
    /// Subscribes to topic filters, all that are wanted beside the native one; returns when the broker has answered.
    public typealias Subscribe = @Sendable ([String]) async -> Void

    private struct Stateful: Sendable {
        var definition: SourceDefinition
        var decoder: any StatefulDecoder
    }

    let pool: PostgresPool
    let plant: PlantStore
    private let clock: WallClock
    private let factories: [DecoderKind: StatefulFactory]
    private let logger: Logger
    private let writing = AsyncLock()
    private let current = Mutex(SourceSnapshot([]))
    private let stateful = Mutex<[Int32: Stateful]>([:])
    private let mustReset = Mutex(true)
    private let subscribe = Mutex<Subscribe?>(nil)
    /// What came lately, per source.
    public let traffic = SourceTraffic()

    /// Makes a store over a pool; call ``load()`` before use.
    ///
    /// - Parameters:
    ///   - pool: where statements run.
    ///   - plant: the profiles that fields are checked against.
    ///   - stateful: makes decoders that keep state, by format.
    ///   - clock: times of writes.
    ///   - logger: told of stored sources that cannot be used.
    public init(
        pool: PostgresPool,
        plant: PlantStore,
        stateful: [DecoderKind: StatefulFactory] = [:],
        clock: WallClock,
        logger: Logger
    ) {
        self.pool = pool
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

    /// Has every later change of the topic filters subscribed to.
    public func follow(_ subscribe: @escaping Subscribe) {
        self.subscribe.withLock { $0 = subscribe }
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
        try await writing.withLock {
            let old = snapshot.filters
            let result = try await pool.transaction { try await body($0) }
            try await reload()
            let new = snapshot.filters
            if old != new, let subscribe = subscribe.withLock({ $0 }) { await subscribe(new) }
            return result
        }
    }

    private func reload() async throws {
        var ready: [ReadySource] = []
        for row in try await pool.query(SourceQueries.all()) {
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
        return SourceBatch(snapshot: snapshot, plant: plant, states: states, pool: pool)
    }

    /// A batch failed or its outcome is unknown: decoders forget what is in memory before the next one.
    func invalidate() {
        mustReset.withLock { $0 = true }
    }
}
