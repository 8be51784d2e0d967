import Assets
import Logging
import Observability
import PostgreSQL
import Primitives
import Synchronization
import Telemetry

/// Feeds all live sessions: committed changes from the database in commit-safe order, newest values from memory, status.
public final class LiveHub: Sendable {
    /// Renders entities of one kind (`alarm`, `delivery`, `work-order`, `inventory`) as the REST API shows them.
    public typealias Renderer = @Sendable (_ kind: String, _ ids: [String]) async throws -> [String: JSONValue]

    private struct State {
        var joining: [ObjectIdentifier: LiveSession] = [:]
        var active: [ObjectIdentifier: LiveSession] = [:]
    }

    let pool: PostgresPool
    let latest: LatestReadings
    let plant: PlantStore
    let readiness: Readiness
    let metrics: PlantwrightMetrics
    let clock: WallClock
    let logger: Logger
    private let render: Renderer
    private let state = Mutex(State())
    private let wakeups: AsyncStream<Void>
    private let wakeup: AsyncStream<Void>.Continuation
    private let rechecks: AsyncStream<Void>
    private let recheckWanted: AsyncStream<Void>.Continuation

    /// How often newest values are sent.
    static let tick = Duration.milliseconds(250)
    /// How long changes are kept for sessions that resume, in seconds.
    static let changeLifetime = 86_400.0
    /// How often it is asked whether those who look still may.
    static let recheckInterval = Duration.seconds(60)
    /// Changes read at once.
    static let portion: Int64 = 1_000

    /// Makes a hub; it works while ``run()`` runs.
    public init(
        pool: PostgresPool,
        latest: LatestReadings,
        plant: PlantStore,
        readiness: Readiness,
        metrics: PlantwrightMetrics,
        clock: WallClock,
        logger: Logger,
        render: @escaping Renderer
    ) {
        self.pool = pool
        self.latest = latest
        self.plant = plant
        self.readiness = readiness
        self.metrics = metrics
        self.clock = clock
        self.logger = logger
        self.render = render
        (wakeups, wakeup) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
        (rechecks, recheckWanted) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    /// Tells the hub that something may have changed.
    public func hint() { wakeup.yield() }

    /// Ends the sessions of those who have lost their access; call it when somebody may have.
    public func recheck() { recheckWanted.yield() }

    func join(_ session: LiveSession) {
        state.withLock { $0.joining[ObjectIdentifier(session)] = session }
        metrics.liveSessions.add(1)
        hint()
    }

    func leave(_ session: LiveSession) {
        let wasKnown = state.withLock { state in
            let joining = state.joining.removeValue(forKey: ObjectIdentifier(session))
            let active = state.active.removeValue(forKey: ObjectIdentifier(session))
            return joining != nil || active != nil
        }
        if wasKnown { metrics.liveSessions.add(-1) }
    }

    /// A cursor for a session that starts now.
    func head() async throws -> ChangeCursor {
        try await pool.first(ChangeFeedQueries.head()) ?? ChangeCursor(transaction: 0, id: 0)
    }

    /// Whether everything after a cursor is still kept.
    func keeps(_ cursor: ChangeCursor) async throws -> Bool {
        guard let oldest = try await pool.first(ChangeFeedQueries.oldest()) else { return false }
        return oldest <= cursor
    }

    /// Works until cancelled.
    public func run() async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await self.followChanges() }
            group.addTask { await self.tickValues() }
            group.addTask { await self.tickStatus() }
            group.addTask { await self.pruneChanges() }
            group.addTask { await self.refuseStrangers() }
            group.addTask { await self.tickRechecks() }
        }
    }

    // MARK: - Changes

    private func followChanges() async {
        var cursor: ChangeCursor?
        for await _ in wakeups {
            do {
                var position: ChangeCursor
                if let cursor { position = cursor } else { position = try await head() }
                try await admitJoining(upTo: position)
                while true {
                    let rows = try await pool.query(ChangeFeedQueries.changes(after: position, limit: Self.portion))
                    guard let last = rows.last else { break }
                    let sessions = state.withLock { Array($0.active.values) }
                    if !sessions.isEmpty {
                        let changes = try await rendered(rows)
                        for session in sessions { session.enqueue(changes) }
                    }
                    position = last.cursor
                    if rows.count < Self.portion { break }
                }
                cursor = position
            } catch {
                logger.debug("The change feed cannot be read now", metadata: ["error": "\(error)"])
            }
        }
    }

    /// Brings new sessions from their cursor to the hub's; only this loop moves sessions, so none misses a change.
    private func admitJoining(upTo position: ChangeCursor) async throws {
        for session in state.withLock({ Array($0.joining.values) }) {
            while session.cursor < position {
                let rows = try await pool.query(
                    ChangeFeedQueries.changes(after: session.cursor, limit: Self.portion)
                )
                let due = rows.filter { $0.cursor <= position }
                if due.isEmpty { break }
                session.enqueue(try await rendered(due))
                if due.count < rows.count || rows.count < Self.portion { break }
            }
            admit(session)
        }
    }

    /// Makes a session that has caught up one of those that follow, unless it has left.
    @inline(never)  // see “Mutexes and suspensions” in docs/architecture.md
    private func admit(_ session: LiveSession) {
        state.withLock { state in
            let key = ObjectIdentifier(session)
            if state.joining.removeValue(forKey: key) != nil { state.active[key] = session }
        }
    }

    private func rendered(_ rows: [ChangeRow]) async throws -> [LiveSession.Change] {
        var entities: [String: [String: JSONValue]] = [:]
        for (kind, group) in Dictionary(grouping: rows, by: \.kind) {
            entities[kind] = try await render(kind, Array(Set(group.map(\.entityID))))
        }
        return rows.compactMap { row in
            guard let entity = entities[row.kind]?[row.entityID] else { return nil }
            let message: JSONValue = [
                "type": "change", "kind": .string(row.kind), "entity": entity, "cursor": .string(row.cursor.text),
            ]
            return LiveSession.Change(cursor: row.cursor, text: message.text)
        }
    }

    private func pruneChanges() async {
        while !Task.isCancelled {
            try? await Task.sleep(for: .seconds(600))
            _ = try? await pool.execute(
                ChangeFeedQueries.prune(before: clock.now.adding(seconds: -Self.changeLifetime))
            )
        }
    }

    // MARK: - Access

    private func refuseStrangers() async {
        for await _ in rechecks {
            for session in state.withLock({ Array($0.active.values) + Array($0.joining.values) }) {
                // What cannot be asked now is asked again with the next tick.
                if let isAllowed = try? await session.isAllowed(), !isAllowed { session.refuse() }
            }
        }
    }

    /// Sessions also end by time, which nobody tells.
    private func tickRechecks() async {
        while !Task.isCancelled {
            try? await Task.sleep(for: Self.recheckInterval)
            recheck()
        }
    }

    // MARK: - Values and status

    private func tickValues() async {
        var seen: UInt64 = 0
        while !Task.isCancelled {
            try? await Task.sleep(for: Self.tick)
            let sequence = latest.sequence
            guard sequence != seen else { continue }
            seen = sequence
            for session in state.withLock({ Array($0.active.values) }) { session.wake() }
        }
    }

    private func tickStatus() async {
        var received = metrics.messagesReceived.value
        while !Task.isCancelled {
            try? await Task.sleep(for: .seconds(1))
            hint()
            let now = metrics.messagesReceived.value
            let text = status(messagesPerSecond: now &- received).text
            received = now
            for session in state.withLock({ Array($0.active.values) + Array($0.joining.values) }) {
                session.setStatus(text)
            }
        }
    }

    private func status(messagesPerSecond: UInt64) -> JSONValue {
        [
            "type": "status", "database": .bool(readiness.fault(.database) == nil),
            "broker": .bool(readiness.fault(.broker) == nil),
            "messagesPerSecond": .integer(Int64(clamping: messagesPerSecond)),
            "reasons": readiness.json["reasons"] ?? [],
            "warnings": .array(readiness.warnings.map(JSONValue.string)),
        ]
    }

    /// The newest values that a session wants and has not had, as messages.
    func values(for session: LiveSession, after sequence: UInt64) -> (messages: [String], sequence: UInt64) {
        let changes = latest.changes(after: sequence)
        if changes.entries.isEmpty { return ([], changes.sequence) }
        let snapshot = plant.snapshot
        var wantsAll = false
        var wanted: Set<Int32> = []
        for subscription in session.subscriptions {
            switch subscription {
            case .overview: wantsAll = true
            case .device(let id): wanted.insert(id)
            case .asset(let id):
                let assets = snapshot.descendants(of: id)
                for device in snapshot.devices.values where device.assetID.map(assets.contains) == true {
                    wanted.insert(device.id)
                }
            }
        }
        let messages = changes.entries.compactMap { entry -> String? in
            guard wantsAll || wanted.contains(entry.deviceID), let device = snapshot.devices[entry.deviceID],
                let profile = snapshot.profile(of: device)
            else { return nil }
            let message: JSONValue = [
                "type": "values", "device": .string(device.key), "ts": .integer(entry.timestamp.milliseconds),
                "receivedAt": .integer(entry.receivedAt.milliseconds),
                "values": .object(plant.states.json(of: profile, in: entry.values)),
            ]
            return message.text
        }
        return (messages, changes.sequence)
    }
}

extension StateTexts {
    /// The present values of a reading by metric key.
    func json(of profile: Profile, in values: MetricValues) -> JSONObject {
        var object = JSONObject()
        for metric in profile.metrics {
            let value = json(of: metric, in: values)
            if !value.isNull { object[metric.key] = value }
        }
        return object
    }
}
