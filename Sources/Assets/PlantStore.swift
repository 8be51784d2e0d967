import PostgreSQL
import Primitives
import Synchronization

/// Reads and writes the plant model and keeps the current ``PlantSnapshot``.
///
/// A write is in the snapshot before it returns, so that it is in force for every message received afterwards.
/// ``follow()`` takes over what other processes have written.
public final class PlantStore: Sendable {
    let database: any PostgresDatabase
    let writing = AsyncLock()
    private let current = Mutex(Current())
    /// The dictionary of state texts.
    public let states = StateTexts()

    private struct Current {
        var snapshot = PlantSnapshot.empty
        /// How often the database had been written when the snapshot was read.
        var revision: Int64 = -1
    }

    /// Makes a store over a database; call ``load()`` before use.
    public init(pool database: any PostgresDatabase) {
        self.database = database
    }

    /// The plant model as it is now.
    public var snapshot: PlantSnapshot { current.withLock(\.snapshot) }

    /// The revision that the snapshot has at least; -1 before ``load()``.
    public var revision: Int64 { current.withLock(\.revision) }

    /// Reads everything from the database.
    public func load() async throws {
        try await writing.withLock { try await reload() }
    }

    /// Reads everything again if another process has written it.
    public func follow() async throws {
        try await writing.withLock {
            if try await storedRevision() != revision { try await reload() }
        }
    }

    private func storedRevision() async throws -> Int64 {
        try await database.first(ConfigurationRevisionQueries.revision(of: .plant)) ?? 0
    }

    private func reload() async throws {
        let revision = try await storedRevision()
        let snapshot = try await Self.read(database, profiles: nil, assets: nil, devices: nil)
        try await states.load(from: database)
        publish(snapshot, revision)
    }

    private func publish(_ snapshot: PlantSnapshot, _ revision: Int64) {
        current.withLock { $0 = Current(snapshot: snapshot, revision: revision) }
    }

    /// Reads rows that were just written again and puts them into the snapshot; call while holding ``writing``, once
    /// after each transaction.
    func refresh(profiles: [Int32] = [], assets: [Int32] = [], devices: [Int32] = []) async throws {
        let revision = try await storedRevision()
        // Ours is one write, not counted yet in a transaction that is still open; any more are another process's, of
        // rows that are not known here.
        guard revision - self.revision <= 1, self.revision >= 0 else { return try await reload() }
        let fresh = try await Self.read(database, profiles: profiles, assets: assets, devices: devices)
        let old = snapshot
        publish(
            PlantSnapshot(
                profiles: Self.merge(old.profiles, fresh.profiles, replacing: profiles),
                assets: Self.merge(old.assets, fresh.assets, replacing: assets),
                devices: Self.merge(old.devices, fresh.devices, replacing: devices)
            ),
            revision
        )
    }

    private static func merge<Entity>(
        _ old: [Int32: Entity],
        _ fresh: [Int32: Entity],
        replacing ids: [Int32]
    ) -> [Int32: Entity] {
        if ids.isEmpty { return old }
        var result = old
        for id in ids { result[id] = fresh[id] }
        return result
    }

    private static func read(
        _ session: some PostgresSession,
        profiles: [Int32]?,
        assets: [Int32]?,
        devices: [Int32]?
    ) async throws -> PlantSnapshot {
        var profilesByID: [Int32: Profile] = [:]
        if profiles?.isEmpty != true {
            for profile in try await session.query(PlantQueries.profiles(profiles)) {
                profilesByID[profile.id] = profile
            }
            for row in try await session.query(PlantQueries.metrics(ofProfiles: profiles)) {
                if row.metric.isRetired {
                    profilesByID[row.profileID]?.retired.append(row.metric)
                } else {
                    profilesByID[row.profileID]?.metrics.append(row.metric)
                }
            }
        }
        if profiles?.isEmpty != true {
            var schedules: [Int32: [RetentionSchedule.Entry]] = [:]
            for row in try await session.query(PlantQueries.retention(ofProfiles: profiles)) {
                schedules[row.profileID, default: []].append(row.entry)
            }
            for (id, entries) in schedules { profilesByID[id]?.retention = RetentionSchedule(entries: entries) }
        }
        var assetsByID: [Int32: Asset] = [:]
        if assets?.isEmpty != true {
            for asset in try await session.query(PlantQueries.assets(assets)) { assetsByID[asset.id] = asset }
        }
        var devicesByID: [Int32: Device] = [:]
        if devices?.isEmpty != true {
            for device in try await session.query(PlantQueries.devices(devices)) { devicesByID[device.id] = device }
        }
        return PlantSnapshot(profiles: profilesByID, assets: assetsByID, devices: devicesByID)
    }
}
