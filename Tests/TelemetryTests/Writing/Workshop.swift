import Assets
import Foundation
import Logging
import Observability
import PostgreSQL
import Primitives
import Synchronization
import TestSupport
import Testing

@testable import Telemetry

/// A writer over a fresh database with one profile and two devices.
struct Workshop: Sendable {
    static let now = Timestamp(milliseconds: 1_795_362_847_000)

    let pool: PostgresPool
    let plant: PlantStore
    let writer: IngestWriter
    let witness: Witness

    static func with(_ body: (Workshop) async throws -> Void) async throws {
        let database = try await TemporaryPostgreSQL.shared().migratedDatabase()
        let pool = PostgresPool(configuration: database, size: 3, logger: Logger(label: "test"))
        let workshop = try await Workshop(pool)
        do {
            try await body(workshop)
        } catch {
            await pool.shutdown()
            throw error
        }
        await pool.shutdown()
    }

    init(_ pool: PostgresPool) async throws {
        self.pool = pool
        plant = PlantStore(pool: pool)
        try await plant.load()
        witness = Witness()
        let profile: JSONValue = [
            "name": "Motor", "reportingInterval": 1,
            "metrics": [
                ["key": "temperature"], ["key": "mode", "kind": "state"], ["key": "total", "kind": "counter"],
            ],
        ]
        _ = try await plant.putProfile(key: try Self.key("motor"), document: profile)
        for name in ["d1", "d2"] {
            _ = try await plant.putDevice(key: try Self.key(name), document: ["profile": "motor"])
        }
        writer = Self.writer(pool, plant, witness)
    }

    static func writer(_ pool: PostgresPool, _ plant: PlantStore, _ witness: Witness) -> IngestWriter {
        IngestWriter(
            pool: pool,
            plant: plant,
            participants: [witness],
            latest: LatestReadings(),
            metrics: PlantwrightMetrics(),
            logger: Logger(label: "test")
        )
    }

    static func key(_ text: String) throws -> ResourceKey { try #require(ResourceKey(text)) }

    func message(_ device: String, _ payload: String) -> TelemetryMessage {
        TelemetryMessage(
            sender: .identifier(device),
            topic: "plantwright/v1/\(device)/telemetry",
            payload: Array(payload.utf8),
            receivedAt: Self.now
        )
    }

    func reading(_ device: String, second: Int, _ members: String) -> TelemetryMessage {
        message(device, "{\"ts\":\(1_795_362_000_000 + second * 1_000),\(members)}")
    }

    func stored(_ device: String) async throws -> [Reading] {
        let store = ReadingStore(pool: pool, plant: plant)
        let device = try #require(plant.snapshot.device(key: device))
        let all = Mutex<[Reading]>([])
        try await store.stream(device: device, from: .earliestAccepted, to: Timestamp(milliseconds: 1 << 42)) { rows in
            all.withLock { $0 += rows }
        }
        return all.withLock { $0 }
    }
}

/// Sees what a transaction evaluates, and fails it on request.
final class Witness: BatchParticipant {
    struct Refusal: Error {}

    private struct State {
        var seen: [Reading] = []
        var applied = 0
        var resets = 0
        var failures = 0
    }

    private let state = Mutex(State())

    var seen: [Reading] { state.withLock(\.seen) }
    var applied: Int { state.withLock(\.applied) }
    var resets: Int { state.withLock(\.resets) }

    func failNext() { state.withLock { $0.failures += 1 } }

    func process(_ batch: StoredBatch, in transaction: Transaction) async throws -> @Sendable () -> Void {
        let fails = state.withLock { state in
            defer { state.failures = max(0, state.failures - 1) }
            return state.failures > 0
        }
        if fails { throw Refusal() }
        return { [self] in
            state.withLock { state in
                state.seen += batch.readings
                state.applied += 1
            }
        }
    }

    func reset() async throws { state.withLock { $0.resets += 1 } }
}
