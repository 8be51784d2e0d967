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
private struct Workshop: Sendable {
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

    private init(_ pool: PostgresPool) async throws {
        self.pool = pool
        plant = PlantStore(pool: pool)
        try await plant.load()
        witness = Witness()
        let profile: JSONValue = [
            "name": "Motor",
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
private final class Witness: BatchParticipant {
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

@Suite struct IngestWriterTests {
    @Test func everyStatementFitsTheSchema() async throws {
        let database = try await TemporaryPostgreSQL.shared().migratedDatabase()
        let pool = PostgresPool(configuration: database, size: 1, logger: Logger(label: "test"))
        // The stage is a temporary table of each connection; here a permanent one stands for it.
        try await pool.withConnection { connection in
            try await connection.runScript(
                "CREATE TABLE reading_stage (place integer NOT NULL, LIKE reading INCLUDING DEFAULTS)"
            )
        }
        await pool.shutdown()
        try await assertPreparable(TelemetryStatements.all, on: database)
    }

    @Test func storesMergesAndTellsApart() async throws {
        try await Workshop.with { shop in
            let first = try await shop.writer.write([
                shop.reading("d1", second: 1, #""temperature":20"#), shop.reading("d1", second: 2, #""mode":"run""#),
                shop.reading("d2", second: 1, #""temperature":30"#),
            ])
            #expect(first.map(Self.counts) == [[1, 0, 0, 0, 0], [1, 0, 0, 0, 0], [1, 0, 0, 0, 0]])
            let second = try await shop.writer.write([
                shop.reading("d1", second: 1, #""temperature":20"#),
                shop.reading("d1", second: 2, #""temperature":21"#),
                shop.reading("d2", second: 1, #""temperature":31"#),
                shop.reading("d2", second: 0, #""temperature":29"#),
            ])
            #expect(
                second.map(Self.counts) == [[0, 0, 1, 0, 0], [0, 1, 0, 0, 0], [0, 0, 0, 1, 0], [1, 0, 0, 0, 1]]
            )
            let rows = try await shop.stored("d1")
            #expect(rows.map { $0.values[0] } == [20, 21])
            #expect(rows.map { $0.values[1] } == [nil, 2])
            #expect(try await shop.stored("d2").map { $0.values[0] } == [29, 30])
        }
    }

    /// stored, merged, duplicate, conflict, late.
    private static func counts(_ fate: MessageFate) -> [Int] {
        guard case .accepted(let counts) = fate else { return [] }
        return [counts.stored, counts.merged, counts.duplicate, counts.conflict, counts.late]
    }

    @Test func evaluatesInOrderAndNeverLateOrTwice() async throws {
        try await Workshop.with { shop in
            _ = try await shop.writer.write([
                shop.reading("d1", second: 5, #""temperature":5"#), shop.reading("d1", second: 3, #""temperature":3"#),
            ])
            _ = try await shop.writer.write([
                shop.reading("d1", second: 4, #""temperature":4"#), shop.reading("d1", second: 5, #""temperature":5"#),
                shop.reading("d1", second: 5, #""total":1"#), shop.reading("d1", second: 6, #""temperature":6"#),
            ])
            #expect(shop.witness.seen.map { $0.values[0] } == [3, 5, 5, 6])
            #expect(shop.witness.seen[2].values[2] == 1)
        }
    }

    @Test func aFailedTransactionLeavesNothingAndResets() async throws {
        try await Workshop.with { shop in
            shop.witness.failNext()
            await #expect(throws: Witness.Refusal.self) {
                try await shop.writer.write([shop.reading("d1", second: 1, #""temperature":20"#)])
            }
            #expect(try await shop.stored("d1").isEmpty)
            #expect(shop.witness.applied == 0)
            let before = shop.witness.resets
            _ = try await shop.writer.write([shop.reading("d1", second: 1, #""temperature":20"#)])
            #expect(try await shop.stored("d1").count == 1)
            #expect(shop.witness.applied == 1)
            #expect(shop.witness.resets == before + 1)
        }
    }

    @Test func aNewWriterKnowsWhatIsLate() async throws {
        try await Workshop.with { shop in
            _ = try await shop.writer.write([shop.reading("d1", second: 9, #""temperature":9"#)])
            let witness = Witness()
            let restarted = Workshop.writer(shop.pool, shop.plant, witness)
            let fates = try await restarted.write([
                shop.reading("d1", second: 8, #""temperature":8"#), shop.reading("d1", second: 9, #""temperature":9"#),
                shop.reading("d1", second: 10, #""temperature":10"#),
            ])
            #expect(fates.map(Self.counts) == [[1, 0, 0, 0, 1], [0, 0, 1, 0, 0], [1, 0, 0, 0, 0]])
            #expect(witness.seen.map { $0.values[0] } == [10])
        }
    }

    @Test func keepsRefusedMessagesWithReasons() async throws {
        try await Workshop.with { shop in
            let fates = try await shop.writer.write([
                shop.message("stranger", #"{"temperature":1}"#), shop.message("d1", #"{"temperature":"hot"}"#),
                shop.reading("d1", second: 1, #""temperature":1"#),
            ])
            #expect(fates[0] == .quarantined)
            guard case .rejected(let rejection) = fates[1] else {
                Issue.record("expected a rejection, got \(fates[1])")
                return
            }
            #expect(rejection.reason == .wrongType)
            let refused = RefusedMessageStore(pool: shop.pool, writer: shop.writer)
            #expect(try await refused.rejected(before: nil, limit: 10).map(\.reason) == ["wrong-type"])
            #expect(try await refused.quarantine(before: nil, limit: 10).map(\.identifier) == ["stranger"])
            _ = try await shop.plant.putDevice(key: try Workshop.key("stranger"), document: ["profile": "motor"])
            #expect(try await refused.replay(identifier: "stranger").map(Self.counts) == [[1, 0, 0, 0, 0]])
            #expect(try await refused.quarantine(before: nil, limit: 10).isEmpty)
        }
    }

    @Test func simultaneousCallersShareTransactions() async throws {
        try await Workshop.with { shop in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for second in 0..<60 {
                    group.addTask {
                        let fates = try await shop.writer.write([
                            shop.reading("d1", second: second, #""temperature":\#(second)"#)
                        ])
                        guard case .accepted(let counts) = fates[0], counts.stored == 1 else {
                            throw Witness.Refusal()
                        }
                    }
                }
                try await group.waitForAll()
            }
            #expect(try await shop.stored("d1").map { $0.values[0] } == (0..<60).map(Double.init))
            #expect(shop.witness.applied <= 60)
        }
    }

    @Test func historyIsStoredAndNotEvaluated() async throws {
        try await Workshop.with { shop in
            let device = try #require(shop.plant.snapshot.device(key: "d1"))
            let readings = (0..<100).map { step in
                Reading(
                    deviceID: device.id,
                    timestamp: Timestamp(milliseconds: 1_700_000_000_000 + Int64(step) * 86_400_000),
                    receivedAt: Workshop.now,
                    quality: 0,
                    values: MetricValues(slots: [Double(step), .nan, .nan])
                )
            }
            #expect(try await shop.writer.importHistory(readings).stored == 100)
            #expect(try await shop.writer.importHistory(readings).duplicate == 100)
            #expect(shop.witness.seen.isEmpty)
            let columns = try await ReadingStore(pool: shop.pool, plant: shop.plant).columns(
                device: device,
                metrics: shop.plant.snapshot.profile(of: device)?.metrics ?? [],
                from: readings[0].timestamp,
                to: Workshop.now,
                points: 10
            )
            #expect(columns.times.count <= 10 && columns.bucket > 0)
            guard case .buckets(let minimum, let maximum, _) = columns.series[0].column else {
                Issue.record("expected buckets")
                return
            }
            #expect(minimum.compactMap { $0 }.min() == 0 && maximum.compactMap { $0 }.max() == 99)
        }
    }
}
