import PostgreSQL
import Primitives
import Synchronization

/// Reads and writes the plant model and keeps the current ``PlantSnapshot``.
///
/// A write is in the snapshot before it returns, so that it is in force for every message received afterwards.
public final class PlantStore: Sendable {
    let pool: PostgresPool
    let writing = AsyncLock()
    private let current = Mutex(PlantSnapshot.empty)
    /// The dictionary of state texts.
    public let states = StateTexts()

    /// Makes a store over a pool; call ``load()`` before use.
    public init(pool: PostgresPool) {
        self.pool = pool
    }

    /// The plant model as it is now.
    public var snapshot: PlantSnapshot { current.withLock { $0 } }

    /// Reads everything from the database.
    public func load() async throws {
        try await writing.withLock {
            let snapshot = try await Self.read(pool, profiles: nil, assets: nil, devices: nil)
            try await states.load(from: pool)
            publish(snapshot)
        }
    }

    func publish(_ snapshot: PlantSnapshot) {
        current.withLock { $0 = snapshot }
    }

    /// Reads rows again and puts them into the snapshot; call while holding ``writing``.
    func refresh(profiles: [Int32] = [], assets: [Int32] = [], devices: [Int32] = []) async throws {
        let fresh = try await Self.read(pool, profiles: profiles, assets: assets, devices: devices)
        let old = snapshot
        publish(
            PlantSnapshot(
                profiles: Self.merge(old.profiles, fresh.profiles, replacing: profiles),
                assets: Self.merge(old.assets, fresh.assets, replacing: assets),
                devices: Self.merge(old.devices, fresh.devices, replacing: devices)
            )
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
