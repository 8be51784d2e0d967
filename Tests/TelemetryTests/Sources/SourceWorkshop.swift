import Assets
import Decoders
import Logging
import Observability
import PostgreSQL
import Primitives
import Synchronization
import TestSupport
import Testing

@testable import Telemetry

/// A writer with sources over a fresh database: the profile `motor` and the devices `d1` and `d2`.
struct SourceWorkshop: Sendable {
    static let now = Timestamp(milliseconds: 1_795_362_847_000)

    let pool: PostgresPool
    let plant: PlantStore
    let sources: SourceStore
    let writer: IngestWriter
    let refused: RefusedMessageStore

    static func with(
        stateful: [DecoderKind: SourceStore.StatefulFactory] = [:],
        participants: [any BatchParticipant] = [],
        _ body: (SourceWorkshop) async throws -> Void
    ) async throws {
        let database = try await TemporaryPostgreSQL.shared().migratedDatabase()
        let pool = PostgresPool(configuration: database, size: 4, logger: Logger(label: "test"))
        do {
            try await body(try await SourceWorkshop(pool, stateful, participants))
        } catch {
            await pool.shutdown()
            throw error
        }
        await pool.shutdown()
    }

    private init(
        _ pool: PostgresPool,
        _ stateful: [DecoderKind: SourceStore.StatefulFactory],
        _ participants: [any BatchParticipant]
    ) async throws {
        self.pool = pool
        plant = PlantStore(pool: pool)
        try await plant.load()
        let logger = Logger(label: "test")
        let clock = WallClock { SourceWorkshop.now }
        sources = SourceStore(pool: pool, plant: plant, stateful: stateful, clock: clock, logger: logger)
        try await sources.load()
        writer = IngestWriter(
            pool: pool,
            plant: plant,
            participants: participants,
            sources: sources,
            latest: LatestReadings(),
            metrics: PlantwrightMetrics(),
            logger: logger
        )
        refused = RefusedMessageStore(pool: pool, writer: writer)
        let profile: JSONValue = [
            "name": "Motor",
            "metrics": [
                ["key": "temperature", "unit": "Cel"], ["key": "mode", "kind": "state"],
                ["key": "total", "kind": "counter", "unit": "kW.h"], ["key": "position", "kind": "location"],
            ],
        ]
        _ = try await plant.putProfile(key: try Self.key("motor"), document: profile)
        for name in ["d1", "d2"] { try await addDevice(name) }
    }

    static func key(_ text: String) throws -> ResourceKey { try #require(ResourceKey(text)) }

    func addDevice(_ name: String) async throws {
        _ = try await plant.putDevice(key: try Self.key(name), document: ["profile": "motor"])
    }

    @discardableResult
    func put(_ key: String, _ document: JSONValue) async throws -> Source {
        try await sources.put(key: try Self.key(key), document: document).source
    }

    func message(_ topic: String, _ payload: String, at time: Timestamp = now) -> TelemetryMessage {
        sources.message(topic: topic, payload: Array(payload.utf8), receivedAt: time)
    }

    /// Writes messages as they come from the broker, traffic included.
    @discardableResult
    func receive(_ messages: [TelemetryMessage]) async throws -> [MessageFate] {
        let fates = try await writer.write(messages)
        sources.traffic.note(messages, fates)
        return fates
    }

    @discardableResult
    func receive(_ topic: String, _ payload: String) async throws -> MessageFate {
        try #require(try await receive([message(topic, payload)]).first)
    }

    /// The stored readings of a device as the API writes their values.
    func stored(_ device: String) async throws -> [(ts: Int64, values: JSONObject)] {
        let store = ReadingStore(pool: pool, plant: plant)
        let snapshot = plant.snapshot
        let device = try #require(snapshot.device(key: device))
        let profile = try #require(snapshot.profile(of: device))
        let all = Mutex<[Reading]>([])
        try await store.stream(device: device, from: .earliestAccepted, to: Timestamp(milliseconds: 1 << 42)) { rows in
            all.withLock { $0 += rows }
        }
        return all.withLock { $0 }.map { reading in
            var values = JSONObject()
            for metric in profile.metrics {
                let value = plant.states.json(of: metric, in: reading.values)
                if !value.isNull { values[metric.key] = value }
            }
            return (reading.timestamp.milliseconds, values)
        }
    }
}

extension MessageFate {
    /// stored, merged, duplicate, conflict, late; empty when the message was not accepted.
    var counts: [Int] {
        guard case .accepted(let counts) = self else { return [] }
        return [counts.stored, counts.merged, counts.duplicate, counts.conflict, counts.late]
    }
}
