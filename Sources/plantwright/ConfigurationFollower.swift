import API
import Alarms
import Assets
import ERP
import Logging
import PostgreSQL
import Primitives
import Synchronization
import Telemetry

/// Takes over what other server processes write into the configuration: all of it soon, and before a batch of messages
/// is committed for certain.
///
/// What a store has read after its own write may be newer in memory than noted here; then it is read once more.
final class ConfigurationFollower: IngestConfiguration {
    private let pool: PostgresPool
    private let plant: PlantStore
    private let sources: SourceStore
    private let alarms: AlarmEngine
    private let erp: ERPParts
    private let logger: Logger
    private let following = AsyncLock()
    /// The revisions in memory of rules, mappings and connectors.
    private let held = Mutex<[ConfigurationPart: Int64]>([:])
    /// How often to look without having been told.
    private static let interval = Duration.seconds(2)

    init(
        pool: PostgresPool,
        plant: PlantStore,
        sources: SourceStore,
        alarms: AlarmEngine,
        erp: ERPParts,
        logger: Logger
    ) {
        self.pool = pool
        self.plant = plant
        self.sources = sources
        self.alarms = alarms
        self.erp = erp
        self.logger = logger
    }

    var revision: Int64 {
        // A part's revision never falls: the sum is the database's only if each part is.
        plant.revision + sources.revision + held.withLock { $0.values.reduce(0, +) }
    }

    func follow() async throws {
        try await following.withLock {
            for stored in try await pool.query(ConfigurationRevisionQueries.all()) { try await follow(stored) }
        }
    }

    private func follow(_ stored: ConfigurationRevision) async throws {
        switch stored.part {
        case .plant:
            if plant.revision != stored.revision { try await plant.follow() }
            return
        case .source:
            if sources.revision != stored.revision { try await sources.follow() }
            return
        case .rule, .mapping, .connector: break
        }
        if held.withLock({ $0[stored.part] == stored.revision }) { return }
        switch stored.part {
        // The engine reads rules in the transaction of its next batch.
        case .rule: alarms.invalidate()
        case .mapping: try await erp.engine.load()
        case .connector: try await erp.registry.load()
        case .plant, .source: break
        }
        held.withLock { $0[stored.part] = stored.revision }
    }

    /// Follows until the task is cancelled: whenever the database tells of a write, and now and then without.
    func run(_ events: AsyncStream<NotificationListener.Event>) async {
        await withDiscardingTaskGroup { group in
            let (hints, hint) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
            group.addTask {
                for await event in events {
                    switch event {
                    case .reconnected: hint.yield()
                    case .notification(let note): if note.channel == ConfigurationChannels.changed { hint.yield() }
                    }
                }
            }
            group.addTask {
                while !Task.isCancelled {
                    hint.yield()
                    try? await Task.sleep(for: Self.interval)
                }
            }
            for await _ in hints { await takeOver() }
            group.cancelAll()
        }
    }

    /// Takes over what is stored, and subscribes to new topics where this process ingests.
    func bringIntoForce() async throws {
        try await follow()
        if sources.isSubscriptionDue { try await sources.subscribe() }
    }

    private func takeOver() async {
        do {
            try await bringIntoForce()
        } catch {
            logger.debug("The configuration cannot be read now", metadata: ["error": "\(error)"])
        }
    }
}
