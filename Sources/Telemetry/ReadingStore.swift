import Assets
import PostgreSQL
import Primitives

/// Reads stored readings, packed or not.
public struct ReadingStore: Sendable {
    let pool: PostgresPool
    let plant: PlantStore

    /// Makes a reader over a pool.
    public init(pool: PostgresPool, plant: PlantStore) {
        self.pool = pool
        self.plant = plant
    }

    /// Newest stored reading of each device that has one.
    public func latest(devices: [Int32]) async throws -> [Reading] {
        let pairs = DeviceClasses(devices, plant.snapshot)
        var newest: [Int32: Reading] = [:]
        let packed = try await pool.query(ReadingQueries.latestPacked(pairs)).compactMap(\.reading)
        for reading in try await pool.query(ReadingQueries.latest(pairs)) + packed {
            if let known = newest[reading.deviceID], known.timestamp > reading.timestamp { continue }
            newest[reading.deviceID] = reading
        }
        let snapshot = plant.snapshot
        for reading in newest.values {
            let profile = snapshot.devices[reading.deviceID].flatMap { snapshot.profile(of: $0) }
            try await plant.learnStates(in: [reading.values], of: profile)
        }
        return Array(newest.values)
    }

    /// Hands out a range in source-time order, in portions, at constant memory; their state texts are known.
    public func stream(
        device: Device,
        from: Timestamp,
        to: Timestamp,
        _ body: ([Reading]) async throws -> Void
    ) async throws {
        let profile = plant.snapshot.profile(of: device)
        try await rows(of: device).stream(from: from, to: to, in: pool) { readings in
            try await plant.learnStates(in: readings.lazy.map(\.values), of: profile)
            try await body(readings)
        }
    }

    func rows(of device: Device) -> ReadingRows {
        ReadingRows(device: device.id, retention: plant.snapshot.retention(ofDevice: device.id))
    }
}

extension StateTexts {
    /// The API's form of a metric's value in a reading; null when absent.
    public func json(of metric: Metric, in values: MetricValues) -> JSONValue {
        guard let value = values[metric.ordinal] else { return .null }
        switch metric.kind {
        case .gauge, .counter: return .number(value)
        case .state: return self.value(of: value)
        case .location:
            guard let longitude = values[metric.ordinal + 1] else { return .null }
            return Coordinate(latitude: value, longitude: longitude).json
        }
    }
}
