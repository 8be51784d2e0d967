import Assets
import Decoders
import Foundation
import Logging
import Observability
import PostgreSQL
import Primitives
import Synchronization
import TestSupport
import Testing

@testable import Telemetry

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
            guard case .buckets(let minimum, let maximum, _, _) = columns.series[0].column else {
                Issue.record("expected buckets")
                return
            }
            #expect(minimum.compactMap { $0 }.min() == 0 && maximum.compactMap { $0 }.max() == 99)
        }
    }

    /// Another writer stored rows that this one's memory does not know of: they are found to be duplicates all the same.
    @Test func whatSomebodyElseStoredIsFoundToBeKnown() async throws {
        try await Workshop.with { shop in
            let other = Workshop.writer(shop.pool, shop.plant, Witness())
            _ = try await shop.writer.write([shop.reading("d1", second: 1, #""temperature":1"#)])
            let known = (2...4).map { shop.reading("d1", second: $0, #""temperature":1"#) }
            _ = try await other.write(known)
            let fates = try await shop.writer.write(known + [shop.reading("d1", second: 5, #""temperature":1"#)])
            #expect(
                fates.map(Self.counts) == [[0, 0, 1, 0, 0], [0, 0, 1, 0, 0], [0, 0, 1, 0, 0], [1, 0, 0, 0, 0]]
            )
            #expect(try await shop.stored("d1").count == 5)
            #expect(shop.witness.seen.map(\.timestamp.milliseconds) == [1, 5].map { 1_795_362_000_000 + $0 * 1_000 })
        }
    }
}
