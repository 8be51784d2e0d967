import Assets
import PostgreSQL
import Primitives

/// The newest source time of each device, as far as it was needed: tells on-time readings from late ones.
struct NewestTimestamps {
    private var known: [Int32: Timestamp?] = [:]

    /// Reads the newest source times of devices that were not asked for before.
    mutating func load(
        _ rows: [BatchDecoding.Row],
        plant: PlantSnapshot,
        from session: some PostgresSession
    ) async throws {
        var missing: Set<Int32> = []
        for row in rows where known[row.reading.deviceID] == nil { missing.insert(row.reading.deviceID) }
        if missing.isEmpty { return }
        let found = try await session.query(ReadingWriteQueries.newest(DeviceClasses(missing, plant)))
        for id in missing { known[id] = .some(nil) }
        for row in found { known[row.deviceID] = row.timestamp }
    }

    /// The newest source time; nil when the device has no reading.
    func newest(_ device: Int32) -> Timestamp? { known[device] ?? nil }

    /// All that are known.
    var all: [Int32: Timestamp] { known.compactMapValues { $0 } }

    /// Notes written rows, after COMMIT; per device in increasing source time.
    mutating func advance(_ rows: [BatchPlan.Row]) {
        for row in rows { known[row.reading.deviceID] = row.reading.timestamp }
    }

    /// Forgets everything, after an uncertain outcome.
    mutating func reset() { known = [:] }
}
