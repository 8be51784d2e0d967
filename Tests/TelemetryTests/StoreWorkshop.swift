import Assets
import Logging
import Observability
import PostgreSQL
import Primitives
import SeededRandom
import Synchronization
import TestSupport
import Testing

@testable import Telemetry

/// The store over a fresh database: a profile of four slots, two devices, a writer and the workers, which run when told.
struct StoreWorkshop: Sendable {
    /// 2026-11-22T00:00:00Z.
    static let day = Timestamp(milliseconds: 1_795_305_600_000)
    /// Six weeks later: the day's month has ended and may be packed.
    static let later = day.adding(seconds: 42 * 86_400)

    let pool: PostgresPool
    let plant: PlantStore
    let clock: TestTime
    private(set) var writer: IngestWriter
    private(set) var roller: RollupWorker
    let metrics = PlantwrightMetrics()

    /// A clock that a test moves.
    final class TestTime: Sendable {
        private let time: Mutex<Timestamp>
        init(_ time: Timestamp) { self.time = Mutex(time) }
        func set(_ time: Timestamp) { self.time.withLock { $0 = time } }
        var clock: WallClock { WallClock { self.time.withLock { $0 } } }
    }

    static func with(
        retention: JSONValue = nil,
        rollover: JSONValue = nil,
        _ body: (inout StoreWorkshop) async throws -> Void
    ) async throws {
        try await TemporaryPostgreSQL.withMigratedPool(size: 4) { pool in
            var workshop = try await StoreWorkshop(pool, retention: retention, rollover: rollover)
            try await body(&workshop)
        }
    }

    init(_ pool: PostgresPool, retention: JSONValue = nil, rollover: JSONValue = nil) async throws {
        self.pool = pool
        plant = PlantStore(pool: pool)
        clock = TestTime(Self.day.adding(seconds: 86_400))
        try await plant.load()
        try await Self.putProfile(plant, retention: retention, rollover: rollover)
        for name in ["d1", "d2"] {
            _ = try await plant.putDevice(key: try Self.key(name), document: ["profile": "truck"])
        }
        writer = Self.writer(pool, plant, metrics)
        roller = Self.roller(pool, plant, writer, metrics, clock)
    }

    /// Writes the profile of both devices again.
    func putProfile(rollover: JSONValue = nil) async throws {
        try await Self.putProfile(plant, retention: nil, rollover: rollover)
    }

    private static func putProfile(_ plant: PlantStore, retention: JSONValue, rollover: JSONValue) async throws {
        let profile: JSONValue = [
            "name": "Truck", "reportingInterval": 20, "retention": retention,
            "metrics": [
                ["key": "temperature"], ["key": "total", "kind": "counter", "rollover": rollover],
                ["key": "position", "kind": "location"],
            ],
        ]
        _ = try await plant.putProfile(key: try key("truck"), document: profile)
    }

    /// What a restart of the process does: memory is gone.
    mutating func restart() {
        writer = Self.writer(pool, plant, metrics)
        roller = Self.roller(pool, plant, writer, metrics, clock)
    }

    private static func writer(_ pool: PostgresPool, _ plant: PlantStore, _ metrics: PlantwrightMetrics) -> IngestWriter
    {
        IngestWriter(
            pool: pool,
            plant: plant,
            participants: [],
            latest: LatestReadings(),
            metrics: metrics,
            logger: Logger(label: "test")
        )
    }

    private static func roller(
        _ pool: PostgresPool,
        _ plant: PlantStore,
        _ writer: IngestWriter,
        _ metrics: PlantwrightMetrics,
        _ clock: TestTime
    ) -> RollupWorker {
        RollupWorker(
            pool: pool,
            plant: plant,
            writer: writer,
            metrics: metrics.store,
            clock: clock.clock,
            logger: Logger(label: "test")
        )
    }

    static func key(_ text: String) throws -> ResourceKey { try #require(ResourceKey(text)) }

    func device(_ key: String) throws -> Device { try #require(plant.snapshot.device(key: key)) }

    var store: ReadingStore { ReadingStore(pool: pool, plant: plant) }

    /// Everything stored of a device, in order.
    func stored(_ key: String) async throws -> [Reading] {
        let all = Mutex<[Reading]>([])
        try await store.stream(device: try device(key), from: .earliestAccepted, to: Self.later) { rows in
            all.withLock { $0 += rows }
        }
        return all.withLock { $0 }
    }

    /// All rows of a table as text, in order: the same text for the same bits.
    func dump(_ table: StaticString) async throws -> [String] {
        let sql: SQL =
            switch "\(table)" {
            case "rollup": "SELECT rollup::text FROM rollup ORDER BY 1"
            case "rollup_dirty": "SELECT rollup_dirty::text FROM rollup_dirty ORDER BY 1"
            case "reading_packed": "SELECT reading_packed::text FROM reading_packed ORDER BY 1"
            default:
                "SELECT concat_ws(' ', device_id, retention, ts, received_at, quality, values) FROM reading ORDER BY 1"
            }
        return try await pool.query(Statement("dump.\(table)", sql) { try $0.string(0) })
    }

    /// A day of readings of both devices in increasing time, with holes, resets and absent values.
    func readings(_ random: inout SeededGenerator, count: Int, from start: Timestamp = day) throws -> [Reading] {
        let ids = try ["d1", "d2"].map { try device($0).id }
        var (time, total) = (start.microseconds, 0.0)
        return (0..<count).map { _ in
            time += Int64(random.next(upTo: 40_000_000)) + 1
            if random.next(upTo: 200) == 0 { time += Int64(random.next(upTo: 7_200_000_000)) }
            total = random.next(upTo: 100) == 0 ? 0 : total + Double(random.next(upTo: 50)) / 10
            var values = MetricValues(slots: [Double.random(in: -20...90, using: &random), total, 52.5, 4.5])
            if random.next(upTo: 10) == 0 { values[0] = nil }
            if random.next(upTo: 10) == 0 { values = MetricValues(slots: Array(values.slots.prefix(2))) }
            return Reading(
                deviceID: ids[random.next(upTo: 2)],
                timestamp: Timestamp(microseconds: time),
                receivedAt: Timestamp(microseconds: time + 150_000),
                quality: 0,
                values: values
            )
        }
    }
}
