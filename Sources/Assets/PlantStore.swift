import PostgreSQL
import Primitives
import Synchronization

/// Reads and writes the plant model and keeps it in memory, for others as the current ``PlantSnapshot``.
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
        var index = PlantIndex(profiles: [:], assets: [:], devices: [:])
        /// The index as it was frozen last; nil once it was changed since.
        var frozen: PlantSnapshot?
        /// How often the database had been written when the index was read.
        var revision: Int64 = -1
    }

    /// Makes a store over a database; call ``load()`` before use.
    public init(pool database: any PostgresDatabase) {
        self.database = database
    }

    /// The plant model as it is now; the same object until it changes.
    public var snapshot: PlantSnapshot {
        current.withLock { current in
            if let frozen = current.frozen { return frozen }
            let snapshot = PlantSnapshot(current.index)
            current.frozen = snapshot
            return snapshot
        }
    }

    /// The revision that the snapshot has at least; -1 before ``load()``.
    public var revision: Int64 { current.withLock(\.revision) }

    /// Looks things up in the plant model as it is now.
    ///
    /// Without freezing it: a snapshot between every two of many writes would copy the whole plant each time.
    @inline(never)  // see “Mutexes and suspensions” in docs/architecture.md
    func look<Found: Sendable, Failure: Error>(
        _ body: (PlantIndex) throws(Failure) -> Found
    ) throws(Failure) -> Found {
        try current.withLock { current throws(Failure) in try body(current.index) }
    }

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
        let index = try await Self.read(database, profiles: nil, assets: nil, devices: nil)
        try await states.load(from: database)
        current.withLock { $0 = Current(index: index, revision: revision) }
    }

    /// Reads rows that were just written again and puts them into the model; call while holding ``writing``, once
    /// after each transaction.
    func refresh(profiles: [Int32] = [], assets: [Int32] = [], devices: [Int32] = []) async throws {
        let revision = try await storedRevision()
        // Ours is one write, not counted yet in a transaction that is still open; any more are another process's, of
        // rows that are not known here.
        guard revision - self.revision <= 1, self.revision >= 0 else { return try await reload() }
        let fresh = try await Self.read(database, profiles: profiles, assets: assets, devices: devices)
        current.withLock { current in
            // Before the index is changed: what nobody else holds is changed in place.
            current.frozen = nil
            for id in profiles { current.index.replace(profile: id, with: fresh.profiles[id]) }
            for id in assets { current.index.replace(asset: id, with: fresh.assets[id]) }
            for id in devices { current.index.replace(device: id, with: fresh.devices[id]) }
            current.revision = revision
        }
    }

    private static func read(
        _ session: some PostgresSession,
        profiles: [Int32]?,
        assets: [Int32]?,
        devices: [Int32]?
    ) async throws -> PlantIndex {
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
        return PlantIndex(profiles: profilesByID, assets: assetsByID, devices: devicesByID)
    }
}
