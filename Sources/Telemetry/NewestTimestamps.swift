import Assets
import PostgreSQL
import Primitives

/// The newest source time of each device, as far as it was needed: tells on-time readings from late ones.
struct NewestTimestamps {
    private var known: [Int32: Timestamp?] = [:]

    /// Reads the newest source times of devices that were not asked for before.
    mutating func load(
        _ devices: Set<Int32>,
        plant: PlantSnapshot,
        from session: some PostgresSession
    ) async throws {
        let missing = devices.filter { known[$0] == nil }
        if missing.isEmpty { return }
        for id in missing { known[id] = .some(nil) }
        for row in try await session.query(ReadingWriteQueries.newest(DeviceClasses(missing, plant))) {
            known[row.deviceID] = row.timestamp
        }
    }

    /// The newest source time; nil when the device has no reading.
    func newest(_ device: Int32) -> Timestamp? { known[device] ?? nil }

    /// Notes stored readings, after COMMIT.
    mutating func advance(_ readings: some Sequence<Reading>) {
        for reading in readings {
            if let newest = newest(reading.deviceID), newest >= reading.timestamp { continue }
            known[reading.deviceID] = reading.timestamp
        }
    }

    /// Forgets everything, after an uncertain outcome.
    mutating func reset() { known = [:] }
}
