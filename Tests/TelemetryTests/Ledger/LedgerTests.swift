import Logging
import PostgreSQL
import Primitives
import TestSupport
import Testing

@testable import Assets
@testable import Telemetry

@Suite struct LedgerTests {
    private static let start = Timestamp(milliseconds: 1_795_300_000_000)

    private static func line(_ change: (inout LedgerLine) -> Void) -> LedgerLine {
        var line = LedgerLine()
        change(&line)
        return line
    }

    @Test func gapsAreCountedAgainstTheInterval() {
        let rule = GapRule(interval: 10)
        #expect(rule.missing(from: Self.start, to: Self.start.adding(seconds: 25)) == nil)
        #expect(rule.missing(from: Self.start, to: Self.start.adding(seconds: 26)) == 16)
        #expect(GapRule(interval: 0).missing(from: Self.start, to: Self.start.adding(seconds: 1e6)) == nil)
    }

    @Test func columnsOfZerosAreLeftOut() {
        let batch = LedgerBatch(
            [
                7: Self.line {
                    $0.received = 2
                    $0.stored = 2
                },
                3: Self.line {
                    $0.received = 1
                    $0.duplicate = 1
                    $0.leastDelay = 0.5
                },
            ],
            at: Self.start
        )
        #expect(batch.devices == [3, 7])
        #expect(batch.received == [1, 2])
        #expect(batch.stored == [0, 2])
        #expect(batch.merged == nil)
        #expect(batch.gapSeconds == nil)
        #expect(batch.leastDelay == [0.5, nil])
    }

    @Test func theClockIsJudgedByTheLeastDelay() {
        func ledger(_ delay: Double?) -> DeviceLedger {
            DeviceLedger(days: [.init(day: Self.start, line: Self.line { $0.leastDelay = delay })])
        }
        #expect(!ledger(nil).isClockSuspicious(interval: 10))
        #expect(!ledger(0.2).isClockSuspicious(interval: 10))
        #expect(!ledger(-1).isClockSuspicious(interval: 10))
        #expect(ledger(-3).isClockSuspicious(interval: 10))
        #expect(ledger(61).isClockSuspicious(interval: 10))
        #expect(!ledger(61).isClockSuspicious(interval: 60))
    }

    @Test func everythingThatCameInIsAccountedFor() async throws {
        try await Workshop.with { shop in
            let store = LedgerStore(pool: shop.pool, logger: Logger(label: "test"))
            let device = try #require(shop.plant.snapshot.device(key: "d1"))
            _ = try await shop.writer.write([
                shop.reading("d1", second: 1, #""temperature":1"#), shop.reading("d1", second: 5, #""temperature":2"#),
                shop.reading("d1", second: 5, #""temperature":2"#), shop.reading("d1", second: 5, #""total":7"#),
                shop.reading("d1", second: 5, #""total":8"#), shop.message("d1", "rubbish"),
                shop.reading("d2", second: 1, #""temperature":1"#),
            ])
            _ = try await shop.writer.write([
                shop.reading("d1", second: 3, #""temperature":9"#), shop.reading("d1", second: 5, #""temperature":2"#),
                shop.reading("d1", second: 100, #""temperature":2"#),
            ])
            let expected = Self.line {
                $0.received = 8
                $0.stored = 4
                $0.merged = 1
                $0.duplicate = 2
                $0.conflict = 1
                $0.late = 1
                $0.rejected = 1
                $0.gaps = 2
                $0.gapSeconds = 3 + 94
                $0.leastDelay = 747
            }
            for _ in 0..<2 {
                let ledger = try await store.ledger(of: device, since: .earliestAccepted)
                #expect(ledger.total == expected)
                #expect(ledger.days.count == 1)
                // Folding changes nothing but the place.
                try await shop.pool.execute(LedgerQueries.fold())
            }
            let conflicts = try await store.conflicts(of: device, before: nil, limit: 10)
            #expect(conflicts.map(\.values) == [MetricValues(slots: [.nan, .nan, 8])])
            #expect(conflicts.map(\.stored) == [MetricValues(slots: [2, .nan, 7])])
        }
    }

    @Test func foldingAddsToWhatIsThere() async throws {
        try await Workshop.with { shop in
            let store = LedgerStore(pool: shop.pool, logger: Logger(label: "test"))
            let device = try #require(shop.plant.snapshot.device(key: "d1"))
            for second in 1...3 {
                _ = try await shop.writer.write([shop.reading("d1", second: second, #""temperature":1"#)])
                try await shop.pool.execute(LedgerQueries.fold())
            }
            let ledger = try await store.ledger(of: device, since: .earliestAccepted)
            #expect(ledger.total.received == 3)
            #expect(ledger.total.stored == 3)
        }
    }
}
